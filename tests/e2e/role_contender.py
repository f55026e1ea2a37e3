#!/usr/bin/env python3
"""A contender that speaks the protocol of the Ansible role (docs: the seed protocol), to contend
with withlock for one lock, or with its own kind. Standard library only.

One try: delete PREFIX/ID if listings show it, create it, read its creation time, list PREFIX/;
of the attempts not older than its own by more than the timeout the earliest wins, a tie goes to
the lower name. A loser deletes its attempt, waits and tries again under the same name. A winner
deletes the expired attempts, then works. There is no settling and no second look. Calls are
repeated as botocore repeats them, blindly; where that makes a create fail with AlreadyExists, the
try has failed, as it has for the role.

The role's module gives up a try at once if the first look does not show what it has just created;
with --see-own it looks again for so long. That is only the more dangerous contender.

Exit status: the command's own, 0 after --hold; 1 if it never got the lock; 2 if it could not try.
"""

import argparse
import datetime
import hashlib
import hmac
import http.client
import json
import os
import random
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse

CALL_TRIES = 5  # of one call: botocore's legacy mode
CALL_TIMEOUT_S = 10
BACKOFF_S = 0.2  # of the first repetition, doubled each time
LOOK_S = 0.05  # between two looks for its own attempt
RELEASE_TRIES = 20  # of the last delete


class Failed(Exception):
    """This try is over; another may do better."""


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def boot_ms():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


class Service:
    """CloudWatch Logs at an endpoint: signs each call, one connection for each."""

    def __init__(self, endpoint, region, ca_file):
        self.url = urllib.parse.urlsplit(endpoint)
        self.region = region
        self.key = os.environ.get("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        self.secret = os.environ.get("AWS_SECRET_ACCESS_KEY", "secret")
        self.token = os.environ.get("AWS_SESSION_TOKEN")
        self.tls = ssl.create_default_context(cafile=ca_file) if self.url.scheme == "https" else None

    def headers(self, operation, body):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": self.url.netloc,
            "x-amz-date": now,
            "x-amz-target": f"Logs_20140328.{operation}",
        }
        if self.token:
            headers["x-amz-security-token"] = self.token
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{now[:8]}/{self.region}/logs/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = ("AWS4" + self.secret).encode()
        for part in (now[:8], self.region, "logs", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}"
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, "
                                    f"SignedHeaders={names}, Signature={signature}")
        return headers

    def send(self, operation, body):
        if self.tls:
            connection = http.client.HTTPSConnection(self.url.netloc, timeout=CALL_TIMEOUT_S,
                                                     context=self.tls)
        else:
            connection = http.client.HTTPConnection(self.url.netloc, timeout=CALL_TIMEOUT_S)
        try:
            connection.request("POST", "/", body, self.headers(operation, body))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def call(self, operation, **parameters):
        body = json.dumps(parameters).encode()
        for repetition in range(CALL_TRIES):
            if repetition:
                time.sleep(random.random() * BACKOFF_S * 2 ** repetition)
            try:
                status, text = self.send(operation, body)
            except (OSError, http.client.HTTPException) as error:
                trouble = f"{operation}: {error!r}"
                continue
            answer = json.loads(text) if text else {}
            if status == 200:
                return answer
            code, message = answer.get("__type", status), answer.get("message", "")
            trouble = f"{operation}: {code}: {message}"
            if status < 500 and code != "ThrottlingException":
                raise Refused(code, message)
        raise Failed(trouble)

    def groups(self, prefix):
        found, more = [], {}
        while True:
            page = self.call("DescribeLogGroups", logGroupNamePrefix=prefix, **more)
            found += page["logGroups"]
            if "nextToken" not in page:
                return found
            more = {"nextToken": page["nextToken"]}

    def delete(self, name):
        try:
            self.call("DeleteLogGroup", logGroupName=name)
        except Refused as refused:
            if refused.code != "ResourceNotFoundException":
                raise


