"""Ten expectations with all failing rows, by pandera on polars.

    python expectations.py ORDERS.parquet
"""

import argparse

import pandera.polars as pa
import polars as pl

from phases import Phases


def in_order(data):
    return data.lazyframe.select(pl.col("opened") <= pl.col("closed"))


def schema():
    text, whole, number = pl.String, pl.Int64, pl.Float64
    return pa.DataFrameSchema(
        {
            "id": pa.Column(whole, unique=True),
            "customer": pa.Column(whole, nullable=False),
            "country": pa.Column(text, pa.Check.isin(["DE", "FR", "IT", "ES", "PL"])),
            "amount": pa.Column(number, pa.Check.in_range(0, 1000)),
            "email": pa.Column(text, pa.Check.str_matches("^[a-z0-9]+@[a-z.]+$")),
            "note": pa.Column(text, pa.Check.str_length(1, 20)),
            "opened": pa.Column(whole, pa.Check.in_range(0, 999)),
            "closed": pa.Column(whole),
            "state": pa.Column(text, nullable=False),
            "score": pa.Column(number, pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_between(0, 1))), nullable=True),
        },
        checks=pa.Check(in_order),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("orders")
    options = parser.parse_args()
    orders = pl.read_parquet(options.orders)
    expected = schema()
    phases = Phases()
    with phases.phase("validate"):
        failing = 0
        try:
            expected.validate(orders, lazy=True)
        except pa.errors.SchemaErrors as errors:
            failing = errors.failure_cases.height
    phases.facts = {"failing": failing}
    phases.print()


if __name__ == "__main__":
    main()
