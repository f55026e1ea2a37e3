"""What tests in Python share: waiting, the clock, processes as /proc shows them, cwlogs-local."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

LIMIT_S = 120  # keeps a broken build from hanging; no test asserts a duration with it
HOLD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos", "hold.py")
SANITIZER = ("AddressSanitizer", "ThreadSanitizer", "LeakSanitizer", "runtime error:")


def until(condition, what, limit_s=LIMIT_S):
    """Waits until condition() is true and returns its value. what: words, or what gives them."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit_s} s: {what() if callable(what) else what}")
        time.sleep(0.01)


def now_ms():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def text_of(path):
    return read(path).decode(errors="replace")


def complains(text):
    """Is there a sanitizer's report in it?"""
    return any(word in text for word in SANITIZER)


def takes_preloaded(program):
    """Is it linked with libraries at run time? A static one passes LD_PRELOAD over."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return "libc." in told.stdout


def state(pid):
    """The state letter of a process, or None."""
    text = text_of(f"/proc/{pid}/stat")
    return text.rpartition(")")[2].split()[0] if text else None


def alive(pid):
    return state(pid) not in (None, "Z", "X")


def pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def children(pid):
    """Those of all its threads."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []
    return [int(word) for task in tasks for word in read(f"/proc/{pid}/task/{task}/children").split()]


def guardian_of(pid):
    """The guardian of a withlock, or None."""
    for child in children(pid):
        if read(f"/proc/{child}/comm").startswith(b"withlock-guard"):
            return child
    return None


def arguments(pid):
    """What a process was started with; none of a zombie."""
    return text_of(f"/proc/{pid}/cmdline").split("\0")


def naming(mark):
    """Whoever has the mark as an argument."""
    return [pid for pid in pids() if mark in arguments(pid)]


def environment(url, **more):
    """In which withlock finds the service, and nothing of the caller's."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("AWS_", "WITHLOCK_"))}
    return dict(kept, AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="secret",
                AWS_REGION="eu-central-1", AWS_EC2_METADATA_DISABLED="true", AWS_ENDPOINT_URL=url,
                AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null", **more)


class Service:
    """cwlogs-local of a build folder, with a port of its own."""

    def __init__(self, build, *options, listen="127.0.0.1:0", below=()):
        path = os.path.join(build, "src/cwlogs-local/cwlogs-local")
        self.process = subprocess.Popen([*below, path, "--listen", listen, *options],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def ask(self, path, document=None, headers=None):
        data = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.url + path, data, headers or {})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def call(self, operation, document):
        return self.ask("", document, {"Content-Type": "application/x-amz-json-1.1",
                                       "X-Amz-Target": "Logs_20140328." + operation})

    def delete_all(self):
        for name in self.groups():
            try:
                self.call("DeleteLogGroup", {"logGroupName": name})
            except urllib.error.HTTPError as answer:
                if b"ResourceNotFoundException" not in answer.read():  # its owner was quicker
                    raise

    def faults(self, **faults):
        self.ask("/_faults", faults)

    def groups(self, prefix=""):
        """What there is, whatever listings show."""
        names = [group["logGroupName"] for group in self.ask("/_groups")]
        return [name for name in names if name.startswith(prefix)]

    def log(self):
        """The operations so far, in order."""
        return self.ask("/_log")

    def stop(self):
        """True if it ended well."""
        self.process.terminate()
        self.process.stdout.close()
        return self.process.wait(LIMIT_S) == 0


def standing(log, prefix, moment_ms):
    """Which log groups below a prefix there were just before that moment, by a service's log."""
    names = set()
    for entry in log:
        name = entry.get("logGroupName", "")
        if entry["applied"] and entry["mono_ms"] < moment_ms and name.startswith(prefix + "/"):
            if entry["operation"] == "CreateLogGroup":
                names.add(name)
            elif entry["operation"] == "DeleteLogGroup":
                names.discard(name)
    return names


class Holder:
    """A withlock (words: it and its options) whose command is hold.py: what both have written."""

    def __init__(self, folder, name, words, seconds, way, surroundings, beat_s=0.005):
        self.name, self.way = name, way
        self.record = os.path.join(folder, "record-" + name)
        self.errors = os.path.join(folder, "errors-" + name)
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [*words, "--", sys.executable, HOLD, self.record, name, str(seconds), way,
                 str(beat_s)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                env=surroundings, start_new_session=True)

    def started(self):
        return bool(read(self.record))

    def over(self):
        return self.process.poll() is not None

    def times(self):
        """When the command was seen alive first and last."""
        moments = [int(line.split()[2]) for line in text_of(self.record).splitlines()]
        return min(moments), max(moments)

    def stderr(self):
        return text_of(self.errors)
