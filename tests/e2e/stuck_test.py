#!/usr/bin/env python3
"""Whoever hangs in the kernel (state D): the command, a helper, a hook. Nobody is held up by that
who has something else to do; the lock is not given back before the command is dead, and if not
even KILL reaches it, a line says whom all wait for."""

import os
import signal
import sys
import unittest

from stuck import StuckFolder, have_own_mounts
from system_case import Case
from world import LIMIT_S, alive, children, guardian_of, naming, state, until

SURVIVES = "process {} cannot be killed yet"
KEYS_OF_TEN_MINUTES = (
    "date -u -d '+10 minutes' '+{\"Version\": 1, \"AccessKeyId\": \"AKID\","
    " \"SecretAccessKey\": \"secret\", \"Expiration\": \"%Y-%m-%dT%H:%M:%SZ\"}'\n")
# Becomes a parent in state D: posix_spawn(3) is a vfork(2), whose child opens a FIFO that nobody
# writes to. Only KILL ends either, and a child that is missed outlives its parent.
VFORK = """import os, sys
os.posix_spawn("/bin/true", ["true"], os.environ,
               file_actions=[(os.POSIX_SPAWN_OPEN, 0, sys.argv[1], os.O_RDONLY, 0)])
"""


class Mounts:
    why_not = None  # there can be none


def setUpModule():
    try:
        have_own_mounts()
    except OSError as why:
        Mounts.why_not = why


