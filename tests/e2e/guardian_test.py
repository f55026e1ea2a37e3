#!/usr/bin/env python3
"""Whoever dies or is stopped: the command and all it started are ended in time, and once.

WITHLOCK_TEST_LONG=1 kills withlock a thousand times rather than a few dozen.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest

from processes import RUN_CHILD, Marked, Run
from world import alive, read, state, until

LONG = bool(os.environ.get("WITHLOCK_TEST_LONG"))
PROMISED_S = 2 + 0.2  # from the death of withlock to that of the command: the grace is its own
RETRIES = 2
SANITIZED = b"__asan_init" in read(RUN_CHILD) or b"__tsan_init" in read(RUN_CHILD)

# Nothing of this ends by TERM; it leaves group, session and parent.
STUBBORN = """
trap '' TERM HUP
loop='trap "" TERM HUP; while :; do sleep 0.2; done'
setsid sh -c "$loop" &
( setsid sh -c "( sh -c '$loop' & ) ; exit" & )
setsid sh -c "setsid sh -c '$loop & exit'" &
echo $$ >$DIRECTORY/ready
while :; do sleep 0.2; done
"""

# This does, and says so.
OBEDIENT = """
trap 'echo 1 >$DIRECTORY/obeyed; exit 3' TERM
echo $$ >$DIRECTORY/ready
while :; do sleep 0.02; done
"""


class Killed(unittest.TestCase):
    def test_withlock_killed_ends_all_then_releases(self):
        with Run("--kill-after", "300", "sh", "-c", STUBBORN) as run:
            run.file("ready")
            guardian = run.about("guardian")
            run.about("started")
            run.kill(signal.SIGKILL)
            run.all_gone()
            until(lambda: not alive(guardian), "the guardian is gone")
            self.assertEqual(run.words(), ["guardian", "started", "release"])
            self.assertEqual(run.notes()[-1][1], guardian)

    def test_withlock_killed_gives_the_command_its_grace(self):
        with Run("--kill-after", "20000", "sh", "-c", OBEDIENT) as run:
            run.file("ready")
            run.kill(signal.SIGKILL)
            run.all_gone()
            self.assertEqual(run.file("obeyed"), 1)

    def test_withlock_killed_after_the_command_ended_spares_what_it_left(self):
        command = """sleep 1000 & echo $! >$DIRECTORY/left
            until [ -e $DIRECTORY/go ]; do sleep 0.02; done"""
        with Run("sh", "-c", command) as run:
            left = run.file("left")
            run.about("started")
            run.kill(signal.SIGSTOP)  # so that it cannot finish first
            open(run.path("go"), "w").close()
            until(lambda: not alive(run.about("started")), "the command has ended")
            run.kill(signal.SIGKILL)
            until(lambda: "release" in run.words(), "release")
            self.assertTrue(alive(left))

    def test_withlock_killed_while_the_guardian_is_stopped(self):
        with Run("--kill-after", "100", "sh", "-c", STUBBORN) as run:
            run.file("ready")
            guardian = run.about("guardian")
            run.kill(signal.SIGSTOP, guardian)
            run.kill(signal.SIGKILL)
            run.wait()
            run.kill(signal.SIGCONT, guardian)
            run.all_gone()
            self.assertEqual(run.words()[-1], "release")

    def test_guardian_killed_ends_all(self):
        with Run("--kill-after", "300", "sh", "-c", STUBBORN) as run:
            run.file("ready")
            run.about("started")
            run.kill(signal.SIGKILL, run.about("guardian"))
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.marked(), {})
            self.assertEqual(run.words(), ["guardian", "started", "ending", "ended", "finished"])

    def test_guardian_killed_spares_children_withlock_had_before(self):
        shell = 'sleep 1000 & echo $! >$DIRECTORY/before; exec "$@"'
        with Marked() as run:
            outer = subprocess.Popen(
                ["sh", "-c", shell, "sh", RUN_CHILD, "--log", run.log, "--kill-after", "100",
                 "sh", "-c", STUBBORN], env=run.environment, start_new_session=True)
            before = run.file("before")
            run.file("ready")
            os.kill(run.about("guardian"), signal.SIGKILL)
            self.assertEqual(outer.wait(), 74)
            self.assertEqual(list(run.marked()), [before])

    def test_both_killed_takes_the_command_along(self):
        with Run("sh", "-c", STUBBORN) as run:
            command = run.file("ready")
            guardian = run.about("guardian")
            run.kill(signal.SIGSTOP, guardian)
            run.kill(signal.SIGKILL)
            run.kill(signal.SIGKILL, guardian)
            until(lambda: not alive(command), "the command is gone")

    def killed(self, seed):
        """Kills withlock at a moment of the seed's; how long it takes until nothing is alive."""
        moment = random.Random(seed)
        # every other time exec is long in coming, so that many die between fork and exec
        with Run("--kill-after", "200", "sh", "-c", STUBBORN,
                 path=long_path() if seed % 2 else None) as run:
            if seed % 4:
                run.about("guardian")
            time.sleep(moment.uniform(0, 0.04))
            run.kill(signal.SIGKILL)
            run.wait()
            gone_s = run.all_gone()
            words = run.words()
            if "guardian" in words:
                self.assertEqual(words.count("release"), 1, f"seed {seed}: {words}")
            return gone_s

    def test_killed_at_random_moments(self):
        """A busy machine is late now and then, at any moment: of one moment's times the shortest is
        the program's."""
        worst = 0.0
        for seed in range(1000 if LONG else 40):
            gone_s = self.killed(seed)
            for _ in range(RETRIES):
                if gone_s >= PROMISED_S:
                    print(f"seed {seed}: {gone_s:.2f} s, once more", file=sys.stderr)
                    gone_s = min(gone_s, self.killed(seed))
            worst = max(worst, gone_s)
        print(f"longest time from kill to nothing alive: {worst:.2f} s", file=sys.stderr)
        self.assertLess(worst, PROMISED_S)


