"""A case with a service of its own, in which withlock runs and the system fails it."""

import os
import subprocess
import tempfile
import unittest

from world import LIMIT_S, Service, environment, guardian_of, read, takes_preloaded, text_of, until

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

    def start(self, *words, stderr=None, fails=None, prefix="jobs", **variables):
        """withlock with these words; its standard error goes to the file `errors`. fails: a call
        that does, as tests/tools/fail_calls.c has it; not of a build with sanitizers."""
        surroundings = dict(environment(self.service.url, FOLDER=self.folder.name), **variables)
        if fails and not takes_preloaded(WITHLOCK):
            self.skipTest("withlock is linked statically")
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
