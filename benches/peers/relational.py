"""The preparation of complaints and a group-by over all mails, by DuckDB, tables in memory.

    python relational.py TABLES THREADS
"""

import argparse
from pathlib import Path

import duckdb

from phases import Phases

PREPARATION = """
CREATE TABLE prepared AS
WITH joined AS (
    SELECT lower(subject) AS title, lower(text) AS text, bank, country, level = 'premium' AS is_premium
    FROM mails JOIN customers USING (email)
    WHERE country IN ('UK', 'DE', 'FR') AND date >= DATE '2022-01-01' AND regexp_matches(text, 'complaint|bank account')
),
judged AS (
    SELECT *,
        CASE WHEN regexp_matches(text, 'angry') THEN 'negative' ELSE 'positive' END AS sentiment,
        length(title) - length(replace(title, ' ', '')) + 1 AS title_words
    FROM joined
)
SELECT title, text, title_words, bank, country, sentiment, is_premium, is_premium AND sentiment = 'negative' AS label
FROM judged
"""

GROUPS = "CREATE TABLE grouped AS SELECT email, count(*) AS mails, max(date) AS last FROM mails GROUP BY email"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", type=Path)
    parser.add_argument("threads", type=int)
    options = parser.parse_args()
    database = duckdb.connect()
    database.execute(f"SET threads = {options.threads}")
    # Neither side promises an order of its rows.
    database.execute("SET preserve_insertion_order = false")
    phases = Phases()
    for table in ("customers", "mails"):
        with phases.phase(f"read {table}"):
            path = str(options.tables / f"{table}.parquet")
            database.execute(f"CREATE TABLE {table} AS SELECT * FROM read_parquet(?)", [path])
    for name, query in (("preparation", PREPARATION), ("groups", GROUPS)):
        with phases.phase(name):
            database.execute(query)
    rows = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("prepared", "grouped")}
    phases.facts = {"preparation": rows["prepared"], "groups": rows["grouped"]}
    phases.print()


if __name__ == "__main__":
    main()
