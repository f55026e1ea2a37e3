#!/usr/bin/env python3
"""Did two hold the lock at once? Reads lines 'start ID MS' and 'stop ID MS', from any number of
writers in any order of lines, all times of one clock.

Usage: check_overlap.py [--holders N] [--holds N] FILE

Exit status: 0 if never more than N holders (1) at once; 1 if there were, each case on a line;
2 if the record is unusable: nothing in it, a start without a stop, or not as many holds as said.
A stop and a start in the same millisecond are no overlap.
"""

import argparse
import sys


class Unusable(Exception):
    pass


def read_holds(lines):
    """[(start, stop, id)], of each ID its starts and stops in turn."""
    events = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if len(words) != 3 or words[0] not in ("start", "stop") or not words[2].isdigit():
            raise Unusable(f"line {number}: {line.rstrip()}")
        events.setdefault(words[1], []).append((int(words[2]), words[0] == "start"))
    holds = []
    for holder, times in events.items():
        times.sort(key=lambda event: event[0])
        if [is_start for _, is_start in times] != [True, False] * (len(times) // 2):
            raise Unusable(f"{holder}: starts and stops do not alternate: {times}")
        holds += [(start[0], stop[0], holder) for start, stop in zip(times[::2], times[1::2])]
    if not holds:
        raise Unusable("no holds")
    return sorted(holds)


def overlaps(holds, holders):
    """For each hold that begins as one too many: those that it meets."""
    for index, (start, _, holder) in enumerate(holds):
        met = [other for other in holds[:index] if other[1] > start]
        if len(met) >= holders:
            yield start, holder, met


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holders", type=int, default=1)
    parser.add_argument("--holds", type=int)
    parser.add_argument("file")
    options = parser.parse_args()
    try:
        with open(options.file, encoding="ascii") as lines:
            holds = read_holds(lines)
        if options.holds is not None and len(holds) != options.holds:
            raise Unusable(f"{len(holds)} holds, not {options.holds}")
    except (Unusable, OSError, UnicodeDecodeError) as error:
        print(f"check_overlap: {options.file}: {error}", file=sys.stderr)
        return 2
    found = list(overlaps(holds, options.holders))
    for start, holder, met in found:
        others = ", ".join(f"{other} ({begin} to {end})" for begin, end, other in met)
        print(f"at {start} {holder} began while there held: {others}")
    return 1 if found else 0


sys.exit(main())
