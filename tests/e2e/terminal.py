"""A terminal and a job-control shell in small, so that tests see each stop and end of their job."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios

from world import until

CTRL_C, CTRL_BACKSLASH, CTRL_Z, CTRL_D = b"\x03", b"\x1c", b"\x1a", b"\x04"


class Terminal:
    """A session with a controlling terminal whose leader, a forked copy of us, runs one job.

    The leader puts the job into a group of its own and into the foreground (as an interactive
    shell does), or, with as_leader, becomes the job itself (as in `ssh -t host command`). It
    writes a line for each change of the job's state to a pipe and reads orders from another.
    """

    def __init__(self, argv, environment=None, background=False, as_leader=False):
        self.master, self.slave = pty.openpty()
        self.name = os.ttyname(self.slave)
        self.lines, self._events = [], b""
        events_read, events_write = os.pipe()
        orders_read, orders_write = os.pipe()
        self.leader = os.fork()
        if self.leader == 0:
            try:
                os.close(self.master), os.close(events_read), os.close(orders_write)
                self._lead(argv, environment, background, as_leader, events_write, orders_read)
            finally:
                os._exit(99)
        os.close(events_write), os.close(orders_read)
        os.close(self.slave)
        self.events, self.orders = events_read, orders_write
        self.output = b""

    def _lead(self, argv, environment, background, as_leader, events, orders):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(self.slave, fd)
        os.close(self.slave)
        environment = dict(os.environ, **(environment or {}))
        if as_leader:
            os.set_inheritable(events, False)
            os.execvpe(argv[0], argv, environment)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            if not background:
                self._foreground(os.getpid())
            for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)  # python has its own ways with them
            os.execvpe(argv[0], argv, environment)
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU):
            signal.signal(number, signal.SIG_IGN)  # as shells do
        self._watch(job, events, orders)

    def _foreground(self, group):
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        os.tcsetpgrp(0, group)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _watch(self, job, events, orders):
        os.write(events, b"job %d\n" % job)
        while True:
            pid, status = os.waitpid(job, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                os.write(events, b"stopped %d\n" % os.WSTOPSIG(status))
                self._foreground(os.getpgrp())
            elif pid:
                code = os.waitstatus_to_exitcode(status)
                os.write(events, b"ended %d\n" % code)
                self._foreground(os.getpgrp())
                while os.read(orders, 1):  # until the test is done
                    pass
                os._exit(0)
            if select.select([orders], [], [], 0.01)[0]:
                order = os.read(orders, 1)
                if order == b"f":
                    self._foreground(job)
                    os.killpg(job, signal.SIGCONT)
                elif not order:
                    os._exit(0)

    def event(self):
        """The next change of the job: (word, number)."""
        def line():
            if select.select([self.events], [], [], 0)[0]:
                self._events += os.read(self.events, 4096)
            self.drain()
            return b"\n" in self._events
        until(line, "an event of the job")
        first, _, self._events = self._events.partition(b"\n")
        word, number = first.decode().split()
        return word, int(number)

    def quiet(self):
        """No event is waiting."""
        return not self._events and not select.select([self.events], [], [], 0)[0]

    def foreground(self):
        os.write(self.orders, b"f")

    def press(self, keys):
        os.write(self.master, keys)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def mode(self):
        """The local modes: ECHO, ICANON."""
        return termios.tcgetattr(self.master)[3]

    def drain(self):
        while select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                return
            self.output += data

    def shows(self, text):
        def seen():
            self.drain()
            return text in self.output
        until(seen, f"{text!r} on the terminal")

    def hang_up(self):
        os.close(self.master)
        self.master = None

    def close(self):
        if self.master is not None:
            os.close(self.master)
        os.close(self.orders)
        os.close(self.events)
        try:
            until(lambda: os.waitpid(self.leader, os.WNOHANG)[0], "the leader ends", 2)
        except AssertionError:
            os.kill(self.leader, signal.SIGKILL)
            os.waitpid(self.leader, 0)
        except ChildProcessError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
