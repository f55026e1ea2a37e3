#!/usr/bin/env python3
"""The command that chaos runs hold the lock for: writes down when it was alive.

Usage: hold.py RECORD ID SECONDS WAY [BEAT-S]

Appends 'start ID MS', 'beat ID MS' every BEAT-S (0.005), and 'stop ID MS', times of
CLOCK_BOOTTIME. A process that was killed has no stop; its last beat tells how long it lived.
WAY is one of: plain; stubborn, which ignores TERM; daemon, which leaves the work to a child that
has left group and session; fails, which exits with 3.
"""

import os
import signal
import sys
import time


def now_ms():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def hold(record, name, seconds, beat_s):
    def note(word):
        os.write(record, f"{word} {name} {now_ms()}\n".encode())

    end = time.monotonic() + seconds
    note("start")
    while time.monotonic() < end:
        time.sleep(beat_s)
        note("beat")
    note("stop")


def main():
    path, name, seconds, way = sys.argv[1:5]
    seconds, beat_s = float(seconds), float(sys.argv[5]) if len(sys.argv) > 5 else 0.005
    record = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    if way in ("stubborn", "daemon"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if way == "daemon":  # or it would leave its child behind, which withlock then leaves alone
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
    if way == "daemon":
        child = os.fork()
        if child == 0:
            os.setsid()
            if os.fork() == 0:
                hold(record, name, seconds, beat_s)
                os._exit(0)
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(seconds + 0.5)  # the command's end is the lock's end
    else:
        hold(record, name, seconds, beat_s)
    return 3 if way == "fails" else 0


if __name__ == "__main__":
    sys.exit(main())
