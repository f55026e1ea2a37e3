#!/usr/bin/env python3
"""--watch on a terminal: kept up to date in its place, whatever its size; what does not fit is counted."""

import os
import re
import unittest

from terminal import CTRL_C, Terminal
from world import Service, environment, until

BUILD = os.environ["WITHLOCK_BUILD"]
WITHLOCK = os.path.join(BUILD, "src/withlock")
FRAME = re.compile(rb"every [0-9]+ s, calls each time: [0-9]+; \^C ends\r\n")


class Screen:
    """What a terminal shows that knows no more than withlock uses: lines, up, clear."""

    def __init__(self, output, columns):
        self.lines, self.row = [[]], 0
        for piece in re.findall(rb"\x1b\[[0-9]*F|\x1b\[J|\x1b\[H\x1b\[2J|\r\n|[^\x1b\r]+", output):
            if piece == b"\r\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append([])
            elif piece == b"\x1b[J":
                self.lines[self.row:] = [[]]
            elif piece.startswith(b"\x1b[H"):
                self.lines, self.row = [[]], 0
            elif piece.endswith(b"F"):
                self.row -= int(piece[2:-1])
                assert self.row >= 0
            else:
                wrapped = [piece[at:at + columns] for at in range(0, len(piece), columns)]
                self.lines[self.row:self.row + 1] = wrapped
                self.row += len(wrapped) - 1
        self.text = [b"".join(line if isinstance(line, list) else [line]).decode() for line in self.lines]


class Watch(unittest.TestCase):
    def setUp(self):
        self.service = Service(BUILD)
        for number in range(20):
            self.plant(number)

    def tearDown(self):
        self.assertTrue(self.service.stop())

    def plant(self, number):
        self.service.ask("/_groups", {"logGroupName": f"jobs/l{number}/h{number}#t900#h#k7#lrelease"})

    def watch(self, columns, rows):
        terminal = Terminal([WITHLOCK, "-p", "jobs", "--list", "--watch", "1"],
                            environment(self.service.url) | {"TERM": "xterm"})
        terminal.resize(rows, columns)
        return terminal

    def frames(self, terminal, count):
        def enough():
            terminal.drain()
            return len(FRAME.findall(terminal.output)) >= count
        until(enough, lambda: f"{count} frames in {terminal.output}")

    def screen(self, terminal, columns, holds):
        def seen():
            terminal.drain()
            try:
                text = Screen(terminal.output, columns).text
            except AssertionError:
                return None
            return text if any(holds in line for line in text) else None
        return until(seen, lambda: f"{holds} in {terminal.output}")

    def test_in_its_place_and_never_more_than_there_is_room_for(self):
        for columns, rows in ((40, 10), (200, 10), (200, 40)):
            with self.subTest(columns=columns, rows=rows), self.watch(columns, rows) as terminal:
                self.frames(terminal, 4)
                terminal.press(CTRL_C)
                terminal.event()
                self.assertEqual(terminal.event(), ("ended", 130))
                terminal.drain()
                begin = FRAME.search(terminal.output)
                screen = Screen(terminal.output[begin.start():], columns)
                shown = [line for line in screen.text if line and line != "^C"]
                self.assertLess(len(shown), rows)
                self.assertEqual(sum(FRAME.match(line.encode() + b"\r\n") is not None for line in shown), 1)
                locks = len(re.findall(r"\bh[0-9]+ +release", "\n".join(shown)))
                more = re.search(r"\.\.\. ([0-9]+) more lines?", "\n".join(shown))
                lines_each = 2 if columns == 40 else 1
                self.assertEqual(locks * lines_each + (int(more[1]) if more else 0), 20 * lines_each
                                 if more is None or lines_each == 1 else locks * 2 + int(more[1]))
                self.assertEqual(more is None, rows == 40)

    def test_it_follows_what_happens_and_a_new_size(self):
        with self.watch(200, 50) as terminal:
            self.screen(terminal, 200, "20 locks below 'jobs'")
            self.plant(99)
            self.screen(terminal, 200, "21 locks below 'jobs'")
            terminal.resize(50, 100)
            text = self.screen(terminal, 100, "21 locks below 'jobs'")
            self.frames(terminal, len(FRAME.findall(terminal.output)) + 2)
            self.assertIn(b"\x1b[H\x1b[2J", terminal.output)
            terminal.press(CTRL_C)
            terminal.event()
            self.assertEqual(terminal.event(), ("ended", 130))


if __name__ == "__main__":
    unittest.main()
