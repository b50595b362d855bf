"""polars' describe of a Parquet file.

    python describe.py TABLE.parquet
"""

import sys

import polars

from phases import Phases


def main():
    phases = Phases()
    with phases.phase("read"):
        frame = polars.read_parquet(sys.argv[1])
    with phases.phase("describe"):
        described = frame.describe()
    phases.facts = {"rows": frame.height, "columns": described.width - 1}
    phases.print()


if __name__ == "__main__":
    main()