class Keys(Case):
    def begin_with_keys_of(self, script, *words, prefix="jobs"):
        """The script gives the keys; it is run by the shell with the prefix's name."""
        shell, keys, config = (self.path(prefix + end) for end in ("", ".keys", ".ini"))
        os.symlink("/bin/sh", shell)
        with open(keys, "w") as file:
            file.write(script)
        with open(config, "w") as file:
            file.write(f"[default]\ncredential_process = {shell} {keys}\n")
        # nobody can look for leaks in a thread that hangs
        return self.start(*words, prefix=prefix, AWS_CONFIG_FILE=config, AWS_ACCESS_KEY_ID="",
                          AWS_SECRET_ACCESS_KEY="",
                          ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")

    def renewals(self, count, prefix="jobs"):
        """Waits until the lock was renewed so often from now on."""
        def made():
            return {name for name in self.service.groups(prefix) if not name.endswith("/#mutex")}
        for _ in range(count):
            before = made()
            self.assertNotEqual(before, set())
            until(lambda: made() and not made() & before, "a renewal")


class Hanging(Keys):
    def setUp(self):
        if Mounts.why_not:
            self.skipTest(f"a folder that hangs needs root and /dev/fuse: {Mounts.why_not}")
        super().setUp()
        self.hanging = StuckFolder(self.path("stuck"))
        self.addCleanup(self.hanging.close)
        self.file = self.path("stuck/file")

    def hangs(self):
        """The process that does."""
        return until(self.hanging.waiting, "somebody opens the file").pop()

    def out_of_reach(self, pid):
        """It was killed, and is there."""
        until(lambda: state(pid) == "D", "state D")

    def survives(self, pid):
        """KILL was sent, and it is said that it had no effect."""
        until(lambda: SURVIVES.format(pid) in self.errors(), "a line that names the survivor")
        self.out_of_reach(pid)


class Command(Hanging):
    """One that survives KILL. Its guardian is busy with it, and is left alone by withlock."""

    def begin(self, *words):
        process = self.start("-t", "15", "-k", "1", *words, "cat", self.file)
        pid = self.hangs()
        return process, guardian_of(process.pid), pid

    def test_is_named_when_the_lock_is_lost(self):
        process, guardian, pid = self.begin()
        until(lambda: self.service.delete_all() or "lost" in self.errors(), "the loss")
        self.survives(pid)
        self.assertTrue(alive(guardian))
        self.hanging.release()
        self.assertEqual(process.wait(LIMIT_S), 74)
        self.assertEqual(self.errors().count("\n"), 2, self.errors())

    def test_keeps_the_lock_held_when_its_time_is_over(self):
        process, guardian, pid = self.begin("--max-hold", "5")
        self.survives(pid)
        self.renewals(3)
        self.assertIsNone(process.poll(), self.errors())
        self.assertTrue(alive(guardian), self.errors())
        self.hanging.release()
        self.assertEqual(process.wait(LIMIT_S), 124)
        self.assertEqual(self.service.groups(), [])

    def test_is_named_by_the_guardian_when_withlock_was_killed(self):
        process, guardian, pid = self.begin()
        process.kill()
        self.survives(pid)
        self.assertNotEqual(self.service.groups(), [])
        self.hanging.release()
        until(lambda: not alive(guardian), "the guardian's end")
        self.assertEqual(self.service.groups(), [])
        self.assertEqual(self.errors().count("\n"), 1, self.errors())


class Helper(Hanging):
    """A program for credentials, or of the user's beside the command: it is left behind."""

    def test_for_the_first_keys_does_not_keep_a_signal_from_ending_the_run(self):
        process = self.begin_with_keys_of(f"exec cat {self.file}", "true")
        pid = self.hangs()
        process.terminate()
        self.assertEqual(process.wait(LIMIT_S), 143)
        self.out_of_reach(pid)
        self.assertEqual(self.service.log(), [])

    def test_for_new_keys_does_not_keep_the_lock_from_being_renewed(self):
        """Nor one that cannot even be loaded, which holds up the thread that starts it."""
        os.symlink(self.file, self.path("unloadable"))
        second = {"opens": "[ ! -e $FOLDER/asked ] || exec cat $FOLDER/stuck/another\n"
                           "touch $FOLDER/asked\n",
                  "loads": "mv -T $FOLDER/unloadable $FOLDER/loads\n"}
        runs = [self.begin_with_keys_of(script + KEYS_OF_TEN_MINUTES, "-t", "15", "sh", "-c",
                           "while [ ! -e $FOLDER/go ]; do sleep 0.1; done; exit 3", prefix=name)
                for name, script in second.items()]
        until(lambda: len(self.hanging.waiting()) == 2, "both are asked for new keys")
        for name in second:
            self.renewals(4, name)
        with open(self.path("go"), "w"):
            pass
        self.assertEqual([run.wait(LIMIT_S) for run in runs], [3, 3])
        self.assertEqual(len(self.hanging.waiting()), 2)
        self.assertEqual((self.service.groups(), self.errors()), ([], ""))

    def test_that_was_to_run_first_does_not_keep_a_signal_from_ending_the_run(self):
        process = self.start("--on-acquire", f"exec cat {self.file}", "touch", self.path("ran"))
        pid = self.hangs()
        process.terminate()
        self.assertEqual(process.wait(LIMIT_S), 143)
        self.out_of_reach(pid)
        self.assertEqual(self.service.groups(), [])
        self.assertFalse(os.path.exists(self.path("ran")))


class Vforked(Keys):
    """A parent in state D, and its child: KILL ends both. Needs no root."""

    def setUp(self):
        super().setUp()
        os.mkfifo(self.path("fifo"))
        self.addCleanup(self.kill)
        with open(self.path("vfork"), "w") as file:
            file.write(VFORK)
        self.script = f"exec {sys.executable} {self.path('vfork')} {self.path('fifo')}"

    def kill(self):
        for pid in naming(self.path("fifo")):
            os.kill(pid, signal.SIGKILL)

    def both(self):
        """The processes, once the parent is in state D."""
        parent = until(self.parent, "a parent in state D")
        return [parent, *children(parent)]

    def parent(self):
        found = [pid for pid in naming(self.path("fifo")) if state(pid) == "D" and children(pid)]
        return found[0] if found else None

    def dead(self, both):
        self.assertEqual(len(both), 2)
        until(lambda: not any(map(alive, both)), "the end of both")

    def released(self, both):
        """The lock is given back after both are dead."""
        until(lambda: not self.service.groups(), "the release")
        self.assertFalse(any(map(alive, both)))

    def test_command_is_killed_when_its_time_is_over(self):
        process = self.start("-k", "1", "--max-hold", "2", "sh", "-c", self.script)
        self.released(self.both())
        self.assertEqual(process.wait(LIMIT_S), 124)

    def test_command_is_killed_when_the_lock_is_lost(self):
        process = self.start("-t", "15", "-k", "1", "sh", "-c", self.script)
        both = self.both()
        until(lambda: self.service.delete_all() or "lost" in self.errors(), "the loss")
        self.assertEqual(process.wait(LIMIT_S), 74)
        self.assertFalse(any(map(alive, both)))
        self.assertEqual(self.errors().count("\n"), 1, self.errors())

    def test_command_is_killed_when_withlock_was(self):
        process = self.start("-t", "15", "-k", "1", "sh", "-c", self.script)
        both = self.both()
        process.kill()
        self.released(both)

    def test_helper_for_the_first_keys_is_killed_when_a_signal_ends_the_run(self):
        process = self.begin_with_keys_of(self.script, "true")
        both = self.both()
        process.terminate()
        self.assertEqual(process.wait(LIMIT_S), 143)
        self.dead(both)
        self.assertEqual(self.service.log(), [])

    def test_helper_for_keys_that_are_needed_now_ends_the_hold_in_time(self):
        process = self.begin_with_keys_of(
            f"[ ! -e $FOLDER/asked ] || {self.script}\ntouch $FOLDER/asked\n" +
            KEYS_OF_TEN_MINUTES, "-t", "15", "sh", "-c", "echo $$ >$FOLDER/pid; exec sleep 600")
        command = self.number("pid")
        self.service.faults(expired_key="AKID")
        both = self.both()
        until(lambda: "lost" in self.errors(), "the loss")
        self.assertEqual(process.wait(LIMIT_S), 74)
        self.assertFalse(alive(command))
        self.dead(both)
        self.assertRegex(self.errors(), "lost .* still awaited.*\n.* could not delete .*\n$")

    def test_hook_is_killed_when_a_signal_ends_the_run(self):
        process = self.start("--on-acquire", self.script, "touch", self.path("ran"))
        both = self.both()
        process.terminate()
        self.assertEqual(process.wait(LIMIT_S), 143)
        self.dead(both)
        self.assertEqual(self.service.groups(), [])
        self.assertFalse(os.path.exists(self.path("ran")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
