#!/usr/bin/env python3
"""A lock that can no longer be kept: its command is dead, with all that it started, by the end of
the lease (I3), and withlock says why.

Usage: loss.py --build DIR CASE [--runs N]

CASE: deleted, refuse, hang, errors, denied, expired, blackhole; short (an outage that ends before
the lease does: nothing happens to the command); warn (--on-lost warn). Runs side by side, each with a lock of its own, by
turns with commands that are plain, ignore TERM, or leave their work to a daemon that has left
group and session. Needs root for blackhole, which lives in a network namespace of its own.

All times are of CLOCK_BOOTTIME. A lease ends at most --lock-timeout after the service has applied
the last create of that lock's attempts.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
HOLD = os.path.join(HERE, "..", "chaos", "hold.py")
LOCK_TIMEOUT_S = 15
WAIT_S = 90  # for anything that is waited for
WAYS = ("plain", "stubborn", "daemon")
NAMESPACE = f"withlock-{os.getpid()}"
REASONS = {
    "deleted": "deleted by somebody else",
    "refuse": "not renewed in time; last answer of the service at",
    "hang": "not renewed in time; last answer of the service at",
    "errors": "not renewed in time; last answer of the service at",
    "blackhole": "not renewed in time; last answer of the service at",
    "denied": "AccessDeniedException",
    "expired": "ExpiredTokenException",
}


def now_ms():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def until(condition, what):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise SystemExit(f"loss: waited in vain for {what}")


class Service:
    def __init__(self, build, inside):
        listen = "10.99.0.2:4586" if inside else "127.0.0.1:0"
        words = ["ip", "netns", "exec", NAMESPACE] if inside else []
        path = os.path.join(build, "src/cwlogs-local/cwlogs-local")
        self.process = subprocess.Popen([*words, path, "--listen", listen],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def ask(self, path, document=None):
        data = None if document is None else json.dumps(document).encode()
        with urllib.request.urlopen(self.url + path, data=data, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def delete_all(self):
        for group in self.ask("/_groups"):
            name = group["logGroupName"]
            request = urllib.request.Request(
                self.url, json.dumps({"logGroupName": name}).encode(),
                headers={"Content-Type": "application/x-amz-json-1.1",
                         "X-Amz-Target": "Logs_20140328.DeleteLogGroup"})
            with urllib.request.urlopen(request, timeout=30):
                pass


class Run:
    def __init__(self, world, number):
        self.way = WAYS[number % len(WAYS)]
        self.prefix = f"loss/{number}"
        self.record = os.path.join(world.folder, f"record{number}")
        self.errors = os.path.join(world.folder, f"errors{number}")
        seconds = "12" if world.case == "short" else "40" if world.case == "warn" else "600"
        words = [os.path.join(world.build, "src/withlock"), "-p", self.prefix,
                 "-t", str(LOCK_TIMEOUT_S), "-k", "2"]
        if world.case == "warn":
            words += ["--on-lost", "warn"]
        words += ["--", sys.executable, HOLD, self.record, "x", seconds, self.way]
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=errors,
                                            stdout=subprocess.DEVNULL, env=world.environment,
                                            start_new_session=True)

    def started(self):
        return os.path.exists(self.record) and os.path.getsize(self.record) > 0

    def last_ms(self):
        with open(self.record, encoding="ascii") as record:
            return max(int(line.split()[2]) for line in record)

    def stderr(self):
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            return errors.read()

    def alive(self):
        """Processes of this run's command."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    if entry.isdigit() and self.record.encode() in file.read().split(b"\0"):
                        found.append(entry)
            except OSError:
                pass
        return found


