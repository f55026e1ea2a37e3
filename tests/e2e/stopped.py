#!/usr/bin/env python3
"""A holder that is stopped for longer than its lease, with a rival waiting.

Usage: stopped.py --build DIR CASE

CASE: withlock, guardian, all (SIGSTOP of these; all: the command too), suspend (the machine: its
clock jumps). Whoever still runs ends the command; what is continued ends itself without touching
the rival's attempts; the rival keeps its lock.
"""

import argparse
import contextlib
import os
import shutil
import signal
import struct
import sys
import tempfile
import time

from world import Holder, Service, children, complains, environment, guardian_of, now_ms, until

LOCK_TIMEOUT_S = 15
FROZEN_MS = 1500  # a frozen command may live so long after it was continued, on a busy machine


class Contender(Holder):
    def __init__(self, world, name, seconds, suspended=False, way="stubborn"):
        program = "tests/tools/withlock-suspended" if suspended else "src/withlock"
        words = [os.path.join(world.build, program), "-p", "stopped/lock", "-l", name,
                 "-t", str(LOCK_TIMEOUT_S), "--role-timeout", str(LOCK_TIMEOUT_S), "-k", "2"]
        super().__init__(world.folder, name, words, seconds, way, world.environment)

    def tree(self):
        """withlock, guardian, command."""
        guardian = guardian_of(self.process.pid)
        return self.process.pid, guardian, children(guardian)[0]


class World:
    def __init__(self, build):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="withlock-stopped-")
        self.clock = os.path.join(self.folder, "clock")
        self.suspend(0)
        self.service = Service(build)
        self.environment = environment(self.service.url, TEST_CLOCK_FILE=self.clock)
        self.failures = []

    def suspend(self, seconds):
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "w+b") as file:
            file.write(struct.pack("=q", int(seconds * 1000)))

    def expect(self, condition, what):
        if not condition:
            self.failures.append(what)

    def expect_lost(self, holder):
        text = holder.stderr()
        self.expect(holder.process.returncode == 74 and "lost" in text,
                    f"the holder ended with {holder.process.returncode}: {text}")
        self.expect(not complains(text), text)

    def expect_served(self, rival):
        until(rival.over, "the end of the rival")
        self.expect(rival.process.returncode == 0,
                    f"the rival ended with {rival.process.returncode}: {rival.stderr()}")

    def stop_some(self, which):
        way = "plain" if which == "guardian" else "stubborn"
        holder = Contender(self, "holder", 600, way=way)
        until(holder.started, "the holder")
        rival = Contender(self, "rival", 4)
        until(lambda: any("#lrival" in name for name in self.service.groups()),
              "the rival's attempt")
        tree = holder.tree()
        victims = {"withlock": tree[:1], "guardian": tree[1:2], "all": tree}[which]
        for pid in victims:
            os.kill(pid, signal.SIGSTOP)
        if which == "guardian":  # the lease is renewed: nothing may happen, until it is continued
            time.sleep(LOCK_TIMEOUT_S + 3)  # longer than a lease, which is the case itself
            self.expect(not rival.started(), "the rival entered beside a renewed lock")
            os.kill(tree[1], signal.SIGCONT)
            holder.process.terminate()
            until(holder.over, "the end of the holder")
        else:
            until(rival.started, "the rival to enter")
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):  # those before it were quick
                    os.kill(pid, signal.SIGCONT)
            continued = now_ms()
            until(holder.over, "the end of the holder")
            self.expect_lost(holder)
        self.expect_served(rival)
        overlap = holder.times()[1] - rival.times()[0]
        if which == "all":
            self.expect(holder.times()[1] - continued < FROZEN_MS,
                        f"lived {holder.times()[1] - continued} ms after it was continued")
        else:
            self.expect(overlap <= 0, f"both commands alive for {overlap} ms")
        return f"the commands overlap by {overlap} ms"

    def suspend_holder(self):
        holder = Contender(self, "holder", 600, suspended=True)
        until(holder.started, "the holder")
        before = now_ms()
        self.suspend(3600)
        until(holder.over, "the end of the holder")
        self.expect_lost(holder)
        self.expect("stopped" in holder.stderr(), f"does not guess why: {holder.stderr()}")
        rival = Contender(self, "rival", 1)
        self.expect_served(rival)
        return f"the command ended {holder.times()[1] - before} ms after the jump"

    def close(self):
        self.expect(self.service.stop(), "cwlogs-local did not end with 0")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("case", choices=["withlock", "guardian", "all", "suspend"])
    options = parser.parse_args()
    world = World(options.build)
    try:
        if options.case == "suspend":
            said = world.suspend_holder()
        else:
            said = world.stop_some(options.case)
        until(lambda: not world.service.groups(),
              lambda: f"an empty service, but there is {world.service.groups()}")
    finally:
        world.close()
    for failure in world.failures:
        print(f"FAILED: {failure.strip()}")
    if not world.failures:
        shutil.rmtree(world.folder)
    print(f"{options.case}: {said}")
    return 1 if world.failures else 0


if __name__ == "__main__":
    sys.exit(main())
