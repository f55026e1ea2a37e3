"""Processes of a test, with a mark in their environment by which all they start is found."""

import os
import signal
import subprocess
import tempfile
import time
import uuid

from world import LIMIT_S, alive, pids, read, state, until

RUN_CHILD = os.environ["RUN_CHILD"]

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(number) == signal.SIG_IGN:  # as for what runs in a shell's background
        signal.signal(number, signal.SIG_DFL)


class Marked:
    """What is started with self.environment, and a directory with run-child's log in it."""

    def __init__(self):
        name, value = "TEST_MARK", uuid.uuid4().hex
        self.mark = f"{name}={value}"
        self.directory = tempfile.TemporaryDirectory()
        self.log = os.path.join(self.directory.name, "log")
        self.environment = dict(os.environ, DIRECTORY=self.directory.name)
        self.environment[name] = value
        # of the guardian as well, which has no standard error
        for sanitizer in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            self.environment[sanitizer] = (os.environ.get(sanitizer, "") +
                                           ":exitcode=99:halt_on_error=1"
                                           f":log_path={self.path('sanitizer')}")

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def notes(self):
        """What the log says: [(word, writer, about)]."""
        lines = read(self.log).decode().splitlines()
        return [(word, int(writer), int(about)) for word, writer, about in
                (line.split() for line in lines)]

    def words(self):
        return [note[0] for note in self.notes()]

    def about(self, word):
        """The pid that the first note with this word is about; waits for the note."""
        def find():
            return [about for noted, _, about in self.notes() if noted == word]
        return until(find, f"'{word}' in the log")[0]

    def file(self, name):
        """Waits for a file that the command writes, and returns the number in it."""
        return int(until(lambda: read(self.path(name)).strip(), f"file '{name}'"))

    def marked(self):
        """All living processes that inherited the mark: {pid: state}."""
        return {pid: state(pid) for pid in pids() if alive(pid) and
                self.mark.encode() in read(f"/proc/{pid}/environ").split(b"\0")}

    def all_gone(self):
        """Waits until nothing marked is alive; returns how long that took."""
        begin = time.monotonic()
        try:
            until(lambda: not self.marked(), "nothing alive")
        except AssertionError:
            raise AssertionError(f"still alive: {self.marked()}") from None
        return time.monotonic() - begin

    def signal_all(self, number):
        for pid in self.marked():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def close(self):
        """Ends whatever is left; all are frozen before any is killed, so that nobody reacts."""
        for number in (signal.SIGSTOP, signal.SIGSTOP, signal.SIGKILL, signal.SIGKILL):
            self.signal_all(number)
        reports = [read(self.path(name)).decode() for name in os.listdir(self.directory.name)
                   if name.startswith("sanitizer")]
        self.directory.cleanup()
        if reports:
            raise AssertionError("\n".join(reports))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Run(Marked):
    """run-child without a terminal."""

    def __init__(self, *arguments, path=None, stdout=subprocess.DEVNULL):
        super().__init__()
        if path:
            self.environment["PATH"] = path
        self.process = subprocess.Popen(
            [RUN_CHILD, "--log", self.log, *arguments],
            stdin=subprocess.DEVNULL, stdout=stdout, start_new_session=True, env=self.environment)

    @property
    def pid(self):
        return self.process.pid

    def kill(self, number, pid=None):
        os.kill(pid or self.pid, number)

    def wait(self):
        return self.process.wait(LIMIT_S)

    def close(self):
        try:
            super().close()
        finally:
            self.process.wait()