class World:
    def __init__(self, options):
        self.case, self.build = options.case, options.build
        self.folder = tempfile.mkdtemp(prefix="withlock-loss-")
        if self.case == "blackhole":
            self.make_namespace()
        self.service = Service(self.build, self.case == "blackhole")
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("AWS_", "WITHLOCK_"))}
        self.environment.update(
            AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="eu-central-1",
            AWS_EC2_METADATA_DISABLED="true", AWS_ENDPOINT_URL=self.service.url,
            AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
        self.runs = [Run(self, number) for number in range(options.runs)]
        self.failures = []

    def make_namespace(self):
        for words in (f"netns add {NAMESPACE}",
                      f"link add wl{os.getpid()} type veth peer name wlp netns {NAMESPACE}",
                      f"addr add 10.99.0.1/24 dev wl{os.getpid()}",
                      f"link set wl{os.getpid()} up",
                      f"-n {NAMESPACE} addr add 10.99.0.2/24 dev wlp",
                      f"-n {NAMESPACE} link set wlp up", f"-n {NAMESPACE} link set lo up"):
            subprocess.run(["ip", *words.split()], check=True)

    def break_it(self):
        faults = {"refuse": {"outage": "refuse"}, "hang": {"outage": "hang"},
                  "errors": {"error_rate": 1}, "expired": {"expired_key": "AKID"},
                  "short": {"outage": "hang"}, "warn": {"outage": "refuse"},
                  "denied": {"deny": ["CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup"]}}
        if self.case == "deleted":
            self.service.delete_all()
        elif self.case == "blackhole":
            # nothing comes back: neither answers nor refusals
            subprocess.run(["ip", "-n", NAMESPACE, "route", "add", "blackhole", "10.99.0.1/32"],
                           check=True)
        else:
            self.service.ask("/_faults", faults[self.case])

    def mend_it(self):
        self.service.ask("/_faults", {"outage": "none"})

    def applied_ms(self):
        """When the last create of each lock's attempts was applied."""
        last = {}
        for entry in self.service.ask("/_log"):
            if entry["operation"] == "CreateLogGroup" and entry["applied"]:
                prefix = "/".join(entry["logGroupName"].split("/")[:2])
                last[prefix] = entry["mono_ms"]
        return last

    def judge(self, run, applied):
        status, text, last = run.process.returncode, run.stderr(), run.last_ms()
        margin = applied[run.prefix] + LOCK_TIMEOUT_S * 1000 - last
        if "Sanitizer" in text or "runtime error" in text:
            self.fail(run, f"sanitizer report: {text}")
        if self.case in ("short", "warn"):
            if status != 0:
                self.fail(run, f"exit status {status}: {text}")
            if self.case == "warn" and "lost" not in text:
                self.fail(run, f"not a word of the loss: {text}")
            return margin
        lines = [line for line in text.splitlines() if "lost the lock" in line]
        if status != 74:
            self.fail(run, f"exit status {status}: {text}")
        if len(lines) != 1 or REASONS[self.case] not in lines[0]:
            self.fail(run, f"does not say why in one line: {text}")
        if margin < 0:
            self.fail(run, f"({run.way}) alive {-margin} ms after the end of its lease (I3)")
        if run.alive():
            self.fail(run, f"({run.way}) still alive: {run.alive()}")
        return margin

    def fail(self, run, what):
        self.failures.append(f"{run.prefix}: {what.strip()}")

    def go(self):
        for run in self.runs:
            until(run.started, f"the command of {run.prefix}: {run.stderr()}")
        time.sleep(2)  # some renewals differ by now; nothing is proven by this
        self.break_it()
        if self.case == "short":
            time.sleep(3)  # less than a lease: the outage itself, not a wait for anything
            self.mend_it()
        for run in self.runs:
            until(lambda run=run: run.process.poll() is not None, f"the end of {run.prefix}")
        if self.case == "blackhole":
            subprocess.run(["ip", "-n", NAMESPACE, "route", "del", "blackhole", "10.99.0.1/32"],
                           check=True)
        applied = self.applied_ms()
        return [self.judge(run, applied) for run in self.runs]

    def close(self):
        for run in self.runs:
            if run.process.poll() is None:
                run.process.kill()
        self.service.process.send_signal(signal.SIGTERM)
        self.service.process.wait(timeout=20)
        if self.case == "blackhole":
            subprocess.run(["ip", "link", "del", f"wl{os.getpid()}"], check=False)
            subprocess.run(["ip", "netns", "del", NAMESPACE], check=False)
        shutil.rmtree(self.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("case", choices=[*REASONS, "short", "warn"])
    options = parser.parse_args()
    world = World(options)
    try:
        margins = world.go()
    finally:
        world.close()
    for failure in world.failures:
        print(f"FAILED: {failure}")
    print(f"{options.case}: {options.runs} runs, {len(world.failures)} failures; dead before the "
          f"end of the lease by {min(margins)} to {max(margins)} ms")
    return 1 if world.failures else 0


if __name__ == "__main__":
    sys.exit(main())
