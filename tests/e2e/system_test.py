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

from world import LIMIT_S, Service, environment, guardian_of, read, state, text_of, until

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
                                FAIL_CALLS_NOTES=self.path("notes"),
                                ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "")
                                + ":verify_asan_link_order=0")
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


class Guardian(Case):
    """Whoever stops or kills the guardian: it is continued, or the run is given up within seconds
    and says so. (While the command runs: guardian_test.py.)"""

    def waiter(self, *words):
        """withlock, waiting behind a rival, and its guardian."""
        self.service.call("CreateLogGroup", {"logGroupName": RIVAL})
        process = self.start("-q", *words)
        guardian = until(lambda: guardian_of(process.pid), "a guardian")
        return process, guardian

    def expect_given_up(self, process):
        self.assertEqual(process.wait(LIMIT_S), 71)
        self.assertEqual(self.errors().count("\n"), 1, self.errors())
        self.assertIn("guardian", self.errors())
        self.assertEqual(self.service.groups(), [RIVAL])

    def test_stopped_while_withlock_waits_it_is_continued(self):
        process, guardian = self.waiter("sh", "-c", "exit 3")
        os.kill(guardian, signal.SIGSTOP)
        until(lambda: state(guardian) == "S", "the guardian goes on")
        self.service.call("DeleteLogGroup", {"logGroupName": RIVAL})
        self.assertEqual(process.wait(LIMIT_S), 3)

    def test_killed_while_withlock_waits_the_wait_is_over(self):
        process, guardian = self.waiter("true")
        until(self.waits, "the attempt")
        os.kill(guardian, signal.SIGKILL)
        self.expect_given_up(process)

    def test_one_that_does_not_answer_is_no_guardian(self):
        """It hangs in its first system call, and SIGCONT does not help."""
        process, _ = self.waiter("true")
        process.kill()
        process.wait()
        process = self.start("-q", "true", fails="poll:guardian:1:hang")
        self.expect_given_up(process)

    def test_one_that_stops_answering_launches_nothing(self):
        for call in ("pipe:guardian:1:hang", "fork:guardian:1:hang"):
            process = self.start("touch", self.path("ran"), fails=call)
            self.assertEqual(process.wait(LIMIT_S), 71, self.errors())
            self.assertEqual(self.service.groups(), [])
            self.assertFalse(os.path.exists(self.path("ran")))
        self.assertEqual(self.errors().count("\n"), 2, self.errors())

    def waits(self):
        return [name for name in self.service.groups() if name != RIVAL]


if __name__ == "__main__":
    unittest.main(verbosity=2)
