"""Judges documents by the published schemas with Python's jsonschema: a second opinion on ours.

usage: validate.py SCHEMAS < CASES > VERDICTS

Each line of CASES is {"name", "schema", "document"}; the schema is a path below the folder SCHEMAS. Each line of VERDICTS is
{"name", "errors": [[pointer, keyword], ...]}, with the errors inside unions.
"""

import json
import pathlib
import sys

import rfc3339_validator  # noqa: F401  (without it, jsonschema silently checks no times)
from jsonschema import Draft202012Validator, FormatChecker


def pointer(path):
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def flatten(errors):
    for error in errors:
        yield [pointer(error.absolute_path), error.validator]
        yield from flatten(error.context)


def main(folder):
    for path in pathlib.Path(folder).rglob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))
    validators = {}
    for line in sys.stdin:
        case = json.loads(line)
        path = case["schema"]
        if path not in validators:
            schema = json.loads((pathlib.Path(folder) / path).read_text(encoding="utf-8"))
            validators[path] = Draft202012Validator(schema, format_checker=FormatChecker())
        errors = list(flatten(validators[path].iter_errors(case["document"])))
        print(json.dumps({"name": case["name"], "errors": errors}))


if __name__ == "__main__":
    main(sys.argv[1])
