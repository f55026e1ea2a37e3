#!/usr/bin/env python3
"""Is every answer and every refusal of cwlogs-local what AWS's own model of the service describes?

Usage: service_model.py URL OPERATION... (all it serves; needs botocore, whose model it is; ends
with 77 without). For each operation: a good call, then each member of its input left out, of
another type, too short, too long, too large, of other characters, and every fault. Answers must
have the members, types and values that the model gives them; refusals its codes and statuses.
"""

import http.client
import json
import re
import sys
import time
import unicodedata

try:
    import botocore
    import botocore.session
except ImportError:
    sys.exit(77)

GROUP, STREAM = "p/a", "s"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
# Errors of every operation: API Reference, "Common errors"; and what signatures are refused with.
COMMON = {"AccessDeniedException", "ThrottlingException", "ValidationException",
          "SerializationException", "ServiceUnavailableException", "UnknownOperationException"}
# Codes that no call can be made to cause here: too many groups, and what is no more.
OUT_OF_REACH = {"LimitExceededException", "InvalidSequenceTokenException",
                "DataAlreadyAcceptedException", "UnrecognizedClientException",
                "InvalidOperationException", "AccessDeniedException"}
# Members of input that the stand-in says it does not know.
IGNORED = {"accountIdentifiers", "includeLinkedAccounts", "logGroupIdentifiers", "sequenceToken",
           "entity"}
# Members of output that models of before 2024 do not have.
NEWER = {"logGroupArn", "logGroupClass", "deletionProtectionEnabled"}
FAULTS = {"OperationAbortedException": {"operation_aborted_rate": 1},
          "ServiceUnavailableException": {"error_rate": 1},
          "AccessDeniedException": {"deny": []},
          "ThrottlingException": {"rate_limit": 0.001, "rate_burst": 1}}
NO_FAULTS = {"operation_aborted_rate": 0, "error_rate": 0, "deny": [], "rate_limit": 0,
             "rate_burst": 0}
GOOD = {
    "CreateLogGroup": {"logGroupName": "p/new", "tags": {"k": "v"}, "kmsKeyId": "key",
                       "logGroupClass": "STANDARD", "deletionProtectionEnabled": False},
    "DescribeLogGroups": {"logGroupNamePrefix": "p/", "limit": 50},
    "ListTagsForResource": {"resourceArn": ARN},
    "TagResource": {"resourceArn": ARN, "tags": {"größe": "你好 1"}},
    "UntagResource": {"resourceArn": ARN, "tagKeys": ["a"]},
    "PutRetentionPolicy": {"logGroupName": GROUP, "retentionInDays": 7},
    "PutLogGroupDeletionProtection": {"logGroupIdentifier": GROUP,
                                      "deletionProtectionEnabled": True},
    "CreateLogStream": {"logGroupName": GROUP, "logStreamName": "new"},
    "DescribeLogStreams": {"logGroupName": GROUP, "orderBy": "LogStreamName", "descending": True,
                           "limit": 50, "logStreamNamePrefix": "s"},
    "TagLogGroup": {"logGroupName": GROUP, "tags": {"k": "v"}},
    "UntagLogGroup": {"logGroupName": GROUP, "tags": ["a"]},
}


