#!/usr/bin/env python3
"""Real withlocks where listings are late: who enters, when, for how many calls, and never two.

Usage: late.py --build DIR [CASE...]

Without a CASE all are played, side by side: some six minutes, and hardly any CPU. Each has a
service of its own, of 20 ms of latency, whose listings show what was made and deleted so late.
A case that fails its bound is named, and the exit status is 1.
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
import threading
import time
import urllib.error

from world import Service, children, environment, guardian_of, now_ms, text_of, until

LATENCY_MS = 20
LIMIT_S = 600
COMMAND = "cat /proc/uptime; sleep $0; cat /proc/uptime"  # uptime is CLOCK_BOOTTIME, as now_ms()
EXPIRY_S = 5  # after T, for clocks that differ
LOOKS_S = 20  # between looks, up to 5 s each, of who waits for a dead run
WATCH_S = 3  # D, that no claim may be in sight of one who removes a dead run's mutex
FEWEST_LAG = 0.7  # of the lag, where it is not always the same


class Run:
    """One withlock, and when its command began and ended."""

    def __init__(self, world, name, hold_s, *options):
        self.path = os.path.join(world.folder, name)
        words = [world.withlock, "-p", "late/lock", "-l", name, *options, "--", "sh", "-c", COMMAND,
                 str(hold_s)]
        self.began_ms = now_ms()
        with open(self.path, "wb") as out, open(self.path + ".err", "wb") as err:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=world.environment, start_new_session=True)

    def moments_ms(self):
        return [round(float(line.split()[0]) * 1000) for line in text_of(self.path).splitlines()]

    def started(self):
        return len(self.moments_ms()) > 0

    def over(self):
        return self.process.poll() is not None

    def wait(self):
        """Its exit status."""
        until(self.over, lambda: f"{self.path}: {text_of(self.path + '.err')}", LIMIT_S)
        return self.process.returncode

    def kill_all(self):
        """Withlock, guardian and command at once, as when the power fails."""
        guardian = guardian_of(self.process.pid)
        commands = children(guardian)
        for pid in (self.process.pid, guardian, *commands):
            os.kill(pid, signal.SIGSTOP)
        for pid in (self.process.pid, guardian, *commands):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


class World:
    def __init__(self, build, lag_s, always=True):
        self.folder = tempfile.mkdtemp(prefix="withlock-late-")
        self.withlock = os.path.join(build, "src/withlock")
        least_s = lag_s if always else lag_s * FEWEST_LAG
        self.service = Service(build, "--latency-ms", str(LATENCY_MS), "--visibility-lag-ms",
                               str(round(lag_s * 1000)), "--visibility-lag-min-ms",
                               str(round(least_s * 1000)))
        self.environment = environment(self.service.url)
        self.found, self.failed = collections.OrderedDict(), []

    def note(self, what, value, most=None, least=None):
        self.found[what] = value
        if (most is not None and value > most) or (least is not None and value < least):
            bound = f"at most {most}" if most is not None else f"at least {least}"
            self.failed.append(f"{what}: {value}, not {bound}")

    def wait_for(self, runs):
        """To their ends, which must be good; when their commands began and ended, in order."""
        for run in runs:
            if run.wait() != 0:
                self.failed.append(f"status {run.process.returncode}: {text_of(run.path + '.err')}")
        self.note("entered", sum(run.started() for run in runs), least=len(runs))
        holds = sorted(tuple(run.moments_ms()) for run in runs if run.started())
        self.note("overlaps", sum(one[-1] > other[0] for one, other in zip(holds, holds[1:])), 0)
        return holds

    def end(self):
        left = self.service.groups("late/")
        if left:
            self.failed.append(f"left behind: {left}")
        if not self.service.stop():
            self.failed.append("cwlogs-local did not end with 0")
        shutil.rmtree(self.folder)


def alone(build, lag_s, within_s, *options):
    world = World(build, lag_s)
    run = Run(world, "alone", 0.1, *options)
    world.note("status", run.wait(), 0)
    world.note("entered after s", (run.moments_ms()[0] - run.began_ms) / 1000, within_s)
    world.note("calls", len(world.service.log()), 16 + 2 * lag_s)
    return world


def hold(build, lag_s, timeout_s):
    """For ten times the lock's timeout."""
    world = World(build, lag_s)
    run = Run(world, "holds", 10 * timeout_s, "-t", str(timeout_s), "-k", "2")
    world.note("status", run.wait(), 0)
    first_ms, last_ms = run.moments_ms()
    world.note("held for s", (last_ms - first_ms) / 1000)
    world.note("calls", len(world.service.log()))
    return world


def crowd(build, lag_s, count):
    """All come at once, and hold for a second."""
    world = World(build, lag_s, always=False)
    runs = [Run(world, f"r{i}", 1, "-t", "60") for i in range(count)]
    holds = world.wait_for(runs)
    world.note("all over after s", (holds[-1][1] - runs[0].began_ms) / 1000)
    world.note("calls an entry", round(len(world.service.log()) / count, 1), 30 + 5 * lag_s)
    return world


