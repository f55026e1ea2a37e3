#!/usr/bin/env python3
"""When the system fails us in ways that no sanitizer bears: calls that a preloaded library makes
fail, a /proc of others or none, a full standard error (sanitizers write there, too). Each case ends
clearly, as in system_test.py."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
import unittest

from system_case import WITHLOCK, Case
from world import LIMIT_S, children, environment, read, until


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
    """One that hangs in a system call: nothing is launched, and that is said."""

    def test_one_that_does_not_answer_is_no_guardian(self):
        """It hangs in its first system call, and SIGCONT does not help."""
        process, _ = self.waiter("true")
        process.kill()
        process.wait()
        process = self.start("-q", "true", fails="poll:guardian:1:hang")
        self.expect_given_up(process)

    def test_one_that_stops_answering_launches_nothing(self):
        for call in ("pipe:guardian:1:hang", "thread:guardian:1:hang"):
            process = self.start("touch", self.path("ran"), fails=call)
            self.assertEqual(process.wait(LIMIT_S), 71, self.errors())
            self.assertEqual(self.service.groups(), [])
            self.assertFalse(os.path.exists(self.path("ran")))
        self.assertEqual(self.errors().count("\n"), 2, self.errors())

    def test_one_whose_command_is_long_in_being_executed_is_well(self):
        """A file system that hangs: signals come through, and a withlock that is killed is noticed."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            process = self.start("-k", "1", "true", fails="exec:command:1:hang")
            until(lambda: read(self.path("notes")), "a command about to be executed")
            os.remove(self.path("notes"))
            process.send_signal(number)
            self.assertEqual(process.wait(LIMIT_S),
                             128 + number if number == signal.SIGTERM else -number)
            until(lambda: self.service.groups() == [], "the release")
        self.assertEqual(self.errors(), "")


# Nothing of this ends by TERM; one has left the group, one the session, one its parent.
STUBBORN = """
trap '' TERM
loop='trap "" TERM; while :; do date +%s%N >$FOLDER/beat-$0; sleep 0.1; done'
sh -c "$loop" group & setsid sh -c "$loop" session & ( setsid sh -c "$loop" orphan & )
while :; do sleep 0.1; done
"""


class NoProc(Case):
    """A /proc of another PID namespace, or none: what the kernel knows to be below us is ended all
    the same, and the start says what cannot be promised."""

    def start_below(self, command, hidden=False):
        """Process 1 of a new PID namespace, which runs withlock and outlives it."""
        with open(self.path("command"), "w") as file:
            file.write(command)
        with open(self.path("init"), "w") as file:
            file.write(("mount -t tmpfs none /proc || exit\n" if hidden else "") +
                       f"{WITHLOCK} -p jobs --settle 0 -t 15 -k 1 sh $FOLDER/command &\n"
                       "wait $!; echo $? >$FOLDER/status; while :; do sleep 1; done\n")
        with open(self.path("errors"), "ab") as errors:
            process = subprocess.Popen(
                ["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", self.path("init")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                env=environment(self.service.url, FOLDER=self.folder.name))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        init = until(lambda: children(process.pid), "process 1")[0]
        return until(lambda: children(init), "withlock")[0]

    def beats(self):
        return [read(self.path(f"beat-{who}")) for who in ("group", "session", "orphan")]

    def expect_dead(self):
        before = self.beats()
        time.sleep(0.5)  # five beats
        self.assertEqual(self.beats(), before)

    def test_a_lost_lock_ends_all_that_the_command_started(self):
        for hidden in (False, True):
            self.start_below(STUBBORN, hidden)
            until(lambda: all(self.beats()), "the command")
            until(lambda: self.service.delete_all() or read(self.path("status")), "the loss")
            self.assertEqual(self.number("status"), 74)
            self.expect_dead()
            for name in ("status", "beat-group", "beat-session", "beat-orphan"):
                os.unlink(self.path(name))

    def test_killed_withlock_leaves_nothing_alive_and_then_releases(self):
        withlock = self.start_below(STUBBORN)
        until(lambda: all(self.beats()), "the command")
        os.kill(withlock, signal.SIGKILL)
        until(lambda: not self.service.groups(), "the release")
        self.expect_dead()

    def test_it_is_said_once_and_changes_nothing_if_all_goes_well(self):
        self.start_below("exit 3")
        self.assertEqual(self.number("status"), 3)
        self.assertEqual(self.errors().count("\n"), 1, self.errors())
        self.assertIn("/proc", self.errors())


class Chroot(Case):
    def test_without_dev_null_it_works_all_the_same(self):
        root = self.path("root")
        os.mkdir(root)
        for name in sorted({library for program in (WITHLOCK, "/bin/sh")
                            for library in [program, *libraries(program)]}):
            os.makedirs(root + os.path.dirname(name), exist_ok=True)
            shutil.copy(name, root + name)
        with open(self.path("errors"), "ab") as errors:
            status = subprocess.call(
                ["env", "-u", "REQUESTS_CA_BUNDLE", "-u", "SSL_CERT_FILE", "chroot", root, WITHLOCK, "-p", "jobs", "--settle", "0", "/bin/sh", "-c",
                 "exit 3"], stderr=errors, env=dict(environment(self.service.url),
                                                    AWS_CONFIG_FILE="/none"))
        self.assertEqual((status, self.errors().count("\n")), (3, 1), self.errors())
        self.assertIn("/proc", self.errors())


def libraries(program):
    """What a program is linked with."""
    text = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [word for word in text.split() if word.startswith("/")]


if __name__ == "__main__":
    unittest.main(verbosity=2)
