#!/usr/bin/env python3
"""Which words stand in memory of a process that a core dump would hold?

    dumped.py PID WORD...      prints "WORD PLACE COUNT" for each that is found; 0 if none is

Pages that madvise(MADV_DONTDUMP) has marked are left out, as the kernel leaves them out. Exits
with 77 where reading another process's memory is not allowed.
"""
import re
import sys


def areas(pid):
    """(first, last, name) of each readable one that is dumped."""
    with open(f"/proc/{pid}/smaps", encoding="ascii") as smaps:
        for line in smaps:
            start = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r\S*) \S+ \S+ \S+ *(.*)", line)
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                area = start
            elif line.startswith("VmFlags:") and area and " dd" not in line:
                yield int(area[1], 16), int(area[2], 16), area[4] or area[1]


def main():
    pid, words = sys.argv[1], [word.encode() for word in sys.argv[2:]]
    found = False
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for first, last, name in areas(pid):
                if last - first > 1 << 32:
                    continue  # a sanitizer's shadow
                try:
                    memory.seek(first)
                    data = memory.read(last - first)
                except OSError:
                    continue  # [vvar]
                for word in words:
                    if data.count(word):
                        print(word.decode(), name, data.count(word))
                        found = True
    except PermissionError:
        return 77
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
