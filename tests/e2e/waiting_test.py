#!/usr/bin/env python3
"""What stands before and after the command on a terminal. The line about who is waited for is kept
in place, never wider than the terminal, and erased before the command starts."""

import os
import re
import signal
import subprocess
import time
import unittest

from terminal import CTRL_C, CTRL_Z, Terminal
from world import Service, environment, until

BUILD = os.environ["WITHLOCK_BUILD"]
WITHLOCK = os.path.join(BUILD, "src/withlock")
ANOTHER = "jobs/another#t900#g1#q1#h#k7#l" + 24 * "a"
ERASE = b"\r\x1b[K"


class Line(unittest.TestCase):
    def setUp(self):
        self.service = Service(BUILD)
        self.service.ask("/_groups", {"logGroupName": ANOTHER})

    def tearDown(self):
        self.assertTrue(self.service.stop())

    def terminal(self, *command, columns=40, **how):
        terminal = Terminal([WITHLOCK, "-p", "jobs", "--settle", "0.1", *command],
                            environment(self.service.url), **how)
        terminal.resize(24, columns)
        return terminal

    def shown(self, terminal, begin, count):
        """Waits for so many states of the line after this point of the output; returns them all."""
        def states():
            terminal.drain()
            found = re.findall(rb"withlock: [^\r\n]*", terminal.output[begin:])
            return found if len(found) >= count else None
        return until(states, lambda: f"{count} states of the line in {terminal.output}")

    def test_it_fits_however_narrow_and_is_gone_before_the_command_starts(self):
        with self.terminal("sh", "-c", "echo done; exit 3") as terminal:
            self.assertEqual(terminal.event()[0], "job")
            states = self.shown(terminal, 0, 2)
            self.assertTrue(states[0].startswith(b"withlock: waiting ("))
            self.assertEqual({len(state) for state in states[:-1]}, {39})
            terminal.resize(24, 20)
            begin = len(terminal.output)
            states = self.shown(terminal, begin, 4)
            self.assertEqual({len(state) for state in states[1:-1]}, {19})
            self.service.call("DeleteLogGroup", {"logGroupName": ANOTHER})
            self.assertEqual(terminal.event(), ("ended", 3))
            terminal.shows(ERASE + b"done\r\n")
            self.assertEqual(terminal.output.count(b"\n"), 1)

    def test_in_the_background_it_leaves_the_prompt_alone(self):
        with self.terminal("true", columns=300, background=True) as terminal:
            self.assertEqual(terminal.event()[0], "job")
            terminal.shows(b"Z\r\n")
            terminal.foreground()
            self.assertEqual(len(self.shown(terminal, len(terminal.output), 3)), 3)
            self.assertEqual(terminal.output.count(b"\n"), 1)  # the rest was in place
            terminal.press(CTRL_C)
            self.assertEqual(terminal.event(), ("ended", 130))

    def test_a_lock_that_is_held_on_to_can_be_stopped_and_ended(self):
        self.service.call("DeleteLogGroup", {"logGroupName": ANOTHER})
        with self.terminal("-v", "--min-hold", "600", "true", columns=300) as terminal:
            _, job = terminal.event()
            terminal.shows(b"holding")
            terminal.press(CTRL_Z)
            self.assertEqual(terminal.event(), ("stopped", signal.SIGTSTP))
            terminal.foreground()
            until(lambda: os.tcgetpgrp(terminal.master) == job, "it is in the foreground")
            terminal.press(CTRL_C)
            self.assertEqual(terminal.event(), ("ended", 0))
            self.assertEqual(self.service.groups(), [])

    def test_a_wide_terminal_shows_all(self):
        with self.terminal("true", columns=300) as terminal:
            self.assertEqual(terminal.event()[0], "job")
            state = self.shown(terminal, 0, 2)[0]
            self.assertIn(24 * b"a", state)
            self.assertTrue(state.endswith(b"Z"), state)
            terminal.press(CTRL_C)
            self.assertEqual(terminal.event(), ("ended", 130))
            self.assertEqual(self.service.groups(), [ANOTHER])
            terminal.shows(ERASE)


class Asleep(unittest.TestCase):
    # Who waits far behind, and has no terminal to keep up to date, is not woken up for nothing.
    WATCHED_S = 12
    WAKEUPS = 3  # while it is watched; it was one a second

    def test_without_a_terminal_no_timer_ticks(self):
        service = Service(BUILD)
        self.addCleanup(lambda: self.assertTrue(service.stop()))
        service.ask("/_groups", {"logGroupName": ANOTHER})
        with subprocess.Popen(
                [WITHLOCK, "-p", "jobs", "--settle", "0.1", "--retry-delay", "600", "true"],
                env=environment(service.url), stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL) as waiter:
            self.addCleanup(waiter.kill)
            self.assertIn(b"held by", waiter.stderr.readline())
            before = wakeups(waiter.pid)
            time.sleep(self.WATCHED_S)
            count = wakeups(waiter.pid) - before
            waiter.terminate()
        self.assertEqual(waiter.returncode, 128 + signal.SIGTERM)
        self.assertLessEqual(count, self.WAKEUPS)


def wakeups(pid):
    count = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as status:
            count += int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)$", status.read(), re.M)[1])
    return count


if __name__ == "__main__":
    unittest.main()
