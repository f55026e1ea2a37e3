#!/usr/bin/env python3
"""Chaos: real launchers and role contenders against cwlogs-local, while the service lags, fails
and goes away, and processes are killed, stopped, continued and signalled at random.

Usage: chaos.py --build DIR [--seconds N] [--processes N] [--seed N] [--no-roles] [--keep]
                [--lag S] [--beside DIR]

Stays within the bound of docs/protocol.md; with --lag it is the mutex that keeps withlocks apart, and
there are no role contenders, who know nothing of it. Afterwards everything is let go, and the record is
checked: never two holds at once (I1), nothing left in the service but what the protocol allows
(I4), no lock lost without a reason (I8), no sanitizer report, no command alive.
Exit status: 0 if all holds, 1 if not. Ends with a summary.
"""

import argparse
import collections
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from world import HOLD, Service, alive, children, complains, environment, guardian_of, naming

ROLE = os.path.join(HERE, "..", "e2e", "role_contender.py")
PREFIX = "chaos/lock"
LOCK_TIMEOUT_S = 20
SETTLE_S = 1
KILL_AFTER_S = 2
SETTLE_DOWN_S = 240  # for everybody to get through once the faults have ended


class Run:
    """One launcher or role contender."""

    def __init__(self, world, number):
        self.number = number
        self.name = f"r{number}"
        self.role = world.roles and world.random.random() < 0.2
        self.tags = set()  # what was done to it
        self.stopped = None
        seconds = world.random.choice([0.1, 0.5, 1, 2, 4])
        if world.random.random() < 0.05 and not self.role:
            seconds = 3 * LOCK_TIMEOUT_S / 2  # over several renewals
        way = world.random.choice(["plain", "plain", "plain", "stubborn", "daemon", "fails"])
        self.way = "plain" if self.role else way
        hold = [sys.executable, HOLD, world.record, self.name, str(seconds), self.way]
        self.errors = open(os.path.join(world.folder, self.name + ".err"), "w+", encoding="utf-8",
                           errors="replace")
        words = self.role_words(world, hold) if self.role else self.words(world, hold)
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.errors,
                                        env=world.environment, start_new_session=True)
        self.started = time.monotonic()

    def words(self, world, hold):
        options = ["-p", PREFIX, "-t", str(LOCK_TIMEOUT_S), "--role-timeout", str(LOCK_TIMEOUT_S),
                   "--settle", str(SETTLE_S), "-k", str(KILL_AFTER_S), "-l", self.name]
        extra = world.random.random()
        if extra < 0.1:
            options += ["-n"]
        elif extra < 0.2:
            options += ["-w", str(world.random.randint(1, 20))]
        elif extra < 0.25:
            options += ["--no-queue", "--retry-delay", "2"]
        elif extra < 0.35:
            options += ["-i", world.random.choice(["deploy", "cron"])]
        return [world.random.choice(world.withlocks), *options, "--", *hold]

    def role_words(self, world, hold):
        return [sys.executable, ROLE, "--endpoint", world.service.url, "--prefix", PREFIX,
                "--id", self.name, "--timeout", str(LOCK_TIMEOUT_S), "--attempts", "6",
                "--delay", "2", "--jitter", "2", "--", *hold]

    def over(self):
        return self.process.poll() is not None

    def signal(self, number):
        if not self.over():
            self.process.send_signal(number)

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()