class Deadlines(unittest.TestCase):
    def test_end_command_terminates_then_kills(self):
        with Run("--end-after", "3000", "--kill-after", "300", "sh", "-c", STUBBORN) as run:
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.marked(), {})
            self.assertEqual(run.words()[-3:], ["ending", "ended", "finished"])

    def test_end_command_is_over_as_soon_as_all_have_obeyed(self):
        with Run("--end-after", "3000", "--kill-after", "600000", "sh", "-c", OBEDIENT) as run:
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.file("obeyed"), 1)

    def test_a_lease_that_is_renewed_does_nothing(self):
        with Run("--lease", "6000", "--kill-after", "100", "sh", "-c", "sleep 7; exit 9") as run:
            self.assertEqual(run.wait(), 9)
            self.assertNotIn("ending", run.words())

    def test_a_lease_that_is_not_renewed_ends_all(self):
        begin = time.monotonic()
        with Run("--lease", "3000", "--renewals", "0", "--kill-after", "500",
                 "sh", "-c", STUBBORN) as run:
            run.file("ready")
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.marked(), {})
            self.assertGreaterEqual(time.monotonic() - begin, 3)

    def test_stopped_descendants_are_ended(self):
        with Run("--end-after", "3000", "--kill-after", "20000", "sh", "-c", OBEDIENT) as run:
            run.kill(signal.SIGSTOP, run.file("ready"))
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.file("obeyed"), 1)


