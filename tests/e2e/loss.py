#!/usr/bin/env python3
"""A lock that can no longer be kept: its command is dead, with all that it started, by the end of
the lease (I3), and withlock says why.

Usage: loss.py --build DIR CASE [--each N] [--rounds N]

CASE: deleted, refuse, hang, errors, denied, uncreatable (deletes are allowed), expired, blackhole;
short (an outage that ends before the lease does: nothing happens to the command); warn (--on-lost
warn). N runs of each of three commands side by side, each with a lock of its own: one is plain, one
ignores TERM, one leaves its work to a daemon that has left group and session. All that --rounds
times. Needs root for blackhole, which lives in a network namespace of its own.

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

from world import Holder, Service, complains, environment, naming, standing, until

LOCK_TIMEOUT_S = 15
OUTAGE_S = 5  # the short one
AT_ONCE_MS = 5000  # before the end of the lease; its deadlines are 4 s and 2 s before it
WAYS = ("plain", "stubborn", "daemon")
NAMESPACE = f"withlock-{os.getpid()}"
REASONS = {
    "deleted": "deleted by somebody else",
    "refuse": "not renewed in time; last answer of the service at",
    "hang": "not renewed in time; last answer of the service at",
    "errors": "not renewed in time; last answer of the service at",
    "blackhole": "not renewed in time; last answer of the service at",
    "denied": "AccessDeniedException",
    "uncreatable": "AccessDeniedException",
    "expired": "ExpiredTokenException",
}


def free_network():
    """The first three bytes of one of RFC 2544's, for tests: a run that was killed leaves its own."""
    taken = subprocess.run(["ip", "-4", "addr"], capture_output=True, text=True, check=False).stdout
    return next(network for network in (f"198.18.{(os.getpid() + i) % 256}" for i in range(256))
                if f" {network}." not in taken)


class Run(Holder):
    def __init__(self, world, number):
        self.prefix = f"loss/{number}"
        words = [os.path.join(world.build, "src/withlock"), "-p", self.prefix,
                 "-t", str(world.lock_timeout_s), "-k", "2", "--release-timeout", "5"]
        if world.case == "warn":
            words += ["--on-lost", "warn"]
        super().__init__(world.folder, str(number), words, world.seconds,
                         WAYS[number % len(WAYS)], world.environment, beat_s=0.05)


class World:
    def __init__(self, options):
        self.case, self.build = options.case, options.build
        count = options.each * len(WAYS)
        self.lock_timeout_s = (2 if self.case == "short" else 1) * LOCK_TIMEOUT_S
        between_s = self.lock_timeout_s / 3 / count  # so that all are at different moments
        # long enough for what is done to all, who do not begin at once
        self.seconds = {"short": 20, "warn": 25}.get(self.case, 600) + count / 5
        self.folder = tempfile.mkdtemp(prefix="withlock-loss-")
        if self.case == "blackhole":
            self.network = free_network()
            self.make_namespace()
            self.service = Service(self.build, listen=f"{self.network}.2:4586",
                                   below=("ip", "netns", "exec", NAMESPACE))
        else:
            self.service = Service(self.build)
        self.environment = environment(self.service.url)
        self.runs = []
        for number in range(count):
            self.runs.append(Run(self, number))
            time.sleep(between_s)
        self.failures = []

    def make_namespace(self):
        for words in (f"netns add {NAMESPACE}",
                      f"link add wl{os.getpid()} type veth peer name wlp netns {NAMESPACE}",
                      f"addr add {self.network}.1/24 dev wl{os.getpid()}",
                      f"link set wl{os.getpid()} up",
                      f"-n {NAMESPACE} addr add {self.network}.2/24 dev wlp",
                      f"-n {NAMESPACE} link set wlp up", f"-n {NAMESPACE} link set lo up"):
            subprocess.run(["ip", *words.split()], check=True)

    def break_it(self):
        faults = {"refuse": {"outage": "refuse"}, "hang": {"outage": "hang"},
                  "errors": {"error_rate": 1}, "expired": {"expired_key": "AKID"},
                  "short": {"outage": "hang"}, "warn": {"outage": "refuse"},
                  "denied": {"deny": ["CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup"]},
                  "uncreatable": {"deny": ["CreateLogGroup"]}}
        if self.case == "blackhole":
            # nothing comes back: neither answers nor refusals
            subprocess.run(["ip", "-n", NAMESPACE, "route", "add", "blackhole", f"{self.network}.1/32"],
                           check=True)
        elif self.case in faults:
            self.service.faults(**faults[self.case])

    @staticmethod
    def applied_ms(log):
        """When the last create of each lock's attempts was applied."""
        last = {}
        for entry in log:
            if entry["operation"] == "CreateLogGroup" and entry["applied"]:
                prefix = "/".join(entry["logGroupName"].split("/")[:2])
                last[prefix] = entry["mono_ms"]
        return last

    def judge(self, run, log, applied):
        status, text, last = run.process.returncode, run.stderr(), run.times()[1]
        margin = applied[run.prefix] + LOCK_TIMEOUT_S * 1000 - last
        if complains(text):
            self.fail(run, f"sanitizer report: {text}")
        if self.case != "deleted" and not standing(log, run.prefix, last):
            self.fail(run, f"({run.way}) was alive when its lock had been given back")
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
        if self.case == "deleted" and margin < AT_ONCE_MS:
            self.fail(run, f"({run.way}) not ended at once, but {margin} ms before the lease's end")
        if left := naming(run.record):
            self.fail(run, f"({run.way}) still alive: {left}")
        return margin

    def all_over(self):
        if self.case == "deleted":
            self.service.delete_all()  # a renewal may have been on its way
        return all(run.over() for run in self.runs)

    def fail(self, run, what):
        self.failures.append(f"{run.prefix}: {what.strip()}")

    def go(self):
        for run in self.runs:
            until(run.started, lambda run=run: f"the command of {run.prefix}: {run.stderr()}")
        self.break_it()
        if self.case == "short":
            time.sleep(OUTAGE_S)  # the outage itself, not a wait for anything
            self.service.faults(outage="none")
        until(self.all_over, lambda: "the end of " + " ".join(
            run.prefix for run in self.runs if not run.over()))
        if self.case == "blackhole":
            subprocess.run(["ip", "-n", NAMESPACE, "route", "del", "blackhole", f"{self.network}.1/32"],
                           check=True)
        log = self.service.log()
        applied = self.applied_ms(log)
        return [self.judge(run, log, applied) for run in self.runs]

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
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("case", choices=[*REASONS, "short", "warn"])
    options = parser.parse_args()
    failures, margins = 0, {way: [] for way in WAYS}
    for _ in range(options.rounds):
        world = World(options)
        try:
            for run, margin in zip(world.runs, world.go()):
                margins[run.way].append(margin)
        finally:
            world.close()
        failures += len(world.failures)
        for failure in world.failures:
            print(f"FAILED: {failure}")
    print(f"{options.case}: {sum(map(len, margins.values()))} runs, {failures} failures")
    for way, times in margins.items() if options.case in REASONS else ():
        print(f"  {way}: dead {min(times)} to {max(times)} ms before the end of the lease")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