class World:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.roles = not (options.no_roles or options.lag)
        self.folder = tempfile.mkdtemp(prefix="withlock-chaos-")
        self.record = os.path.join(self.folder, "record")
        self.withlocks = [os.path.join(build, "src/withlock")
                          for build in (options.build, options.beside) if build]
        self.service = Service(options.build, "--seed", str(options.seed))
        self.environment = environment(self.service.url)
        self.runs = []
        self.count = 0
        self.done = collections.Counter()
        self.failures = []
        self.next_fault = 0
        self.outage_until = None
        self.allowed = set()  # runs that may leave something, for a time

    # what is done

    def start(self):
        self.count += 1
        self.runs.append(Run(self, self.count))

    def change_faults(self):
        draw = self.random
        faults = {"latency_ms": draw.choice([0, 5, 20, 50]),
                  "latency_jitter_ms": draw.choice([0, 10, 30]),
                  "visibility_lag_ms": round(self.options.lag * 1000) or draw.choice([0, 100, 300]),
                  "clock_skew_ms": draw.choice([0, 20, 100]),
                  "error_rate": draw.choice([0, 0, 0.02, 0.1]),
                  "lost_response_rate": draw.choice([0, 0.02, 0.1]),
                  "drop_rate": draw.choice([0, 0.02, 0.05]),
                  "rate_limit": draw.choice([0, 0, 10]),
                  "outage": "none"}
        if draw.random() < 0.15:
            faults["outage"] = draw.choice(["refuse", "hang"])
            self.outage_until = time.monotonic() + draw.uniform(0.2, 2)
            self.done["outages"] += 1
        self.service.faults(**faults)
        self.done["changes of faults"] += 1
        self.next_fault = time.monotonic() + draw.uniform(0.5, 4)

    def disturb(self):
        running = [run for run in self.runs if not run.over() and run.stopped is None]
        if not running:
            return
        run = self.random.choice(running)
        act = self.random.choice(["kill", "kill", "term", "term", "term", "stop", "stop",
                                  "guardian", "both", "nothing", "nothing", "nothing"])
        if run.role:
            act = {"kill": "kill", "term": "term"}.get(act, "nothing")
        getattr(self, "do_" + act)(run)
        self.done[act] += 1

    def do_nothing(self, run):
        pass

    def do_kill(self, run):
        run.tags.add("killed")
        if run.role:
            self.allowed.add(run.name)
            for child in children(run.process.pid):  # the role has no guardian
                os.kill(child, signal.SIGKILL)
        run.signal(signal.SIGKILL)

    def do_term(self, run):
        run.tags.add("signalled")
        run.signal(self.random.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                                       signal.SIGQUIT]))

    def do_stop(self, run):
        run.tags.add("stopped")
        run.stopped = time.monotonic() + self.random.choice([0.1, 1, 3, LOCK_TIMEOUT_S + 6])
        run.signal(signal.SIGSTOP)

    def do_guardian(self, run):
        guardian = guardian_of(run.process.pid)
        if guardian:
            run.tags.add("guardian killed")
            os.kill(guardian, signal.SIGKILL)

    def do_both(self, run):
        """Then only T cleans up, and descendants in sessions of their own live on: not here."""
        guardian = guardian_of(run.process.pid)
        if guardian and run.way != "daemon":
            run.tags.add("both killed")
            self.allowed.add(run.name)
            run.signal(signal.SIGSTOP)
            os.kill(guardian, signal.SIGKILL)
            run.signal(signal.SIGKILL)

    def wake(self, everybody=False):
        for run in self.runs:
            if run.stopped is not None and (everybody or time.monotonic() >= run.stopped):
                run.signal(signal.SIGCONT)
                run.stopped = None

    # what is seen

    def collect(self):
        for run in [run for run in self.runs if run.over()]:
            self.runs.remove(run)
            self.done["role contenders" if run.role else "launchers"] += 1
            self.judge(run)

    def judge(self, run):
        text, status = run.stderr(), run.process.returncode
        if complains(text):
            self.failures.append(f"{run.name}: sanitizer report:\n{text}")
        if status == 74:
            self.done["lost"] += 1
            if not run.tags & {"stopped", "guardian killed"}:  # those are reasons enough
                self.failures.append(f"{run.name}: lost its lock: {text}")
        elif status == 71 and "guardian killed" in run.tags:
            self.done["found no guardian"] += 1  # it died before the command was started
        elif not run.role and status in (70, 71, 77, 78, 126, 127, -6, -11):
            self.failures.append(f"{run.name}: exit status {status}: {text}")
        self.done["got through"] += status in (0, 3)
        if "could not delete" in text:
            self.allowed.add(run.name)
            self.failures.append(f"{run.name}: {text}")
        run.errors.close()

    def storm(self):
        end = time.monotonic() + self.options.seconds
        while time.monotonic() < end:
            self.collect()
            self.wake()
            if len(self.runs) < self.options.processes:
                self.start()
            if time.monotonic() >= self.next_fault:
                self.change_faults()
            if self.outage_until and time.monotonic() >= self.outage_until:
                self.service.faults(outage="none")
                self.outage_until = None
            if self.random.random() < 0.04:
                self.disturb()
            time.sleep(0.03)

    def calm(self):
        """No more faults: everybody must get through, and nothing may be left in the end."""
        self.service.faults(
            latency_ms=0, latency_jitter_ms=0, visibility_lag_ms=0, clock_skew_ms=0, error_rate=0,
            lost_response_rate=0, drop_rate=0, rate_limit=0, outage="none")
        self.wake(everybody=True)
        end = time.monotonic() + SETTLE_DOWN_S
        while self.runs and time.monotonic() < end:
            self.collect()
            time.sleep(0.05)
        for run in self.runs:
            self.failures.append(f"{run.name}: still there after {SETTLE_DOWN_S} s (I5): "
                                 f"{' '.join(run.tags)} {run.stderr()}")
            run.signal(signal.SIGKILL)
        self.check_left()

    def check_left(self):
        """Guardians of killed launchers may still be at it; then only what is allowed is left."""
        end = time.monotonic() + 45
        left = self.left()
        while left and time.monotonic() < end:
            time.sleep(0.5)
            left = self.left()
        for name in left:
            self.failures.append(f"left behind (I4): {name}")

    def left(self):
        names = []
        for name in self.service.groups(PREFIX + "/"):
            if not any(name.endswith("#l" + run) or name == f"{PREFIX}/{run}"
                       for run in self.allowed):
                names.append(name)
        return names

    def check_overlap(self):
        holds = {}
        with open(self.record, encoding="ascii") as record:
            for line in record:
                word, name, moment = line.split()
                moment = int(moment)
                first, last = holds.get(name, (moment, moment))
                holds[name] = (min(first, moment), max(last, moment))
        ordered = sorted((first, last, name) for name, (first, last) in holds.items())
        for (_, last, name), (first, _, other) in zip(ordered, ordered[1:]):
            if first < last:
                self.failures.append(f"two at once (I1): {name} until {last}, {other} from "
                                     f"{first}, {last - first} ms")
        self.done["holds"] = len(ordered)
        span = ordered[-1][1] - ordered[0][0] if ordered else 0
        self.done["held ms"] = sum(last - first for first, last, _ in ordered)
        self.done["span ms"] = span

    def check_dead(self):
        for pid in filter(alive, naming(self.record)):
            self.failures.append(f"still alive: {pid}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--processes", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--beside", help="another build's folder: half of the launchers are of it")
    parser.add_argument("--lag", type=float, default=0, help="listings are late by up to so many s")
    parser.add_argument("--no-roles", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep the folder of records")
    options = parser.parse_args()
    world = World(options)
    print(f"chaos: seed {options.seed}, {options.processes} processes, {options.seconds:.0f} s, "
          f"records in {world.folder}", flush=True)
    try:
        world.storm()
        world.calm()
        world.check_overlap()
        world.check_dead()
    finally:
        for run in world.runs:
            run.signal(signal.SIGKILL)
        if not world.service.stop():
            world.failures.append("cwlogs-local did not end with 0")
    for what, count in sorted(world.done.items()):
        print(f"  {what}: {count}")
    for failure in world.failures:
        print(f"FAILED: {failure.strip()}")
    if not world.failures and not options.keep:
        shutil.rmtree(world.folder)
    print(f"chaos: {'ok' if not world.failures else f'{len(world.failures)} failures'}")
    return 1 if world.failures else 0


if __name__ == "__main__":
    sys.exit(main())
