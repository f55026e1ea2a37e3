"""bench.py [--quick] [--rounds N] [--build DIR] [single|contention|holding]... - see scripts/bench."""

import argparse
import datetime
import os
import pathlib
import pickle
import sys
import tempfile
import time

import contention
import holding
import single
from figures import table
from world import World

MODES = {"single": single, "contention": contention, "holding": holding}
ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- begin: scripts/bench -->\n", "<!-- end: scripts/bench -->\n"


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, metavar="N", help="of single runs (60)")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs")
    parser.add_argument("modes", nargs="*", choices=[*MODES, []])
    return parser.parse_args()


def machine():
    with open("/etc/os-release", encoding="utf-8") as file:
        release = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    name, number = release.get("ID", "?").strip('"'), release.get("VERSION_ID", "").strip('"')
    return f"{len(os.sched_getaffinity(0))} cores, {name.capitalize()} {number}"


def write(path, text):
    """Replaces what stands between the two marks, or makes the file."""
    old = path.read_text(encoding="utf-8") if path.exists() else BEGIN + END
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    path.write_text(before + BEGIN + text + END + after, encoding="utf-8")


def main():
    options = read_options()
    began = time.monotonic()

    def say(text):
        print(f"bench: {time.monotonic() - began:4.0f} s: {text}", file=sys.stderr, flush=True)

    kept = options.build / "bench-results"  # of the other modes, if only one is run
    results = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    with tempfile.TemporaryDirectory() as work, World(options.build, work) as world:
        for mode in options.modes or MODES:
            measured = MODES[mode].measure(world, options, say)
            results[mode] = (*MODES[mode].report(measured, options.out), options.quick)
            world.stop()
            kept.write_bytes(pickle.dumps(results))
            write(options.out / "benchmarks.md", page(results))
    print(page(results))
    say(f"written to {options.out / 'benchmarks.md'}")


def page(results):
    """What is known by now, of all modes."""
    parts = [results[mode] for mode in MODES if mode in results]
    rows = [(*row[:3], "met" if row[3] else "**not met**") for part in parts for row in part[1]]
    today = datetime.datetime.now(datetime.timezone.utc)
    quick = ", in part with few rounds" if any(part[2] for part in parts) else ""
    return (f"\nMeasured on {today:%d %B %Y} on {machine()}{quick}.\n"
            "Medians, with the quartiles in brackets.\n\n### Targets\n\n" + table(["", "wanted", "measured", ""], rows) + "\n"
            + "\n".join(part[0] for part in parts) + "\n")


main()