class Service:
    def __init__(self, url):
        self.host = url.split("//")[1]

    def post(self, path, body, headers=()):
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.request("POST", path, json.dumps(body), dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def call(self, operation, body):
        return self.post("/", body, {"X-Amz-Target": f"Logs_20140328.{operation}",
                                     "Content-Type": "application/x-amz-json-1.1"})

    def renew(self, **faults):
        """One group with a tag, a stream with an event, a retention, and these faults."""
        self.post("/_faults", NO_FAULTS)
        self.post("/_reset", {})
        now = int(time.time() * 1000)
        for operation, body in (
                ("CreateLogGroup", {"logGroupName": GROUP, "tags": {"a": ""}, "kmsKeyId": "key"}),
                ("PutRetentionPolicy", {"logGroupName": GROUP, "retentionInDays": 30}),
                ("CreateLogStream", {"logGroupName": GROUP, "logStreamName": STREAM}),
                ("PutLogEvents", {"logGroupName": GROUP, "logStreamName": STREAM,
                                  "logEvents": [{"timestamp": now, "message": "m"}]})):
            status, _, text = self.call(operation, body)
            assert status == 200, (operation, text)
        if faults:
            status, _, text = self.post("/_faults", faults)
            assert status == 200, text


def good_input(operation):
    if operation == "PutLogEvents":
        now = int(time.time() * 1000)
        times = [now - 30 * 86400000, now - 1, now, now + 86400000]
        return {"logGroupName": GROUP, "logStreamName": STREAM,
                "logEvents": [{"timestamp": at, "message": "m"} for at in times]}
    return GOOD.get(operation, {"logGroupName": GROUP})


def matches(pattern, text):
    if "\\p{" in pattern:  # of tags; Python's re knows no categories
        return all(unicodedata.category(c)[0] in "LZN" or c in "_.:/=+-@" for c in text)
    return re.fullmatch(pattern, text, re.ASCII) is not None


def faults_of_value(value, shape, where):
    """What is wrong with an answer's value, one line each."""
    kind, limits = shape.type_name, shape.metadata
    types = {"string": str, "integer": int, "long": int, "boolean": bool, "list": list, "map": dict,
             "structure": dict}
    if type(value) is not types[kind]:
        return [f"{where}: {value!r} is no {kind}"]
    size = value if kind in ("integer", "long") else len(value) if kind != "boolean" else 0
    wrong = []
    # An empty map of tags is what the service sends, whatever the model says of its input.
    if kind not in ("structure", "boolean", "map") and not (
            limits.get("min", size) <= size <= limits.get("max", size)):
        wrong.append(f"{where}: {value!r} is out of bounds")
    if "enum" in limits and value not in limits["enum"]:
        wrong.append(f"{where}: {value!r} is none of {limits['enum']}")
    if "pattern" in limits and not matches(limits["pattern"], value):
        wrong.append(f"{where}: {value!r} does not match {limits['pattern']}")
    if kind == "structure":
        missing = set(shape.required_members) - set(value)
        wrong += [f"{where}: {name} is missing" for name in missing]
        for name, inner in value.items():
            if name in shape.members:
                wrong += faults_of_value(inner, shape.members[name], f"{where}.{name}")
            elif name not in NEWER:
                wrong.append(f"{where}: {name} is unknown")
    elif kind == "list":
        for inner in value:
            wrong += faults_of_value(inner, shape.member, f"{where}[]")
    elif kind == "map":
        for key, inner in value.items():
            wrong += faults_of_value(key, shape.key, f"{where} key")
            wrong += faults_of_value(inner, shape.value, f"{where}.{key}")
    return wrong


def bad_values(shape):
    """Values that the model forbids, each with what is wrong with it."""
    kind, limits = shape.type_name, shape.metadata
    yield "another type", 7 if kind in ("string", "structure") else "x"
    if kind == "string":
        if limits.get("min"):
            yield "too short", ""
        if "max" in limits:
            yield "too long", "a" * (limits["max"] + 1)
            yield "far too long", "a" * 20000
        if "pattern" in limits:
            yield "of other characters", "a:b*\n"
        if "enum" in limits:
            yield "none of the list", "NOTHING"
    elif kind in ("integer", "long"):
        if "min" in limits:
            yield "too small", limits["min"] - 1
        if "max" in limits:
            yield "too large", limits["max"] + 1
        yield "a fraction", 1.5
    elif kind == "map":
        if limits.get("min"):
            yield "empty", {}
        if "max" in limits:
            yield "too many", {f"k{i}": "v" for i in range(limits["max"] + 1)}
        for why, key in bad_values(shape.key):
            if why != "another type":
                yield f"a key {why}", {key: "v"}
        for why, value in bad_values(shape.value):
            yield f"a value {why}", {"k": value}
    elif kind == "list":
        if limits.get("min"):
            yield "empty", []
        if "max" in limits and shape.member.type_name == "string":
            yield "too many", [f"k{i}" for i in range(limits["max"] + 1)]
        for why, value in bad_values(shape.member):
            yield f"one {why}", [value]
    elif kind == "structure":
        for name in shape.required_members:
            good = {"timestamp": int(time.time() * 1000), "message": "m"}
            yield f"without {name}", {key: value for key, value in good.items() if key != name}
            for why, value in bad_values(shape.members[name]):
                yield f"{name} {why}", {**good, name: value}


def bad_inputs(operation):
    """Inputs that the model forbids, each with what is wrong with it."""
    shape, good = operation.input_shape, good_input(operation.name)
    for name, member in shape.members.items():
        if name in IGNORED:
            continue
        if name in shape.required_members:
            yield f"no {name}", {key: value for key, value in good.items() if key != name}
        for why, value in bad_values(member):
            yield f"{name} {why}", {**good, name: value}


class Check:
    def __init__(self, service, model):
        self.service, self.model = service, model
        self.calls, self.wrong, self.seen = 0, [], {}

    def complain(self, operation, why, text):
        self.wrong.append(f"{operation}, {why}: {text}")

    def accepted(self, operation, body, why):
        status, headers, text = self.service.call(operation.name, body)
        self.calls += 1
        if status != 200:
            return self.complain(operation.name, why, f"{status} {text}")
        if headers["Content-Type"] != "application/x-amz-json-1.1":
            self.complain(operation.name, why, headers["Content-Type"])
        if operation.output_shape is None:
            return text and self.complain(operation.name, why, f"a body where none belongs: {text}")
        for line in faults_of_value(json.loads(text), operation.output_shape, operation.name):
            self.complain(operation.name, why, line)

    def refused(self, operation, body, why, only=None):
        status, _, text = self.service.call(operation.name, body)
        self.calls += 1
        codes = {shape.name for shape in operation.error_shapes}
        answer = json.loads(text) if text else {}
        code = answer.get("__type")
        self.seen.setdefault(operation.name, set()).add(code)
        allowed = {only} if only else codes | COMMON
        wanted = (500, 503) if code == "ServiceUnavailableException" else (400,)
        if code not in allowed or status not in wanted or set(answer) != {"__type", "message"} \
                or not isinstance(answer["message"], str):
            self.complain(operation.name, why, f"{status} {text}, not one of {sorted(allowed)}")

    def run_faults(self, operation):
        codes = {shape.name for shape in operation.error_shapes}
        for code, faults in FAULTS.items():
            if "deny" in faults:
                faults = {"deny": [operation.name]}
            self.service.renew(**faults)
            if code == "ThrottlingException":
                self.service.call(operation.name, {})  # the one that is let through
            if code in codes | COMMON:
                self.refused(operation, good_input(operation.name), code, code)
            else:
                self.accepted(operation, good_input(operation.name), f"{code}, not for this one")

    def run(self, operation):
        good = good_input(operation.name)
        self.service.renew()
        self.accepted(operation, good, "a good call")
        for why, body in bad_inputs(operation):
            self.service.renew()
            self.refused(operation, body, why)
        codes = {shape.name for shape in operation.error_shapes}
        if "ResourceNotFoundException" in codes:
            self.service.renew()
            self.service.call("DeleteLogGroup", {"logGroupName": GROUP})
            self.refused(operation, good, "no such group", "ResourceNotFoundException")
        if "ResourceAlreadyExistsException" in codes:
            self.service.renew()
            self.service.call(operation.name, good)
            self.refused(operation, good, "there already", "ResourceAlreadyExistsException")
        if "TooManyTagsException" in codes:
            self.service.renew()
            many = {f"k{i}": "" for i in range(50)}
            self.refused(operation, {**good, "tags": many}, "51 tags", "TooManyTagsException")
        if operation.name == "DeleteLogGroup" and "ValidationException" in codes:
            self.service.renew()
            self.service.call("PutLogGroupDeletionProtection",
                              {"logGroupIdentifier": GROUP, "deletionProtectionEnabled": True})
            self.refused(operation, good, "protected", "ValidationException")
        self.run_faults(operation)
        for code in codes - OUT_OF_REACH - self.seen.get(operation.name, set()):
            self.complain(operation.name, "at the end", f"no call was refused with {code}")


def main():
    url, operations = sys.argv[1], sys.argv[2:]
    model = botocore.session.get_session().get_service_model("logs")
    check = Check(Service(url), model)
    known = [name for name in operations if name in model.operation_names]
    for name in known:
        check.run(model.operation_model(name))
    print(f"botocore {botocore.__version__}: {len(known)} of {len(operations)} operations, "
          f"{check.calls} calls, {len(check.wrong)} not as the model has it")
    print("\n".join(check.wrong))
    sys.exit(1 if check.wrong or len(known) < 14 else 0)


if __name__ == "__main__":
    main()
