"""Where a run of changed lines is cut off best from its surroundings, judged by indentation and blank lines.

A run that can stand in several places is put where people see a block: git's ``--indent-heuristic``, on by default.
The weights are git's, found by comparing with what people chose (https://github.com/mhagger/diff-slider-tools).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

BLANK: Final = -1
"""The indentation of a line that has nothing but white space."""
DEEPEST: Final = 200
MOST_BLANKS: Final = 20
FURTHEST: Final = 100
"""Lines that a run is looked at being slid."""

_START_OF_FILE: Final = 1
_END_OF_FILE: Final = 21
_EACH_BLANK: Final = -30
_BLANK_BEHIND: Final = 6
_LESS_INDENTED: Final = 60


class _Relative(NamedTuple):
    """What a cut before a line costs, by how the line stands to the one before: without blank lines, and with."""

    plain: int
    with_blanks: int


_DEEPER: Final = _Relative(-4, 10)
_OUT_BEFORE_DEEPER: Final = _Relative(24, 17)
_OUT: Final = _Relative(23, 17)


def indent_of(line: bytes) -> int:
    """Columns before the first character that is no white space; BLANK where there is none."""
    column = 0
    for character in line:
        if character == 0x20:
            column += 1
        elif character == 0x09:
            column += 8 - column % 8
        elif character not in b"\n\r\v\f":
            return column
        if column >= DEEPEST:
            return DEEPEST
    return BLANK


def best_end(lines: Sequence[bytes], size: int, earliest: int, latest: int) -> int:
    """Where a run of ``size`` lines that may end anywhere from ``earliest`` to ``latest`` ends best; the last of ties.

    An end is the number of the line behind the run.
    """
    first = max(earliest, latest - size - 1, latest - FURTHEST)
    best, best_indent, best_cost = first, 0, 0
    for end in range(first, latest + 1):
        indent_behind, cost_behind = _cut(lines, end)
        indent_before, cost_before = _cut(lines, end - size)
        indent, cost = indent_behind + indent_before, cost_behind + cost_before
        deeper = (indent > best_indent) - (indent < best_indent)
        if end == first or _LESS_INDENTED * deeper + cost - best_cost <= 0:
            best, best_indent, best_cost = end, indent, cost
    return best


def _cut(lines: Sequence[bytes], at: int) -> tuple[int, int]:
    """The indentation at a cut before a line, and what the cut costs; less is better for both."""
    own = indent_of(lines[at]) if at < len(lines) else BLANK
    blanks_before, before = _neighbour(lines, range(at - 1, -1, -1))
    blanks_after, after = _neighbour(lines, range(at + 1, len(lines)))
    blanks_behind = blanks_after + 1 if own == BLANK else 0
    blanks = blanks_before + blanks_behind
    cost = _EACH_BLANK * blanks + _BLANK_BEHIND * blanks_behind
    if before == BLANK and not blanks_before:
        cost += _START_OF_FILE
    if at >= len(lines):
        cost += _END_OF_FILE
    indent = after if own == BLANK else own
    relative = _relative(indent, before, after)
    if relative:
        cost += relative.with_blanks if blanks else relative.plain
    return indent, cost


def _relative(indent: int, before: int, after: int) -> _Relative | None:
    if BLANK in (indent, before) or indent == before:
        return None
    if indent > before:
        return _DEEPER
    return _OUT_BEFORE_DEEPER if after > indent else _OUT


def _neighbour(lines: Sequence[bytes], places: range) -> tuple[int, int]:
    """How many blank lines come first, and the indentation of the line behind them."""
    blanks = 0
    for place in places:
        indent = indent_of(lines[place])
        if indent != BLANK:
            return blanks, indent
        blanks += 1
        if blanks == MOST_BLANKS:
            return blanks, 0
    return blanks, BLANK
