#!/usr/bin/env python3
"""Manners towards a terminal and a shell: ^C, ^\\, ^Z and fg, size, background, hang-up."""

import os
import signal
import termios
import unittest

from processes import RUN_CHILD, Marked
from terminal import CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Terminal
from world import alive, read, state, until

SIGNAL_LOG = os.environ["SIGNAL_LOG"]


class Job(Marked):
    """run-child as the job of a shell on a terminal."""

    def __init__(self, *command, before=(), **how):
        super().__init__()
        # the leak check's helper process has no protection against a signal to our group
        self.environment["ASAN_OPTIONS"] += ":detect_leaks=0"
        self.terminal = Terminal([*before, RUN_CHILD, "--log", self.log, *command],
                                 self.environment, **how)
        self.pid = self.terminal.leader if how.get("as_leader") else self.event("job")

    def event(self, expected):
        word, number = self.terminal.event()
        if word != expected:
            raise AssertionError(f"expected '{expected}', got '{word} {number}'")
        return number

    def signals(self):
        """What signal-log has written down so far."""
        return [int(line) for line in read(self.path("signals")).split(b"\n")[1:] if line]

    def ready(self):
        until(lambda: b"ready" in read(self.path("signals")), "signal-log is ready")

    def got(self, number):
        until(lambda: number in self.signals(), f"signal {number}")

    def close(self):
        try:
            super().close()
        finally:
            self.terminal.close()


def logging(*left_alone, **how):
    """A job that writes down its signals, but for some."""
    job = Job("sh", "-c", f'exec "$0" "$DIRECTORY/signals" {" ".join(map(str, left_alone))}',
              SIGNAL_LOG, **how)
    job.ready()
    return job


class Keys(unittest.TestCase):
    def test_interrupt_and_quit_and_size_arrive_once(self):
        with logging() as job:
            rounds = 6  # one repetition could become one with the signal before it
            for turn in range(rounds):
                job.terminal.press(CTRL_C)
                until(lambda: len(job.signals()) > 3 * turn, "SIGINT")
                job.terminal.press(CTRL_BACKSLASH)
                until(lambda: len(job.signals()) > 3 * turn + 1, "SIGQUIT")
                job.terminal.resize(40, 100 + turn)
                until(lambda: len(job.signals()) > 3 * turn + 2, "SIGWINCH")
            os.kill(job.pid, signal.SIGRTMAX)
            self.assertEqual(job.event("ended"), 0)
            self.assertEqual(job.signals(), rounds * [signal.SIGINT, signal.SIGQUIT,
                                                      signal.SIGWINCH] + [signal.SIGRTMAX])

    def test_interrupt_ends_the_command_with_130(self):
        with Job("cat") as job:
            job.about("started")
            job.terminal.press(CTRL_C)
            self.assertEqual(job.event("ended"), 130)

    def test_quit_ends_the_command_with_131(self):
        with Job("sh", "-c", "ulimit -c 0; exec cat") as job:
            until(lambda: b"cat" in read(f"/proc/{job.about('started')}/comm"), "cat runs")
            job.terminal.press(CTRL_BACKSLASH)
            self.assertEqual(job.event("ended"), 131)

    def test_signals_sent_by_processes_arrive_once(self):
        with logging() as job:
            numbers = [n for n in range(1, 64) if n not in (9, 17, 19, 21, 22, 23, 32, 33)]
            for number in numbers:
                os.kill(job.pid, number)
                job.got(number)
            os.kill(job.pid, signal.SIGRTMAX)
            self.assertEqual(job.event("ended"), 0)
            self.assertEqual(job.signals(), numbers + [signal.SIGRTMAX])

    def test_interrupt_reaches_each_part_of_a_pipeline_once(self):
        script = ('"$SIGNAL_LOG" $DIRECTORY/first | '
                  '"$RUN_CHILD" "$SIGNAL_LOG" $DIRECTORY/signals | '
                  '"$SIGNAL_LOG" $DIRECTORY/last')
        with Marked() as marked:
            with Terminal(["sh", "-c", "trap : INT; " + script], marked.environment) as terminal:
                self.assertEqual(terminal.event()[0], "job")
                names = ("first", "signals", "last")
                for name in names:
                    until(lambda: b"ready" in read(marked.path(name)), name)
                terminal.press(CTRL_C)
                for name in names:
                    until(lambda: b"\n2\n" in read(marked.path(name)), name)
                for pid in marked.marked():
                    if b"run-child" in read(f"/proc/{pid}/comm"):
                        os.kill(pid, signal.SIGRTMAX)
                until(lambda: b"\n64\n" in read(marked.path("signals")), "the end")
                self.assertEqual(read(marked.path("signals")).split(b"\n")[1:], [b"2", b"64", b""])

    def test_a_group_signal_from_the_command_itself_is_not_repeated(self):
        # "kill 0" reaches withlock as well, which must not send it back
        with Job("sh", "-c", "n=0; trap 'n=$((n+1))' USR1; trap 'echo $n >$DIRECTORY/n' USR2; "
                 "for i in 1 2 3 4 5 6; do kill -USR1 0; sleep 0.05; done; "
                 "echo 1 >$DIRECTORY/done; until [ -e $DIRECTORY/n ]; do sleep 0.02; done") as job:
            job.file("done")
            os.kill(job.pid, signal.SIGUSR2)
            self.assertEqual(job.event("ended"), 0)
            self.assertEqual(job.file("n"), 6)


