#!/usr/bin/env python3
"""What a program on boto3 does with log groups, against an endpoint; any surprise is an error.

Usage: boto3_client.py URL PREFIX (credentials, Region and CA bundle from the environment)
"""

import concurrent.futures
import sys
import time

import boto3
import botocore.config
import botocore.exceptions


def refused(code, call, **parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
        return error.response["Error"]["Message"]
    raise AssertionError(f"{parameters}: not refused with {code}")


def groups(logs, prefix):
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return [group for page in pages for group in page["logGroups"]]


def groups_and_tags(logs, prefix):
    name = f"{prefix}/tagged#t15"
    logs.create_log_group(logGroupName=name, tags={"team": "ci", "cost.centre": "7"})
    (group,) = groups(logs, name)
    assert group["logGroupName"] == name and group["creationTime"] > 1_000_000_000_000, group
    assert group["arn"].endswith(f":log-group:{name}:*"), group
    arn = group["arn"][:-2]  # what older versions do not know as logGroupArn
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "ci", "cost.centre": "7"}
    logs.tag_resource(resourceArn=arn, tags={"team": "ops"})
    logs.untag_resource(resourceArn=arn, tagKeys=["cost.centre"])
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == {"team": "ops"}
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    assert groups(logs, name)[0]["retentionInDays"] == 7
    logs.delete_log_group(logGroupName=name)
    assert groups(logs, name) == []


def pages(logs, prefix):
    wanted = [f"{prefix}/page/{number:03}" for number in range(120)]
    for name in reversed(wanted):
        logs.create_log_group(logGroupName=name)
    assert [group["logGroupName"] for group in groups(logs, f"{prefix}/page/")] == wanted
    pattern = logs.get_paginator("describe_log_groups").paginate(logGroupNamePattern="page/11")
    found = [group["logGroupName"] for page in pattern for group in page["logGroups"]]
    assert found == wanted[110:], found
    for name in wanted:
        logs.delete_log_group(logGroupName=name)


def events(logs, prefix):
    name = f"{prefix}/events"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="one")
    now = int(time.time() * 1000)
    answer = logs.put_log_events(logGroupName=name, logStreamName="one", logEvents=[
        {"timestamp": 1700000000000, "message": "too old"}, {"timestamp": now, "message": "hällo"}])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}, answer
    (stream,) = logs.describe_log_streams(logGroupName=name, orderBy="LastEventTime")["logStreams"]
    assert stream["lastEventTimestamp"] == now, stream
    assert groups(logs, name)[0]["storedBytes"] == 32
    logs.delete_log_group(logGroupName=name)


def crowd(logs, prefix):
    wanted = [f"{prefix}/crowd/{number:03}" for number in range(100)]
    with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
        list(pool.map(lambda name: logs.create_log_group(logGroupName=name), wanted))
        assert [group["logGroupName"] for group in groups(logs, f"{prefix}/crowd/")] == wanted
        list(pool.map(lambda name: logs.delete_log_group(logGroupName=name), wanted))


def streams(logs, prefix):
    name = f"{prefix}/streams"
    wanted = [f"stream {number:03}" for number in range(120)]
    logs.create_log_group(logGroupName=name)
    for stream in reversed(wanted):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    for order, expected in ((False, wanted), (True, wanted[::-1])):
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName=name, descending=order, PaginationConfig={"PageSize": 25})
        assert [stream["logStreamName"] for page in pages for stream in page["logStreams"]] == expected
    logs.delete_log_group(logGroupName=name)


def protection(logs, prefix):
    if not hasattr(logs, "put_log_group_deletion_protection"):
        return  # an older version
    name = f"{prefix}/protected"
    logs.create_log_group(logGroupName=name, deletionProtectionEnabled=True)
    refused("ValidationException", logs.delete_log_group, logGroupName=name)
    logs.put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=name)


def errors(logs, prefix):
    name = f"{prefix}/errors"
    logs.create_log_group(logGroupName=name)
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName=name)
    try:
        logs.create_log_group(logGroupName=name)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass  # the modelled class is found by its code
    logs.delete_log_group(logGroupName=name)
    refused("ResourceNotFoundException", logs.delete_log_group, logGroupName=name)
    refused("InvalidParameterException", logs.create_log_group, logGroupName="a b")
    refused("InvalidParameterException", logs.create_log_group, logGroupName=name, tags={})


def main():
    url, prefix = sys.argv[1:]
    config = botocore.config.Config(retries={"max_attempts": 0}, max_pool_connections=100)
    logs = boto3.client("logs", endpoint_url=url, config=config)
    for part in (groups_and_tags, pages, crowd, streams, events, protection, errors):
        part(logs, prefix)
    assert groups(logs, f"{prefix}/") == []
    print(f"boto3 {boto3.__version__} is content")


main()
