#!/usr/bin/env python3
"""When the system fails us: who is stopped, what is missing, what cannot be written to. Each case
ends clearly: the command dead, or never begun; then the lock given back; one line that says why."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest

from terminal import Terminal
from world import LIMIT_S, Service, arguments, children, environment, guardian_of, read, state, text_of, until

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


class Killed(Case):
    def test_the_guardian_has_the_last_words(self):
        """Deletes are refused: what is left is named on the standard error that withlock had."""
        process = self.start("-t", "60", "--release-timeout", "2", "sleep", "60")
        until(lambda: any("#h" in name for name in self.service.groups()), "the lock")
        until(lambda: children(guardian_of(process.pid)), "the command")
        self.service.faults(deny=["DeleteLogGroup"])
        process.kill()
        until(lambda: "could not delete" in self.errors(), "the guardian's line")
        self.assertIn(self.service.groups()[0], self.errors())

    def test_the_terminal_has_its_echo_again(self):
        """Killed while a code for a role is asked for."""
        config = self.path("config")
        with open(config, "w") as file:
            file.write("[profile deploy]\nregion = eu-central-1\nsource_profile = base\n"
                       "role_arn = arn:aws:iam::123456789012:role/deploy\n"
                       "mfa_serial = arn:aws:iam::123456789012:mfa/somebody\n"
                       "[profile base]\naws_access_key_id = AKID\naws_secret_access_key = s\n")
        surroundings = environment(self.service.url)
        surroundings = {name: value for name, value in surroundings.items()
                        if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        with Terminal(["env", "-u", "AWS_ACCESS_KEY_ID", "-u", "AWS_SECRET_ACCESS_KEY", WITHLOCK,
                       "-p", "jobs", "--profile", "deploy", "true"],
                      dict(surroundings, AWS_CONFIG_FILE=config)) as terminal:
            def echoes():
                return bool(termios.tcgetattr(terminal.master)[3] & termios.ECHO)
            _, job = terminal.event()
            terminal.shows(b"MFA code for")
            self.assertFalse(echoes())
            os.kill(job, signal.SIGKILL)
            until(echoes, "the echo")


class AnotherUser(Case):
    """The command became root's, and we are not."""

    def test_it_is_said_that_it_gets_no_signal(self):
        os.chmod(self.folder.name, 0o777)
        helper = self.path("become-root")
        shutil.copy(shutil.which("setpriv"), helper)
        os.chmod(helper, 0o4755)
        with open(self.path("errors"), "ab") as errors:
            process = subprocess.Popen(
                [WITHLOCK, "-p", "jobs", "--settle", "0", "-t", "15", helper, "--reuid", "0",
                 "sleep", "8"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, user=65534,
                env=environment(self.service.url))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        guardian = until(lambda: guardian_of(process.pid), "the guardian")
        command = until(lambda: [pid for pid in children(guardian) if arguments(pid)[0] == "sleep"],
                        "the command")[0]
        process.terminate()
        until(lambda: "root" in self.errors(), "a line")
        self.assertIn(f"process {command} belongs to root", self.errors())
        process.terminate()
        self.assertEqual(process.wait(LIMIT_S), 0)
        self.assertEqual(self.errors().count("\n"), 1, self.errors())


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
