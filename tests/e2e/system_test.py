#!/usr/bin/env python3
"""When the system fails us: who is stopped or killed, who became another user. Each case ends
clearly: the command dead, or never begun; then the lock given back; one line that says why. What
no sanitizer bears is in unsanitized_test.py."""

import os
import shutil
import signal
import subprocess
import termios
import unittest

from system_case import RIVAL, WITHLOCK, Case
from terminal import Terminal
from world import LIMIT_S, alive, arguments, children, environment, guardian_of, state, until


class Guardian(Case):
    """Whoever stops or kills the guardian: it is continued, or the run is given up within seconds
    and says so. (While the command runs: guardian_test.py.)"""

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

    def waits(self):
        return [name for name in self.service.groups() if name != RIVAL]


class Killed(Case):
    def leave(self, denied):
        """Withlock is killed, and its guardian may not do that: what it says, and what is left."""
        process = self.start("-t", "60", "--release-timeout", "2", "sleep", "60")
        until(lambda: any("#h" in name for name in self.service.groups()), "the lock")
        guardian = until(lambda: guardian_of(process.pid), "a guardian")
        until(lambda: children(guardian), lambda: f"the command of {guardian}: {self.errors()}")
        self.service.faults(deny=[denied])
        process.kill()
        until(lambda: not alive(guardian), "the guardian's end")
        return self.errors(), [name for name in self.service.groups() if "/#" not in name]

    def test_the_guardian_has_the_last_words(self):
        """Deletes are refused: what is left is named on the standard error that withlock had."""
        said, left = self.leave("DeleteLogGroup")
        self.assertIn(f"could not delete '{left[0]}'", said)

    def test_a_guardian_that_may_not_list_says_whose_all_stays(self):
        """It never learns any name."""
        said, left = self.leave("DescribeLogGroups")
        self.assertIn(f"what '{left[0].split('#')[0]}' has made stays until it expires", said)

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
