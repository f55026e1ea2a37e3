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
import os
import shutil
import subprocess
import sys
import tempfile
import time

from world import Holder, Service, complains, environment, naming, until

LOCK_TIMEOUT_S = 15
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


class Run(Holder):
    def __init__(self, world, number):
        self.prefix = f"loss/{number}"
        seconds = 12 if world.case == "short" else 40 if world.case == "warn" else 600
        words = [os.path.join(world.build, "src/withlock"), "-p", self.prefix,
                 "-t", str(LOCK_TIMEOUT_S), "-k", "2"]
        if world.case == "warn":
            words += ["--on-lost", "warn"]
        super().__init__(world.folder, str(number), words, seconds, WAYS[number % len(WAYS)],
                         world.environment)


class World:
    def __init__(self, options):
        self.case, self.build = options.case, options.build
        self.folder = tempfile.mkdtemp(prefix="withlock-loss-")
        if self.case == "blackhole":
            self.make_namespace()
            self.service = Service(self.build, listen="10.99.0.2:4586",
                                   below=("ip", "netns", "exec", NAMESPACE))
        else:
            self.service = Service(self.build)
        self.environment = environment(self.service.url)
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
            for name in self.service.groups():
                self.service.call("DeleteLogGroup", {"logGroupName": name})
        elif self.case == "blackhole":
            # nothing comes back: neither answers nor refusals
            subprocess.run(["ip", "-n", NAMESPACE, "route", "add", "blackhole", "10.99.0.1/32"],
                           check=True)
        else:
            self.service.faults(**faults[self.case])

    def applied_ms(self):
        """When the last create of each lock's attempts was applied."""
        last = {}
        for entry in self.service.ask("/_log"):
            if entry["operation"] == "CreateLogGroup" and entry["applied"]:
                prefix = "/".join(entry["logGroupName"].split("/")[:2])
                last[prefix] = entry["mono_ms"]
        return last

    def judge(self, run, applied):
        status, text, last = run.process.returncode, run.stderr(), run.times()[1]
        margin = applied[run.prefix] + LOCK_TIMEOUT_S * 1000 - last
        if complains(text):
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
        if left := naming(run.record):
            self.fail(run, f"({run.way}) still alive: {left}")
        return margin

    def fail(self, run, what):
        self.failures.append(f"{run.prefix}: {what.strip()}")

    def go(self):
        for run in self.runs:
            until(run.started, lambda run=run: f"the command of {run.prefix}: {run.stderr()}")
        time.sleep(2)  # some renewals differ by now; nothing is proven by this
        self.break_it()
        if self.case == "short":
            time.sleep(3)  # less than a lease: the outage itself, not a wait for anything
            self.service.faults(outage="none")
        for run in self.runs:
            until(run.over, f"the end of {run.prefix}")
        if self.case == "blackhole":
            subprocess.run(["ip", "-n", NAMESPACE, "route", "del", "blackhole", "10.99.0.1/32"],
                           check=True)
        applied = self.applied_ms()
        return [self.judge(run, applied) for run in self.runs]

    def close(self):
        for run in self.runs:
            if not run.over():
                run.process.kill()
        self.service.stop()
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
