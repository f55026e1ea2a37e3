#!/usr/bin/env python3
"""kill -9 of withlock at random moments: the command and all that it started end, nothing is left
in the service, no zombie stays.

Usage: killed.py --build DIR [--runs N] [--parallel N] [--seed N]

The moments are drawn over the whole life of a run: before the first call, waiting, between fork
and exec, running, releasing. Each must be cleared within 2 s and --kill-after, which the figures
at the end compare with; it is failed only after LIMIT_S, for a machine may be busy.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
HOLD = os.path.join(HERE, "..", "chaos", "hold.py")
WAYS = ("plain", "stubborn", "daemon", "short")
SETTLE_S = 0.2
KILL_AFTER_S = 1
LIMIT_S = 40


def processes_of(mark):
    """Whoever names the mark in its arguments, zombies apart (they have none)."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                if mark.encode() in file.read():
                    found.append(int(entry))
        except OSError:
            pass
    return found


class World:
    def __init__(self, options):
        self.build, self.random = options.build, random.Random(options.seed)
        self.folder = tempfile.mkdtemp(prefix="withlock-killed-")
        path = os.path.join(self.build, "src/cwlogs-local/cwlogs-local")
        self.service = subprocess.Popen([path, "--listen", "127.0.0.1:0", "--latency-ms", "5"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.service.stdout.readline().split()[-1]
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("AWS_", "WITHLOCK_"))}
        self.environment.update(
            AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="eu-central-1",
            AWS_EC2_METADATA_DISABLED="true", AWS_ENDPOINT_URL=self.url,
            AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
        self.mutex = threading.Lock()
        self.left = options.runs
        self.number = 0
        self.ended = self.running = 0
        self.command_s, self.group_s, self.failures = [], [], []

    def groups(self, prefix):
        with urllib.request.urlopen(self.url + "/_groups", timeout=30) as answer:
            return [group["logGroupName"] for group in json.loads(answer.read())
                    if group["logGroupName"].startswith(prefix + "/")]

    def next(self):
        with self.mutex:
            if self.left == 0:
                return None
            self.left -= 1
            self.number += 1
            return self.number, self.random.uniform(0, 1.2), self.random.choice(WAYS)

    def one(self, number, moment_s, way):
        prefix, record = f"killed/n{number}", os.path.join(self.folder, f"record-n{number}-")
        seconds = "0.1" if way == "short" else "60"
        words = [os.path.join(self.build, "src/withlock"), "-p", prefix, "-t", "60",
                 "--settle", str(SETTLE_S), "-k", str(KILL_AFTER_S), "--", sys.executable, HOLD,
                 record, "x", seconds, "plain" if way == "short" else way]
        with open(record + "errors", "wb") as errors:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=errors,
                                       env=self.environment, start_new_session=True)
        time.sleep(moment_s)
        with self.mutex:
            self.running += os.path.exists(record)
            self.ended += process.poll() is not None
        process.send_signal(signal.SIGKILL)
        begin = time.monotonic()
        process.wait()
        command_s = group_s = None
        while time.monotonic() - begin < LIMIT_S:
            now_s = time.monotonic() - begin
            if command_s is None and not any(HOLD in open_line(pid) for pid in
                                             processes_of(record)):
                command_s = now_s
            if group_s is None and command_s is not None and not self.groups(prefix) and \
                    not processes_of(record):
                group_s = now_s
                break
            time.sleep(0.05)
        with open(record + "errors", encoding="utf-8", errors="replace") as errors:
            text = errors.read()
        with self.mutex:
            if command_s is None:
                self.failures.append(f"n{number} ({way}, {moment_s:.3f} s): alive: "
                                     f"{processes_of(record)}")
            elif group_s is None:
                self.failures.append(f"n{number} ({way}, {moment_s:.3f} s): left: "
                                     f"{self.groups(prefix)} {processes_of(record)} {text}")
            else:
                self.command_s.append(command_s)
                self.group_s.append(group_s)
            if "Sanitizer" in text or "runtime error" in text:
                self.failures.append(f"n{number}: {text}")

    def work(self):
        while (drawn := self.next()) is not None:
            self.one(*drawn)

    def zombies(self):
        found = []
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    words = stat.read()
            except OSError:
                continue
            state, parent, _, session = words.rpartition(")")[2].split()[:4]
            if "(withlock" in words and state == "Z" and session == str(os.getsid(0)):
                if parent != "1":  # init reaps when it likes
                    found.append(words.split()[0])
        return found


def open_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().decode(errors="replace").split("\0")
    except OSError:
        return ""
    return "" if "withlock" in os.path.basename(words[0]) else " ".join(words)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
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
    world.service.terminate()
    world.service.wait(timeout=20)
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
