"""lock_by_boto3.py PREFIX COMMAND... - what a Python script makes of the lock with boto3: the calls
of an uncontended withlock and its settle wait. It does not renew, does not watch over the command,
and gives up where it would have to wait. ENDPOINT names the service."""

import os
import subprocess
import sys
import time

import boto3

SETTLE_S = 1


def first(logs, prefix):
    groups = []
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix + "/"):
        groups += page["logGroups"]
    return min(groups, key=lambda group: group["creationTime"])


def main():
    prefix, command = sys.argv[1], sys.argv[2:]
    logs = boto3.client("logs", endpoint_url=os.environ["ENDPOINT"])
    attempt = f"{prefix}/{time.strftime('%Y%m%dT%H%M%SZ')}-{os.getpid()}#t900"
    logs.create_log_group(logGroupName=attempt)
    settled = time.monotonic() + SETTLE_S
    own = first(logs, prefix)
    if own["logGroupName"] != attempt:
        return 1
    claim = f"{attempt}#g1#q{own['creationTime']}#h#k{own['creationTime']}"
    logs.create_log_group(logGroupName=claim)
    time.sleep(max(0, settled - time.monotonic()))
    if first(logs, prefix)["logGroupName"] != attempt:
        return 1
    try:
        return subprocess.call(command)
    finally:
        logs.delete_log_group(logGroupName=attempt)
        logs.delete_log_group(logGroupName=claim)


sys.exit(main())
