"""Evidently's data drift preset over two Parquet files, without rendering it.

    python drift.py REFERENCE.parquet CURRENT.parquet
"""

import sys

import pandas
from evidently import Report
from evidently.presets import DataDriftPreset

from phases import Phases


def main():
    phases = Phases()
    with phases.phase("read"):
        reference, current = (pandas.read_parquet(path) for path in sys.argv[1:3])
    with phases.phase("drift"):
        found = Report([DataDriftPreset()]).run(current, reference).dict()
    phases.facts = {"rows": len(current), "metrics": len(found["metrics"])}
    phases.print()


if __name__ == "__main__":
    main()
