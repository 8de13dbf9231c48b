"""From marked lines to hunks: runs of changed lines are slid to where git puts them, and paired.

A run may be slid up when the line before it equals its last one, and down when the line behind it equals its first
one; the file is the same either way. Runs that meet become one, and a run that can stand beside a change of the other
side does, so that a replaced piece is one hunk; any other goes where it looks like a block (``line_indents``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.ado.line_indents import best_end

Group = tuple[int, int, int, int]
"""(first old line, number of them, first new line, number of them)."""


class Side(NamedTuple):
    """One version of a file: its lines, a number for each (the same for equal ones), and 1 for each that differs."""

    lines: Sequence[bytes]
    numbers: Sequence[int]
    changed: bytearray


def changed_groups(left: Side, right: Side) -> Iterator[Group]:
    """Slide the runs of both sides, then give each change with its lines on both sides."""
    _slide_all(left, right)
    _slide_all(right, left)
    gone, come = left.changed, right.changed
    old = new = 0
    while old < len(gone) or new < len(come):
        first_old, first_new = old, new
        while old < len(gone) and gone[old]:
            old += 1
        while new < len(come) and come[new]:
            new += 1
        if old > first_old or new > first_new:
            yield first_old, old - first_old, first_new, new - first_new
        else:
            old, new = old + 1, new + 1


class _Run:
    """A run of changed lines, perhaps empty: between each two unchanged lines of a side lies one."""

    def __init__(self, changed: bytearray) -> None:
        self._changed = changed
        self.start = 0
        self.end = self._run_end(0)

    def _run_end(self, start: int) -> int:
        end = self._changed.find(0, start)
        return len(self._changed) if end < 0 else end

    @property
    def empty(self) -> bool:
        return self.start == self.end

    def next(self) -> bool:
        """Go to the run behind the next unchanged line; False at the end."""
        if self.end == len(self._changed):
            return False
        self.start = self.end + 1
        self.end = self._run_end(self.start)
        return True

    def previous(self) -> None:
        """Go to the run before the unchanged line that is before this one."""
        self.end = self.start - 1
        self.start = self._changed.rfind(0, 0, self.end) + 1

    def slide_up(self, lines: Sequence[int]) -> bool:
        """One line up; a run met there becomes part of this one."""
        if self.start == 0 or lines[self.start - 1] != lines[self.end - 1]:
            return False
        self.start, self.end = self.start - 1, self.end - 1
        self._changed[self.start], self._changed[self.end] = 1, 0
        self.start = self._changed.rfind(0, 0, self.start) + 1
        return True

    def slide_down(self, lines: Sequence[int]) -> bool:
        """One line down; a run met there becomes part of this one."""
        if self.end == len(self._changed) or lines[self.start] != lines[self.end]:
            return False
        self._changed[self.start], self._changed[self.end] = 0, 1
        self.start, self.end = self.start + 1, self._run_end(self.end + 1)
        return True


def _slide_all(side: Side, opposite: Side) -> None:
    run, other = _Run(side.changed), _Run(opposite.changed)
    while True:
        if not run.empty:
            _slide(side, run, other)
        if not run.next():
            return
        other.next()


def _slide(side: Side, run: _Run, other: _Run) -> None:
    """As far up and then down as it goes, until nothing more is met; then back up to where it stands best."""
    size = -1
    earliest = -1
    beside = False
    while size != run.end - run.start:
        size = run.end - run.start
        while run.slide_up(side.numbers):
            other.previous()
        earliest = run.end
        beside = not other.empty
        while run.slide_down(side.numbers):
            other.next()
            beside = beside or not other.empty
    if run.end == earliest:
        return
    best = -1 if beside else best_end(side.lines, size, earliest, run.end)
    while other.empty if beside else run.end > best:
        run.slide_up(side.numbers)
        other.previous()
