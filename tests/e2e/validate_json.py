#!/usr/bin/python3
"""validate_json DOCUMENT [LINES]: is each line of standard input (or all of it) JSON that the
schema in the documentation describes? The schema is the last ```json block of the document."""
import json
import re
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)  # "not installed"

text = open(sys.argv[1], encoding="utf-8").read()
schema = json.loads(re.findall(r"^```json\n(.*?)^```$", text, re.S | re.M)[-1])
validator = jsonschema.Draft202012Validator(schema)
validator.check_schema(schema)
documents = sys.stdin.read()
documents = documents.splitlines() if len(sys.argv) > 2 else [documents]
if not documents:
    sys.exit("nothing to validate")
for document in documents:
    for error in validator.iter_errors(json.loads(document)):
        sys.exit(f"{document}\n{error.json_path}: {error.message}")