class Contender:
    def __init__(self, service, options):
        self.service = service
        self.options = options
        self.name = f"{options.prefix}/{options.id}"

    def step(self):
        """As long as a module takes before it makes its first call."""
        time.sleep(self.options.step)

    def find_own(self):
        own = [group for group in self.service.groups(self.name) if group["logGroupName"] == self.name]
        return own[0] if own else None

    def create_own(self):
        """The new attempt as the first listing that holds its name shows it."""
        self.step()
        if self.find_own():
            self.service.delete(self.name)
        try:
            self.service.call("CreateLogGroup", logGroupName=self.name)
        except Refused as refused:
            raise Failed(str(refused)) from refused
        until = time.monotonic() + self.options.see_own
        while True:
            own = self.find_own()
            if own:
                return own
            if time.monotonic() >= until:
                raise Failed("the log group was not created, please try again")
            time.sleep(LOOK_S)

    def try_once(self):
        own = self.create_own()
        oldest = own["creationTime"] - self.options.timeout * 1000
        self.step()
        attempts = self.service.groups(self.options.prefix + "/")
        active = [group for group in attempts if group["creationTime"] >= oldest]
        active.sort(key=lambda group: group["creationTime"])  # stable: a tie goes to the lower name
        if not active or active[0]["logGroupName"] != self.name:
            raise Failed(f"held by {active[0]['logGroupName'] if active else 'nobody in sight'}")
        for group in attempts:
            if group["creationTime"] < oldest:
                self.service.delete(group["logGroupName"])

    def obtain(self):
        for attempt in range(self.options.attempts):
            if attempt:
                time.sleep(self.options.delay + random.random() * self.options.jitter)
            try:
                self.try_once()
                return True
            except (Failed, Refused) as reason:
                self.say(f"try {attempt + 1}: {reason}")
            self.release(CALL_TRIES)
        return False

    def release(self, tries):
        self.step()
        for _ in range(tries):
            try:
                self.service.delete(self.name)
                return
            except Failed as reason:
                self.say(f"releasing: {reason}")
            except Refused as refused:
                self.say(f"releasing: {refused}")
                if refused.code != "OperationAbortedException":
                    return
            time.sleep(BACKOFF_S)

    def say(self, text):
        if self.options.verbose:
            print(f"{self.options.id}: {text}", file=sys.stderr, flush=True)

    def record(self, word):
        if self.options.record:
            line = f"{word} {self.options.id} {boot_ms()}\n".encode()
            descriptor = os.open(self.options.record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.write(descriptor, line)  # at one stroke: others append too
            os.close(descriptor)

    def work(self):
        self.record("start")
        try:
            if self.options.command:
                return subprocess.call(self.options.command)
            time.sleep(self.options.hold)
            return 0
        finally:
            self.record("stop")

    def run(self):
        try:
            if self.options.at:
                time.sleep(max(0, self.options.at - boot_ms()) / 1000)
            return self.work() if self.obtain() else 1
        finally:
            self.release(RELEASE_TRIES)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True, metavar="URL")
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--timeout", type=int, default=900, metavar="S", help="lock timeout (900)")
    parser.add_argument("--attempts", type=int, default=10, metavar="N", help="tries (10)")
    parser.add_argument("--delay", type=float, default=30, metavar="S", help="between tries (30)")
    parser.add_argument("--jitter", type=float, default=15, metavar="S", help="and up to this (15)")
    parser.add_argument("--see-own", type=float, default=5, metavar="S",
                        help="look so long for its own new attempt (5; the role: 0)")
    parser.add_argument("--step", type=float, default=0, metavar="S",
                        help="pause before each step, as Ansible's modules do (0)")
    parser.add_argument("--hold", type=float, default=0, metavar="S", help="hold the lock so long")
    parser.add_argument("--at", type=int, metavar="MS", help="begin then (CLOCK_BOOTTIME)")
    parser.add_argument("--record", metavar="FILE",
                        help="append 'start ID MS' and 'stop ID MS' (CLOCK_BOOTTIME)")
    parser.add_argument("--region", default=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    parser.add_argument("--ca-file", metavar="FILE")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="instead of --hold, after --")
    return parser.parse_args()


def main():
    options = read_options()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))  # passes by `finally`
    try:
        return Contender(Service(options.endpoint, options.region, options.ca_file), options).run()
    except (OSError, ValueError, KeyError) as error:
        print(f"role_contender: {error!r}", file=sys.stderr)
        return 2


sys.exit(main())
