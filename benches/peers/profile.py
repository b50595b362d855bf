"""ydata-profiling's minimal report of a Parquet file, without rendering it.

    python profile.py TABLE.parquet
"""

import sys

import pandas
from ydata_profiling import ProfileReport

from phases import Phases


def main():
    phases = Phases()
    with phases.phase("read"):
        frame = pandas.read_parquet(sys.argv[1])
    with phases.phase("profile"):
        described = ProfileReport(frame, minimal=True, progress_bar=False).get_description()
    phases.facts = {"rows": len(frame), "columns": len(described.variables)}
    phases.print()


if __name__ == "__main__":
    main()