class Stopped(unittest.TestCase):
    def test_withlock_stopped_past_the_lease(self):
        with Run("--lease", "3000", "--kill-after", "300", "sh", "-c", STUBBORN) as run:
            run.file("ready")
            run.kill(signal.SIGSTOP)
            guardian = run.about("guardian")
            until(lambda: set(run.marked()) == {run.pid, guardian}, "only the two are left")
            run.kill(signal.SIGCONT)
            self.assertEqual(run.wait(), 74)
            self.assertNotIn("release", run.words())

    def test_guardian_stopped_past_the_lease(self):
        with Run("--lease", "3000", "--renewals", "0", "--kill-after", "300",
                 "sh", "-c", STUBBORN) as run:
            run.file("ready")
            run.kill(signal.SIGSTOP, run.about("guardian"))
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.marked(), {})

    def test_guardian_stopped_while_all_is_well(self):
        with Run("--lease", "6000", "--kill-after", "300", "sh", "-c",
                 "echo $$ >$DIRECTORY/ready; sleep 7; exit 6") as run:
            run.file("ready")
            run.kill(signal.SIGSTOP, run.about("guardian"))
            self.assertEqual(run.wait(), 6)
            self.assertNotIn("ending", run.words())

    def test_guardian_stopped_when_a_signal_is_to_be_passed_on(self):
        with Run("sh", "-c", OBEDIENT) as run:
            run.file("ready")
            run.about("started")
            run.kill(signal.SIGSTOP, run.about("guardian"))
            run.kill(signal.SIGTERM)
            self.assertEqual(run.wait(), 3)
            self.assertEqual(run.file("obeyed"), 1)

    def test_guardian_killed_after_the_command_ended_unheard(self):
        with Run("sh", "-c", "echo $$ >$DIRECTORY/ready; sleep 1000 & echo $! >$DIRECTORY/left; "
                 "until [ -e $DIRECTORY/go ]; do sleep 0.02; done; exit 5") as run:
            run.file("ready")
            run.about("started")
            run.kill(signal.SIGSTOP)  # or it would continue the guardian
            run.kill(signal.SIGSTOP, run.about("guardian"))
            open(run.path("go"), "w").close()
            until(lambda: state(run.about("started")) == "Z", "the command has ended")
            run.kill(signal.SIGKILL, run.about("guardian"))
            run.kill(signal.SIGCONT)
            self.assertEqual(run.wait(), 5)
            self.assertTrue(alive(run.file("left")))
            self.assertNotIn("ending", run.words())

    def test_all_stopped_past_the_lease(self):
        with Run("--lease", "3000", "--kill-after", "300", "sh", "-c", STUBBORN) as run:
            run.file("ready")
            run.signal_all(signal.SIGSTOP)
            time.sleep(3.3)
            run.signal_all(signal.SIGCONT)
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.marked(), {})

    def test_command_stopped_past_the_lease(self):
        with Run("--lease", "3000", "--renewals", "0", "--kill-after", "300",
                 "sh", "-c", STUBBORN) as run:
            run.kill(signal.SIGSTOP, run.file("ready"))
            self.assertEqual(run.wait(), 74)
            self.assertEqual(run.marked(), {})


class Cost(unittest.TestCase):
    def test_guardian_keeps_no_descriptor_of_the_caller_but_standard_error(self):
        reading, writing = os.pipe()
        with Run("sh", "-c", "exec >&-; echo $$ >$DIRECTORY/ready; exec sleep 1000",
                 stdout=writing) as run:
            os.close(writing)
            run.file("ready")
            guardian = run.about("guardian")
            def targets():
                folder = f"/proc/{guardian}/fd"
                return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder) if fd != "2"]
            until(lambda: not any(target.startswith("pipe:") for target in targets()), "no pipe")
            kinds = {target.partition(":")[0] for target in targets()}
            self.assertLessEqual(kinds, {"/dev/null", "socket", "anon_inode"})
            self.assertEqual(os.readlink(f"/proc/{guardian}/fd/2"),
                             os.readlink(f"/proc/{run.pid}/fd/2"))
        os.close(reading)

    def test_guardian_sleeps_while_all_is_well(self):
        with Run("--lease", "3000", "--kill-after", "100", "sleep", "1000") as run:
            run.about("started")
            guardian = run.about("guardian")
            def switches():
                return re.findall(rb"ctxt_switches:\s+(\d+)", read(f"/proc/{guardian}/status"))
            until(lambda: state(guardian) == "S", "it sleeps")
            before = switches()
            time.sleep(2.2)  # two renewals
            self.assertEqual(switches(), before)

    @unittest.skipIf(SANITIZED, "a sanitizer's memory is not ours")
    def test_guardian_is_small(self):
        with Run("sleep", "1000") as run:
            run.about("started")
            rollup = read(f"/proc/{run.about('guardian')}/smaps_rollup").decode()
            own = sum(int(kb) for kb in re.findall(r"^Private_\w+:\s+(\d+) kB", rollup, re.M))
            self.assertLess(own, 1024)

    def test_no_zombie_is_kept(self):
        orphans = "for i in 1 2 3 4 5; do ( true & ) ; done; echo $$ >$DIRECTORY/ready; sleep 1000"
        with Run("sh", "-c", orphans) as run:
            run.file("ready")
            guardian = run.about("guardian")
            def zombies():
                return [entry for entry in os.listdir("/proc") if entry.isdigit()
                        and re.search(rb"\) Z %d " % guardian, read(f"/proc/{entry}/stat"))]
            until(lambda: not zombies(), "all are reaped")


def long_path():
    """A PATH that takes execvp a while."""
    return ":".join(["/no/such/directory"] * 3000 + [os.environ["PATH"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
