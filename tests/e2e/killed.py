#!/usr/bin/env python3
"""kill -9 of withlock at random moments: the command and all that it started end, nothing is left
in the service, no zombie stays.

Usage: killed.py --build DIR [--runs N] [--parallel N] [--seed N] [--settle S] [--lag MS]

The moments are drawn over the whole life of a run: before the first call, waiting, between fork
and exec, running, releasing. Each must be cleared within 2 s and --kill-after, which the figures
at the end compare with; it is failed only after LIMIT_S, for a machine may be busy.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

from world import (HOLD, Holder, Service, arguments, complains, environment, naming, pids, standing,
                   text_of)

WAYS = ("plain", "stubborn", "daemon", "short")
KILL_AFTER_S = 1
LIMIT_S = 120


class World:
    def __init__(self, options):
        self.build, self.random = options.build, random.Random(options.seed)
        self.settle_s = options.settle
        self.folder = tempfile.mkdtemp(prefix="withlock-killed-")
        self.service = Service(self.build, "--latency-ms", "5", "--visibility-lag-ms",
                               str(options.lag))
        self.environment = environment(self.service.url)
        self.mutex = threading.Lock()
        self.left = options.runs
        self.number = 0
        self.ended = self.running = 0
        self.sessions = set()
        self.command_s, self.group_s, self.ends, self.failures = [], [], [], []

    def next(self):
        with self.mutex:
            if self.left == 0:
                return None
            self.left -= 1
            self.number += 1
            return self.number, self.random.uniform(0, 1.2), self.random.choice(WAYS)

    def one(self, number, moment_s, way):
        prefix = f"killed/n{number}"
        words = [os.path.join(self.build, "src/withlock"), "-p", prefix, "-t", "60",
                 "--settle", str(self.settle_s), "-k", str(KILL_AFTER_S)]
        run = Holder(self.folder, f"n{number}", words, 0.1 if way == "short" else 60,
                     "plain" if way == "short" else way, self.environment)
        record, process = run.record, run.process
        time.sleep(moment_s)
        with self.mutex:
            self.sessions.add(str(process.pid))
            self.running += run.started()
            self.ended += run.over()
        process.send_signal(signal.SIGKILL)
        begin = time.monotonic()
        process.wait()
        command_s = group_s = None
        while time.monotonic() - begin < LIMIT_S:
            now_s = time.monotonic() - begin
            if command_s is None and not commands_of(record):
                command_s = now_s
            if group_s is None and command_s is not None and not naming(record) and \
                    not self.service.groups(prefix + "/"):
                group_s = now_s
                break
            time.sleep(0.05)
        text = run.stderr()
        with self.mutex:
            if command_s is None:
                self.failures.append(f"n{number} ({way}, {moment_s:.3f} s): alive: "
                                     f"{naming(record)}")
            elif group_s is None:
                self.failures.append(f"n{number} ({way}, {moment_s:.3f} s): left: "
                                     f"{self.service.groups(prefix + '/')} {naming(record)} {text}")
            else:
                self.command_s.append(command_s)
                self.group_s.append(group_s)
                if run.started():
                    self.ends.append((prefix, run.times()[1]))
            if complains(text):
                self.failures.append(f"n{number}: {text}")

    def work(self):
        while (drawn := self.next()) is not None:
            self.one(*drawn)

    def judge_order(self):
        """The command ends, and then the lock is given back."""
        log = self.service.log()
        for prefix, last_ms in self.ends:
            if not standing(log, prefix, last_ms):
                self.failures.append(f"{prefix}: alive when its lock had been given back")

    def zombies(self):
        """Of all our runs; what belongs to init is reaped when init likes."""
        found = []
        for words in (text_of(f"/proc/{pid}/stat").rpartition(")")[2].split() for pid in pids()):
            if words and words[0] == "Z" and words[1] != "1" and words[3] in self.sessions:
                found.append(words)
        return found


def commands_of(record):
    """Of the processes of a run those that are not withlock's own."""
    return [pid for pid in naming(record)
            if HOLD in arguments(pid) and "withlock" not in os.path.basename(arguments(pid)[0])]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settle", type=float, default=0.2)
    parser.add_argument("--lag", type=int, default=0, help="of listings, at most")
    options = parser.parse_args()
    world = World(options)
    threads = [threading.Thread(target=world.work) for _ in range(options.parallel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + LIMIT_S
    while (zombies := world.zombies()) and time.monotonic() < deadline:
        time.sleep(0.05)
    if zombies:
        world.failures.append(f"zombies: {zombies}")
    world.judge_order()
    world.service.stop()
    shutil.rmtree(world.folder)
    for failure in world.failures:
        print(f"FAILED: {failure.strip()}")
    late = sum(seconds > 2 + KILL_AFTER_S for seconds in world.command_s)
    print(f"killed: {options.runs} runs, {world.running} with the command running, {world.ended} "
          f"already over; command gone after at most {max(world.command_s):.2f} s ({late} later "
          f"than {2 + KILL_AFTER_S} s), nothing left after at most {max(world.group_s):.2f} s; "
          f"{len(world.failures)} failures")
    return 1 if world.failures else 0


if __name__ == "__main__":
    sys.exit(main())
