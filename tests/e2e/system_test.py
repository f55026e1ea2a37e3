#!/usr/bin/env python3
"""When the system fails us: who is stopped, what is missing, what cannot be written to. Each case
ends clearly: the command dead, or never begun; then the lock given back; one line that says why."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
import unittest

from world import LIMIT_S, Service, alive, environment, guardian_of, read, text_of, until

BUILD = os.environ["WITHLOCK_BUILD"]
WITHLOCK = os.path.join(BUILD, "src/withlock")
FAIL_CALLS = os.path.join(BUILD, "tests/tools/fail-calls.so")
RIVAL = "jobs/another#t900#g1#q1#h"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.service = Service(BUILD)
        self.addCleanup(self.service.stop)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, *words, stderr=None, fails=None, prefix="jobs"):
        """withlock with these words; its standard error goes to the file `errors`."""
        surroundings = environment(self.service.url, FOLDER=self.folder.name)
        if fails:
            surroundings.update(LD_PRELOAD=FAIL_CALLS, FAIL_CALLS=fails,
                                FAIL_CALLS_NOTES=self.path("notes"))
        with open(self.path("errors"), "ab") as errors:
            process = subprocess.Popen([WITHLOCK, "-p", prefix, "--settle", "0", *words],
                                       env=surroundings, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=stderr or errors,
                                       start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def errors(self):
        return text_of(self.path("errors"))

    def number(self, name):
        """Waits for a file that the command writes, and returns the number in it."""
        return int(until(lambda: read(self.path(name)).strip(), f"file '{name}'"))


class StandardError(Case):
    def full_pipe(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        filling = os.open(f"/proc/self/fd/{writing}", os.O_WRONLY | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(filling, bytes(4096))
        os.close(filling)
        return writing

    def test_one_that_takes_nothing_costs_nobody_the_lock(self):
        """It had room when asked and has none when written to, while the lock is renewed twice."""
        runs = [self.start("-vv", "-t", "15", "sh", "-c", "sleep 12; exit 3", prefix=role,
                           stderr=self.full_pipe(), fails=f"room:{role}:1:always")
                for role in ("heartbeat", "launcher")]
        self.assertEqual([run.wait(LIMIT_S) for run in runs], [3, 3])
        self.assertEqual(self.service.groups(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
