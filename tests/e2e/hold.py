#!/usr/bin/env python3
"""A command to run under withlock: records when it began and ended, as check_overlap.py reads it,
and looks all the while whether the claim it runs under stands in the service, and can be listed.

Usage: hold.py RECORD SECONDS [NAME]

NAME goes into the record; the ID of the attempt if it is not given. Exit status: 0; 9 if the
claim was missing, or had not come into sight by the end.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

LOOK_S = 0.1
CALL_TIMEOUT_S = 10


def boot_ms():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


def record(path, word, name):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, f"{word} {name} {boot_ms()}\n".encode())  # at one stroke: others append too
    os.close(descriptor)


def ask(url, body=None):
    headers = {"X-Amz-Target": "Logs_20140328.DescribeLogGroups"} if body else {}
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=CALL_TIMEOUT_S) as answer:
        return json.load(answer)


def is_claimed(groups, attempt):
    names = [group["logGroupName"] for group in groups]
    return any(name.startswith(attempt + "#") and "#h" in name for name in names)


def look(endpoint, attempt):
    """Does the claim stand, and does a listing show it? None: the listing was not answered."""
    stands = is_claimed(ask(endpoint + "/_groups"), attempt)
    body = json.dumps({"logGroupNamePrefix": attempt}).encode()
    try:
        return stands, is_claimed(ask(endpoint + "/", body)["logGroups"], attempt)
    except (urllib.error.URLError, OSError):
        return stands, None


def main():
    path, seconds = sys.argv[1], float(sys.argv[2])
    held = {name: os.environ["WITHLOCK_HELD_" + name].split()[-1]
            for name in ("PREFIX", "ID", "ENDPOINT")}
    name = sys.argv[3] if len(sys.argv) > 3 else held["ID"]
    attempt = f"{held['PREFIX']}/{held['ID']}"
    record(path, "start", name)
    until = time.monotonic() + seconds
    missing, shown = 0, None
    while time.monotonic() < until or shown is None:
        stands, seen = look(held["ENDPOINT"], attempt)
        missing += not stands
        shown = shown if seen is None else seen
        time.sleep(LOOK_S)
    record(path, "stop", name)
    if missing or not shown:
        print(f"hold: {name}: the claim was missing {missing} times; shown: {shown}", file=sys.stderr)
        return 9
    return 0


sys.exit(main())