class Stop(unittest.TestCase):
    def test_stop_and_foreground(self):
        with Job("cat") as job:
            job.about("started")
            for text in (b"one", b"two", b"three"):
                job.terminal.press(CTRL_Z)
                self.assertEqual(job.event("stopped"), signal.SIGTSTP)
                self.assertEqual(state(job.about("started")), "T")
                job.terminal.foreground()
                job.terminal.press(text + b"\n")
                job.terminal.shows(text + b"\r\n" + text)
            job.terminal.press(CTRL_D)
            self.assertEqual(job.event("ended"), 0)

    def test_continue_arrives_once(self):
        with logging(signal.SIGTSTP) as job:
            for turn in range(5):
                job.terminal.press(CTRL_Z)
                self.assertEqual(job.event("stopped"), signal.SIGTSTP)
                job.terminal.foreground()
                until(lambda: len(job.signals()) > turn, "SIGCONT")
            os.kill(job.pid, signal.SIGRTMAX)
            self.assertEqual(job.event("ended"), 0)
            self.assertEqual(job.signals(), [signal.SIGCONT] * 5 + [signal.SIGRTMAX])

    def test_a_command_that_stops_itself(self):
        for how, number in (("kill -STOP $$", signal.SIGSTOP), ("kill -STOP 0", signal.SIGSTOP),
                            ("kill -TSTP $$", signal.SIGTSTP), ("kill -TSTP 0", signal.SIGTSTP)):
            script = f"{how}; until [ -e $DIRECTORY/go ]; do sleep 0.02; done; {how}; exit 5"
            with self.subTest(how), Job("sh", "-c", script) as job:
                for _ in range(2):
                    self.assertEqual(job.event("stopped"), number)
                    job.terminal.foreground()
                    open(job.path("go"), "w").close()
                self.assertEqual(job.event("ended"), 5)

    def test_a_command_that_ignores_the_stop_goes_on(self):
        with logging() as job:
            job.terminal.press(CTRL_Z)
            job.got(signal.SIGTSTP)
            os.kill(job.pid, signal.SIGRTMAX)
            self.assertEqual(job.event("ended"), 0)
            self.assertEqual(job.signals(), [signal.SIGTSTP, signal.SIGRTMAX])

    def test_a_command_stopped_and_continued_by_others_takes_withlock_along(self):
        with Job("sh", "-c", "echo $$ >$DIRECTORY/ready; exec sleep 1000") as job:
            command = job.file("ready")
            os.kill(command, signal.SIGSTOP)
            self.assertEqual(job.event("stopped"), signal.SIGSTOP)
            os.kill(command, signal.SIGCONT)
            until(lambda: state(job.pid) == "S", "it runs")
            os.kill(job.pid, signal.SIGTERM)
            self.assertEqual(job.event("ended"), 143)

    def test_killed_while_stopped(self):
        with Job("cat") as job:
            command = job.about("started")
            job.terminal.press(CTRL_Z)
            self.assertEqual(job.event("stopped"), signal.SIGTSTP)
            os.kill(command, signal.SIGKILL)
            self.assertEqual(job.event("ended"), 137)

    def test_stopped_past_the_lease(self):
        with Job("--lease", "3000", "--kill-after", "200", "cat") as job:
            job.about("started")
            job.terminal.press(CTRL_Z)
            self.assertEqual(job.event("stopped"), signal.SIGTSTP)
            # nobody says fg: withlock is continued so that it can release the lock
            self.assertEqual(job.event("ended"), 74)

    def test_without_a_shell_nobody_is_left_stopped(self):
        # the job leads the session, as below ssh or docker: the kernel would ignore ^Z
        with Job("cat", as_leader=True) as job:
            job.about("started")
            job.terminal.press(CTRL_Z)
            job.terminal.press(b"still there\n")
            job.terminal.shows(b"still there\r\nstill there")


