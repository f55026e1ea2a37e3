"""bench.py --build DIR --out DIR [--quick] [--rounds N] [MODE]... - for scripts/bench, which reads the
options."""

import argparse
import ctypes
import datetime
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import contention
import etcd
import fleet
import holding
import single
from figures import table
from world import World

FLEET = {f"fleet-{name}": part for name, part in fleet.PARTS.items()}
MODES = {"single": single, "etcd": etcd, "contention": contention, "holding": holding, **FLEET}
ROOT = pathlib.Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER = 36


class Stopped(Exception):
    """By a signal."""


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("modes", nargs="*")
    return parser.parse_args()


def modes_of(options):
    named = options.modes or ["single", "etcd", "contention", "holding", "fleet"]
    return [mode for name in named for mode in (FLEET if name == "fleet" else [name])]


def machine():
    with open("/etc/os-release", encoding="utf-8") as file:
        release = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    name, number = release.get("ID", "?").strip('"'), release.get("VERSION_ID", "").strip('"')
    return f"{len(os.sched_getaffinity(0))} cores, {name.capitalize()} {number}"


def commit():
    """The short name of what is measured, with a + if it is changed; None outside of git."""
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True,
                              check=False)
    try:
        name = git("rev-parse", "--short", "HEAD") if (ROOT / ".git").exists() else None
        if not name or name.returncode:
            return None
        changed = git("diff", "--quiet", "HEAD", "--", ".", ":!docs").returncode
    except FileNotFoundError:
        return None
    return name.stdout.strip() + ("+" if changed else "")


def marks(mode):
    return f"<!-- begin: scripts/bench {mode} -->\n", f"<!-- end: scripts/bench {mode} -->\n"


def write(path, mode, text):
    """Replaces what stands between the two marks of a mode, and nothing else."""
    begin, end = marks(mode)
    old = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    if begin not in old or end not in old:
        old += "\n" + begin + end
    before, after = old.split(begin)[0], old.split(end)[1]
    path.write_text(before + begin + text + end + after, encoding="utf-8")


def part(mode, targets, text, options, of_commit):
    now = datetime.datetime.now(datetime.timezone.utc)
    rounds = medians = ""
    if mode in ("single", "etcd"):
        rounds = f", {single.rounds_of(options)} rounds"
        medians = "Medians, with the quartiles in brackets.\n"
    if mode in FLEET:
        title, targets_title = f"### {FLEET[mode].title}", ""
    else:
        title, targets_title = f"## {mode.capitalize()}", "\n### Targets\n"
    return (f"\n{title}\n\n"
            f"Measured on {now:%d %B %Y}{f' at {of_commit}' if of_commit else ''} on {machine()}"
            f"{rounds}{', quickly (--quick)' if options.quick else ''}.\n"
            f"{medians}{targets_title}\n"
            + table(["", "wanted", "measured", ""], targets) + "\n" + text + "\n")


def measure(options, work):
    began = time.monotonic()

    def say(text):
        print(f"bench: {time.monotonic() - began:4.0f} s: {text}", file=sys.stderr, flush=True)

    options.out.mkdir(parents=True, exist_ok=True)
    page, of_commit = options.out / "benchmarks.md", commit()
    with World(options.build, work) as world:
        for mode in modes_of(options):
            text, targets = MODES[mode].report(MODES[mode].measure(world, options, say),
                                               options.out)
            world.stop()
            shown = part(mode, targets, text, options, of_commit)
            write(page, mode, shown)
            print(shown, flush=True)
    say(f"written to {page}")


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def kill_below(pid):
    for child in children(pid):
        try:
            kill_below(child)
            os.kill(child, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass  # has ended meanwhile


def stop_all():
    """Ends whatever was started, by anybody: orphans become children of ours."""
    while children(os.getpid()):
        kill_below(os.getpid())
        try:
            os.wait()
        except ChildProcessError:
            pass


def main():
    """A process of its own measures, so that nothing goes on when it is told to stop."""
    options = read_options()
    signals = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM]

    def stopped(number, _):
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit("bench: this kernel does not let us look after what is started")
    work = tempfile.TemporaryDirectory(prefix="withlock-bench-")
    status = 1
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    pid = os.fork()
    if pid == 0:
        os.setsid()  # a ^C is for the one above alone
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        try:
            measure(options, work.name)
            status = 0
        except (RuntimeError, OSError) as error:
            print(f"bench: {error}", file=sys.stderr)
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    try:
        for each in signals:
            signal.signal(each, stopped)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except Stopped as by:
        status = 128 + by.args[0]
        print(f"bench: stopped by {signal.Signals(by.args[0]).name}", file=sys.stderr)
    finally:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        stop_all()
        work.cleanup()
    sys.exit(status)


main()
