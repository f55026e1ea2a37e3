#!/usr/bin/env python3
"""A holder that is stopped for longer than its lease, with a rival waiting.

Usage: stopped.py --build DIR CASE

CASE: withlock, guardian, all (SIGSTOP of these; all: the command too), suspend (the machine: its
clock jumps). Whoever still runs ends the command; what is continued ends itself without touching
the rival's attempts; the rival keeps its lock.
"""

import argparse
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
HOLD = os.path.join(HERE, "..", "chaos", "hold.py")
LOCK_TIMEOUT_S = 15
WAIT_S = 120
FROZEN_MS = 1500  # a frozen command may live so long after it was continued, on a busy machine


def now_ms():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def until(condition, what):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise SystemExit(f"stopped: waited in vain for {what}")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


class Contender:
    def __init__(self, world, name, seconds, suspended=False, way="stubborn"):
        self.name = name
        self.record = os.path.join(world.folder, "record-" + name)
        self.errors = os.path.join(world.folder, "errors-" + name)
        program = "tests/tools/withlock-suspended" if suspended else "src/withlock"
        words = [os.path.join(world.build, program), "-p", "stopped/lock", "-l", name,
                 "-t", str(LOCK_TIMEOUT_S), "--role-timeout", str(LOCK_TIMEOUT_S), "-k", "2", "--",
                 sys.executable, HOLD, self.record, name, str(seconds), way]
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=errors,
                                            env=world.environment, start_new_session=True)

    def started(self):
        return os.path.exists(self.record) and os.path.getsize(self.record) > 0

    def times(self):
        with open(self.record, encoding="ascii") as record:
            moments = [int(line.split()[2]) for line in record]
        return min(moments), max(moments)

    def over(self):
        return self.process.poll() is not None

    def stderr(self):
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            return errors.read()

    def tree(self):
        """withlock, guardian, command."""
        guardian = next(pid for pid in children(self.process.pid)
                        if "withlock" in os.readlink(f"/proc/{pid}/exe"))
        return self.process.pid, guardian, children(guardian)[0]


class World:
    def __init__(self, build):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="withlock-stopped-")
        self.clock = os.path.join(self.folder, "clock")
        self.suspend(0)
        path = os.path.join(build, "src/cwlogs-local/cwlogs-local")
        self.service = subprocess.Popen([path, "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.service.stdout.readline().split()[-1]
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("AWS_", "WITHLOCK_"))}
        self.environment.update(
            AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="eu-central-1",
            AWS_EC2_METADATA_DISABLED="true", AWS_ENDPOINT_URL=self.url,
            AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
            TEST_CLOCK_FILE=self.clock)
        self.failures = []

    def suspend(self, seconds):
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "w+b") as file:
            file.write(struct.pack("=q", int(seconds * 1000)))

    def groups(self):
        with urllib.request.urlopen(self.url + "/_groups", timeout=30) as answer:
            return [group["logGroupName"] for group in json.loads(answer.read())]

    def expect(self, condition, what):
        if not condition:
            self.failures.append(what)

    def expect_lost(self, holder):
        text = holder.stderr()
        self.expect(holder.process.returncode == 74 and "lost" in text,
                    f"the holder ended with {holder.process.returncode}: {text}")
        self.expect("Sanitizer" not in text, text)

    def expect_served(self, rival):
        until(rival.over, "the end of the rival")
        self.expect(rival.process.returncode == 0,
                    f"the rival ended with {rival.process.returncode}: {rival.stderr()}")

    def stop_some(self, which):
        way = "plain" if which == "guardian" else "stubborn"
        holder = Contender(self, "holder", 600, way=way)
        until(holder.started, "the holder")
        rival = Contender(self, "rival", 4)
        until(lambda: any("#lrival" in name for name in self.groups()), "the rival's attempt")
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
        self.service.terminate()
        self.expect(self.service.wait(timeout=20) == 0, "cwlogs-local did not end with 0")


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
        until(lambda: not world.groups(), f"an empty service, but there is {world.groups()}")
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
