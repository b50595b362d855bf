"""Records per second of Python's jsonschema.

    python validate.py SCHEMA.json RECORDS.ndjson
"""

import argparse
import json

from jsonschema import Draft202012Validator

from phases import Phases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("schema")
    parser.add_argument("records")
    options = parser.parse_args()
    with open(options.schema) as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    phases = Phases()
    with phases.phase("validate"):
        records = errors = 0
        with open(options.records) as file:
            for line in file:
                records += 1
                errors += not validator.is_valid(json.loads(line))
    phases.facts = {"records": records, "invalid": errors}
    phases.print()


if __name__ == "__main__":
    main()
