#!/usr/bin/env python3
"""A table of failures: the n-th system call or allocation fails, n = 1, 2, 3, ..., until a whole run
meets no failure. No end may be worse than a clear one.

Usage: failing_calls.py --build DIR [--seed N] [--parallel N] [--step N] [--always] [NAME...]

NAME is SCENE[:ROLE[:KINDS[:N]]]: each n (or each STEP-th, where memory is concerned) of these, or
one, or with N- those from there on; --always: and all calls after it. `all` is everything. Without a name a sample is tried, drawn
with --seed. The program is not to be built with sanitizers: they have calls of their own.

Checked each time: the run ends; the command was dead before the lock was given back, and nothing it
started is alive; 71 only if nothing ran, and the command's own status only if it ended by itself;
one line of explanation; what is left in the service is named; no secret.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import itertools
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.error

from world import (Holder, Service, alive, environment, naming, standing, takes_preloaded,
                   text_of)

LOCK_TIMEOUT_S = 15
LIMIT_S = 120  # of a run: a lease, a release, and a busy machine
SECRET = "7he-5ecret-key"
KINDS = ("poll", "epoll", "read", "write", "send", "recv", "fork", "thread", "timer", "eventfd",
         "signalfd", "open", "pipe", "socket", "map", "prctl", "kill", "pidfd", "alloc", "clock")
USUAL = {"alloc": 1500, "poll": 20, "recv": 10, "send": 6, "clock": 40}  # of calls; others: 5

# What a run goes through; seconds: of its command; roles: whose calls fail.
Scene = collections.namedtuple("Scene", "own seconds roles")
SCENES = {
    "holding": Scene(3, 0.3, ("launcher", "guardian")),
    "renewing": Scene(3, 6.5, ("launcher", "guardian", "heartbeat")),
    "waiting": Scene(1, 0.3, ("launcher", "guardian")),
    "leaving": Scene(143, 0.3, ("launcher", "guardian")),
    "losing": Scene(74, 600, ("launcher", "guardian", "heartbeat")),
    "killed": Scene(-9, 600, ("guardian",)),
}
SAMPLED = 60  # points of the sample
SKIPPED = 77  # an exit status, to meson
# And in each sample: the heartbeat's thread, and the waits before and while the command runs.
SAMPLED_ALWAYS = [("thread", 1), *(("poll", n) for n in range(14, 30))]
BATCH = 16  # points between looks whether any was met


class Point(collections.namedtuple("Point", "scene role kind n always")):
    def __str__(self):
        return ":".join([*map(str, self[:4])] + ["always"] * self.always)


class Trial(Holder):
    """One run in which one call fails."""

    def __init__(self, world, number, point):
        self.world, self.point, self.scene = world, point, SCENES[point.scene]
        self.prefix = f"failing/n{number}"
        self.notes = os.path.join(world.folder, f"notes-{number}")
        words = [os.path.join(world.build, "src/withlock"), "-p", self.prefix, "-k", "1",
                 "-t", str(LOCK_TIMEOUT_S), "--role-timeout", str(LOCK_TIMEOUT_S),
                 "--settle", "0", "--release-timeout", "5"]
        if point.scene in ("waiting", "leaving"):
            self.rival = f"{self.prefix}/rival#t{LOCK_TIMEOUT_S}#g1#q1#h"
            world.service.call("CreateLogGroup", {"logGroupName": self.rival})
            words += ["-w", "1.2" if point.scene == "waiting" else "10"]
        surroundings = environment(
            world.service.url, LD_PRELOAD=os.path.join(world.build, "tests/tools/fail-calls.so"),
            FAIL_CALLS=f"{point.kind}:{point.role}:{point.n}" + ":always" * point.always,
            FAIL_CALLS_NOTES=self.notes)
        surroundings["AWS_SECRET_ACCESS_KEY"] = SECRET
        # a shell says sooner than python that it has begun
        self.begun = os.path.join(world.folder, f"begun-{number}")
        words += ["--", "sh", "-c", 'echo >"$0"; shift; exec "$@"', self.begun]
        way = "stubborn" if point.scene in ("losing", "killed") else "fails"
        super().__init__(world.folder, f"n{number}", words, self.scene.seconds, way, surroundings,
                         beat_s=0.02)

    def groups(self):
        return [name for name in self.world.service.groups(self.prefix + "/")
                if name != getattr(self, "rival", None)]

    def provoke(self):
        """Does what the scene is about, once the run is there."""
        what = self.point.scene
        if what == "leaving":
            if self.soon(lambda: self.groups() or self.over()) and not self.over():
                self.process.send_signal(signal.SIGTERM)
        elif what in ("losing", "killed"):
            if self.soon(lambda: self.started() or self.over()) and not self.over():
                if what == "killed":
                    self.process.kill()
                while what == "losing" and not self.over() and self.time_left():
                    for name in self.groups():
                        self.world.delete(name)
                    time.sleep(0.1)

    def time_left(self):
        return time.monotonic() < self.deadline

    def soon(self, condition):
        while self.time_left():
            if value := condition():
                return value
            time.sleep(0.02)
        return None

    def rest(self):
        """Everything of this run that is alive."""
        return [pid for pid in naming(self.record) if alive(pid)]

    def go(self):
        self.deadline = time.monotonic() + LIMIT_S
        faults = []
        try:
            self.provoke()
            if not self.soon(self.over):
                faults.append("does not end")
            elif not self.soon(lambda: not self.rest()):
                faults.append(f"still alive: {self.rest()}")
        finally:
            for pid in self.rest():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
        self.met = "met" in text_of(self.notes)
        return faults + self.judge()

    def judge(self):
        status, text = self.process.returncode, self.stderr()
        record, begun = text_of(self.record), os.path.exists(self.begun)
        ended = "stop" in record
        # a signal that cannot be read is not heard; then the wait is over when its time is
        own = status == self.scene.own or (self.point[0], self.point[2], status) == (
            "leaving", "read", 1)
        faults = []
        if self.point.scene != "losing" and record and not standing(
                self.world.log(self.prefix), self.prefix, self.times()[1]):
            faults.append("the command was alive when the lock had been given back")
        if not own and (status < 0 or status in (0, 1, 3, 143)):
            faults.append(f"exit status {status}")
        if status == 71 and begun:
            faults.append("71, but the command has begun")
        if status == 3 and not ended:
            faults.append("the command's status, but it did not end by itself")
        if not own and status not in (71, 74) and begun:
            faults.append(f"exit status {status}, but the command has begun")
        if SECRET in text:
            faults.append("the secret key is shown")
        return faults + self.judge_lines(status, text) + self.judge_rest(text)

    def judge_lines(self, status, text):
        lines = text.splitlines()
        errors = [line for line in lines if not any(
            word in line for word in ("warning:", "waiting for lock", "could not delete"))]
        if any(not line.startswith("withlock: ") for line in lines):
            return [f"odd words: {text}"]
        silent = "errors" in text_of(self.notes) or self.point.scene == "killed"
        wanted = 0 if status in (3, 143) else 1
        if silent or len(errors) == wanted:
            return []
        return [f"{len(errors)} lines, not {wanted}"]

    def judge_rest(self, text):
        left = self.groups()
        if (not left or any(name.split("#")[0] in text for name in left) or
                "errors" in text_of(self.notes)):
            return []
        return [f"left and not named: {left}"]


class World:
    def __init__(self, options):
        self.build = os.path.abspath(options.build)
        self.folder = tempfile.mkdtemp(prefix="withlock-failing-")
        self.service = Service(self.build)
        self.numbers = itertools.count(1)
        self.pool = concurrent.futures.ThreadPoolExecutor(options.parallel)
        self.tried = self.met = 0
        self.failures = []
        self.reading = threading.Lock()
        self.read_to = 0  # of the service's log
        self.entries = collections.defaultdict(list)  # of it, by lock

    def log(self, prefix):
        """What was done to the log groups of a lock; each entry is fetched but once."""
        with self.reading:
            for entry in self.service.ask(f"/_log?after={self.read_to}"):
                self.read_to = entry["sequence"]
                self.entries["/".join(entry.get("logGroupName", "").split("/")[:2])].append(entry)
            return self.entries.pop(prefix, [])

    def delete(self, name):
        with contextlib.suppress(urllib.error.HTTPError):  # its owner was quicker
            self.service.call("DeleteLogGroup", {"logGroupName": name})

    def try_point(self, point):
        trial = Trial(self, next(self.numbers), point)
        faults = trial.go()
        self.tried += 1
        self.met += trial.met
        for fault in faults:
            self.failures.append(f"{point}: {fault}; status {trial.process.returncode}; "
                                 f"{trial.stderr().strip()[:300]!r}")
            print(f"FAILED: {self.failures[-1]}", flush=True)
        return trial.met

    def sweep(self, scene, role, kind, always, step, begin):
        """n = 1, 2, 3, ... until none of several runs meets a failure."""
        before = self.tried, self.met
        for first in itertools.count(begin, BATCH * step):
            points = [Point(scene, role, kind, n, always)
                      for n in range(first, first + BATCH * step, step)]
            if not any(self.pool.map(self.try_point, points)):
                break
        print(f"{scene}:{role}:{kind}: {self.met - before[1]} of {self.tried - before[0]} met",
              flush=True)

    def sample(self, seed):
        draw = random.Random(seed)
        points = [Point("holding", "launcher", kind, n, False) for kind, n in SAMPLED_ALWAYS]
        for _ in range(SAMPLED):
            name, scene = draw.choice(list(SCENES.items()))
            kind = draw.choice(KINDS)
            points.append(Point(name, draw.choice(scene.roles), kind,
                                draw.randint(1, USUAL.get(kind, 5)),
                                kind != "clock" and draw.random() < 0.3))
        list(self.pool.map(self.try_point, points))

    def close(self):
        self.pool.shutdown()
        self.service.stop()
        shutil.rmtree(self.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--step", type=int, default=1, help="of allocations")
    parser.add_argument("--always", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    if not takes_preloaded(os.path.join(options.build, "src/withlock")):
        print("skipped: withlock is linked statically")
        return SKIPPED
    names = list(SCENES) if options.names == ["all"] else options.names
    world = World(options)
    begin = time.monotonic()
    try:
        if not names:
            world.sample(options.seed)
        for name in names:
            scene, role, kinds, number = (name.split(":") + [None] * 3)[:4]
            if number and not number.endswith("-"):
                world.try_point(Point(scene, role, kinds, int(number), options.always))
                continue
            for role in [role] if role else SCENES[scene].roles:
                for kind in kinds.split(",") if kinds else KINDS:
                    world.sweep(scene, role, kind, options.always,
                                options.step if kind == "alloc" else 1,
                                int(number.rstrip("-")) if number else 1)
    finally:
        world.close()
    print(f"failing calls: {world.tried} runs, {world.met} met a failure, "
          f"{len(world.failures)} faults, {time.monotonic() - begin:.0f} s")
    return 1 if world.failures else 0


if __name__ == "__main__":
    sys.exit(main())