class Terminals(unittest.TestCase):
    def test_the_command_reads_and_sets_the_terminal(self):
        with Job("sh", "-c", "stty -echo; read line; stty echo; echo got $line; exit 4") as job:
            until(lambda: not job.terminal.mode() & termios.ECHO, "echo is off")
            job.terminal.press(b"words\n")
            self.assertEqual(job.event("ended"), 4)
            job.terminal.shows(b"got words")

    def test_in_the_background_it_stops_when_it_reads(self):
        with Job("sh", "-c", "read line; echo got $line", background=True) as job:
            self.assertEqual(job.event("stopped"), signal.SIGTTIN)
            job.terminal.foreground()
            job.terminal.press(b"words\n")
            self.assertEqual(job.event("ended"), 0)
            job.terminal.shows(b"got words")

    def test_in_the_background_it_runs_and_may_write(self):
        with Job("sh", "-c", "echo from behind; exit 3", background=True) as job:
            self.assertEqual(job.event("ended"), 3)
            job.terminal.shows(b"from behind")

    def test_the_command_is_in_the_foreground_group(self):
        with Job("sh", "-c", "echo $$ >$DIRECTORY/ready; exec cat") as job:
            self.assertEqual(os.getpgid(job.file("ready")), os.getpgid(job.pid))
            self.assertNotEqual(os.getpgid(job.about("guardian")), os.getpgid(job.pid))

    def test_a_closing_terminal_ends_the_command(self):
        for as_leader in (False, True):
            with self.subTest(as_leader=as_leader), \
                    Job("sleep", "1000", as_leader=as_leader) as job:
                command, guardian = job.about("started"), job.about("guardian")
                job.terminal.hang_up()
                for name, pid in (("command", command), ("guardian", guardian), ("it", job.pid)):
                    until(lambda: not alive(pid), f"{name} {pid} is gone")

    def test_an_interactive_shell_may_be_the_command(self):
        with Job("bash", "--norc", "--noprofile", "-i") as job:
            job.terminal.press(b"PS1='=''> '\n")
            job.terminal.shows(b"=> ")
            job.terminal.press(b"sh -c 'echo rea\"\"dy; exec cat'\n")
            job.terminal.shows(b"ready\r\n")
            job.terminal.press(b"once\n")
            job.terminal.shows(b"once\r\nonce")
            job.terminal.press(CTRL_Z)
            job.terminal.shows(b"Stopped")
            shell = os.tcgetpgrp(job.terminal.master)
            job.terminal.press(b"fg\n")
            until(lambda: os.tcgetpgrp(job.terminal.master) != shell and
                  job.terminal.mode() & termios.ICANON, "cat has the terminal again")
            job.terminal.press(b"again\n")
            job.terminal.shows(b"again\r\nagain")
            job.terminal.press(CTRL_D)
            job.terminal.press(b"exit 7\n")
            self.assertEqual(job.event("ended"), 7)
            self.assertTrue(job.terminal.quiet())


if __name__ == "__main__":
    unittest.main(verbosity=2)
