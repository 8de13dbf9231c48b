"""From marked lines to hunks: runs of changed lines are slid to where git puts them, and paired.

A run may be slid up when the line before it equals its last one, and down when the line behind it equals its first
one; the file is the same either way. Runs that meet become one, and a run that can stand beside a change of the other
side does, so that a replaced piece is one hunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Group = tuple[int, int, int, int]
"""(first old line, number of them, first new line, number of them)."""


def changed_groups(left: Sequence[int], right: Sequence[int], gone: bytearray, come: bytearray) -> Iterator[Group]:
    """Slide the runs of both sides, then give each change with its lines on both sides."""
    _slide_all(left, gone, come)
    _slide_all(right, come, gone)
    old = new = 0
    while old < len(left) or new < len(right):
        first_old, first_new = old, new
        while old < len(left) and gone[old]:
            old += 1
        while new < len(right) and come[new]:
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


def _slide_all(lines: Sequence[int], changed: bytearray, other_changed: bytearray) -> None:
    run, other = _Run(changed), _Run(other_changed)
    while True:
        if not run.empty:
            _slide(lines, run, other)
        if not run.next():
            return
        other.next()


def _slide(lines: Sequence[int], run: _Run, other: _Run) -> None:
    """As far up and then down as it goes, until nothing more is met; then back to a change of the other side."""
    size = -1
    beside = -1
    while size != run.end - run.start:
        size = run.end - run.start
        beside = -1
        while run.slide_up(lines):
            other.previous()
        if not other.empty:
            beside = run.end
        while run.slide_down(lines):
            other.next()
            if not other.empty:
                beside = run.end
    if beside >= 0:
        while other.empty:
            run.slide_up(lines)
            other.previous()