def killed(build, lag_s, timeout_s):
    """Nobody is left to give the lock back: whoever waits enters when its lease is over."""
    world = World(build, lag_s)
    options = ("-t", str(timeout_s), "-k", "2")
    dead = Run(world, "dead", 600, *options)
    until(dead.started, "the first enters", LIMIT_S)
    heir = Run(world, "heir", 0.1, *options)
    time.sleep(1)
    dead.kill_all()
    world.note("status", heir.wait(), 0)
    claims = [entry["mono_ms"] for entry in world.service.log()
              if entry["operation"] == "CreateLogGroup" and "#ldead" in entry["logGroupName"]]
    world.note("entered after the last renewal, s", (heir.moments_ms()[0] - max(claims)) / 1000,
               timeout_s + EXPIRY_S + timeout_s / 15 + WATCH_S + LOOKS_S + 3 * lag_s)
    world.note("T later at least, s", world.found["entered after the last renewal, s"],
               least=timeout_s)
    return world


ODD = ("#h", "#h0", "#h#k999999999999990", "#k9223372036854775807", "#g4294967295#h", "#g4294967295",
       "#g99999999999999999999", "#g-1", "#q0#h", "#q-1", "#q9223372036854775807", "#n0#h", "#s#n2#h",
       "#u#h", "##", "#", "#h#m4294967295", "#lwho#h", "#x")
SHARED = ("#mutex.1", "#mutex.0", "#mutex#t15#h", "#break.2", "#break", "#", "##mutex", "-", "x#t#h",
          "0#t15x#h", "other/x#t15#h", "other/#mutex")


class Adversary(threading.Thread):
    """Makes names out of the edges of the grammar, under the IDs of those who contend, too."""

    def __init__(self, world, seconds):
        super().__init__()
        self.world, self.end_s = world, time.monotonic() + seconds
        self.made, self.random = {}, random.Random(1)
        self.start()

    def draw(self):
        names = self.world.service.groups("late/lock/")
        name = self.random.choice(names) if names else "late/lock/nobody#t15"
        if self.random.random() < 0.2:
            return "late/lock/" + self.random.choice(SHARED)
        run = name.partition("#")[0] if self.random.random() < 0.7 else name
        return f"{run}{'#t15' if '#t' not in run else ''}{self.random.choice(ODD)}"

    def run(self):
        while time.monotonic() < self.end_s:
            name = self.draw()
            try:
                self.world.service.ask("/_groups", {"logGroupName": name})
                self.made.setdefault(name, now_ms())
            except urllib.error.HTTPError:
                pass  # it is there already, or no name
            time.sleep(0.1)


def adversary(build, seconds):
    """Somebody who may make names, and nothing else, delays as a living contender could."""
    timeout_s, count = 15, 4
    world = World(build, 0)
    options = ("-t", str(timeout_s), "-k", "2", "--role-timeout", str(timeout_s))
    holder = Run(world, "holder", seconds, *options)
    until(holder.started, "the first enters", LIMIT_S)
    runs = [holder, *(Run(world, f"r{i}", 1, *options) for i in range(count))]
    evil = Adversary(world, seconds)
    evil.join()
    stopped_ms = now_ms()
    world.note("names made", len(evil.made), least=seconds)
    holds = world.wait_for(runs)
    world.note("first entered after it, s", (holds[min(1, len(holds) - 1)][0] - stopped_ms) / 1000,
               timeout_s + EXPIRY_S + timeout_s / 15 + WATCH_S + LOOKS_S)
    world.note("calls a second", round(len(world.service.log()) * 1000 /
                                       (holds[-1][1] - holds[0][0]), 1), 10)
    early = [entry for entry in world.service.log() if entry["operation"] == "DeleteLogGroup" and
             entry["applied"] and entry["mono_ms"] <
             evil.made.get(entry["logGroupName"], -2**62) + timeout_s * 1000]
    world.note("deleted of its, while they counted", len(early), 0)
    for name in evil.made:
        try:
            world.service.call("DeleteLogGroup", {"logGroupName": name})
        except urllib.error.HTTPError:
            pass
    return world


CASES = {"adversary": (adversary, 30)} | {f"alone {lag_s} s": (alone, lag_s, lag_s + 6) for lag_s in (2, 5, 12, 30)}
CASES["alone 3 s, settle 0"] = (alone, 3, 0.3, "--settle", "0")
CASES |= {f"hold {timeout_s} T, 10 s": (hold, 10, timeout_s) for timeout_s in (15, 30)}
CASES |= {f"crowd {count}, {lag_s} s": (crowd, lag_s, count)
          for count in (6, 20) for lag_s in (1.5, 6, 15)}
CASES |= {f"killed {lag_s} s": (killed, lag_s, 15) for lag_s in (0, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("cases", nargs="*", metavar="CASE", default=list(CASES))
    options = parser.parse_args()
    worlds = {}

    def play(name):
        case, *arguments = CASES[name]
        worlds[name] = case(options.build, *arguments)
        worlds[name].end()

    threads = [threading.Thread(target=play, args=(name,)) for name in options.cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [f"{name}: did not end" for name in options.cases if name not in worlds]
    for name, world in sorted(worlds.items()):
        print(f"{name}: " + ", ".join(f"{what} {value}" for what, value in world.found.items()))
        failed += [f"{name}: {words}" for words in world.failed]
    for words in failed:
        print("FAILED:", words)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
