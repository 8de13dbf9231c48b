"""Which lines differ between two versions of a file: the same hunks that ``git diff -U0`` gives.

The shortest edit script by E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (Algorithmica 1, 1986), in
its linear-space form. Where several scripts are as short as each other, or a shortest one costs too much, the choices
are git's (https://git-scm.com/docs/git-diff, ``--diff-algorithm=myers``), so that counts agree with what people see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from shared.ado.line_groups import Side, changed_groups
from shared.ado.shortest_edit import mark_differences, root

MOST_COMMON: Final = 1024
"""A line that the other side has so often, or as often as the root of the file's length, is common."""
WINDOW: Final = 100
"""How far to either side of a common line it is looked whether its neighbours have counterparts."""
UNMATCHED_SHARE: Final = 4
"""A common line is left out when less than one in so many of the lines around it may have a counterpart."""


class Hunk(NamedTuple):
    """``removed`` lines from line ``old`` on were replaced by ``added`` lines from line ``new`` on; both from 0."""

    old: int
    removed: int
    new: int
    added: int


def hunks(old: Sequence[bytes], new: Sequence[bytes]) -> list[Hunk]:
    """The differences between two lists of lines, in order. Raises DiffTooCostlyError."""
    numbers: dict[bytes, int] = {}
    left = [numbers.setdefault(line, len(numbers)) for line in old]
    right = [numbers.setdefault(line, len(numbers)) for line in new]
    gone, come = _changed(left, right)
    return [Hunk(*group) for group in changed_groups(Side(old, left, gone), Side(new, right, come))]


def _changed(left: list[int], right: list[int]) -> tuple[bytearray, bytearray]:
    """For each line of either side 1 if it differs, else 0."""
    gone, come = bytearray(len(left)), bytearray(len(right))
    start = _common_start(left, right)
    end = _common_end(left, right, start)
    inner_left, inner_right = range(start, len(left) - end), range(start, len(right) - end)
    if not inner_left or not inner_right:
        gone[start : len(left) - end] = b"\1" * len(inner_left)
        come[start : len(right) - end] = b"\1" * len(inner_right)
        return gone, come
    in_left, in_right = Counter(left), Counter(right)
    kept_left = _comparable(left, inner_left, in_right, gone)
    kept_right = _comparable(right, inner_right, in_left, come)
    mark_differences(left, kept_left, gone, right, kept_right, come)
    return gone, come


def _common_start(left: Sequence[int], right: Sequence[int]) -> int:
    shorter = min(len(left), len(right))
    for index in range(shorter):
        if left[index] != right[index]:
            return index
    return shorter


def _common_end(left: Sequence[int], right: Sequence[int], start: int) -> int:
    longest = min(len(left), len(right)) - start
    for index in range(longest):
        if left[-1 - index] != right[-1 - index]:
            return index
    return longest


def _comparable(lines: list[int], inner: range, in_other: Counter[int], changed: bytearray) -> list[int]:
    """The places of the lines worth comparing; the others are marked as changed.

    A line that the other side lacks differs for certain. A common one among many of those would only tear a change
    into pieces.
    """
    limit = min(root(len(lines)), MOST_COMMON)
    times = [in_other[lines[index]] for index in inner]
    kinds = bytes(0 if count == 0 else 2 if count >= limit else 1 for count in times)
    kept = []
    for place, kind in enumerate(kinds):
        if kind == 1 or (kind == 2 and not _among_unmatched(kinds, place)):
            kept.append(inner[place])
        else:
            changed[inner[place]] = 1
    return kept


def _among_unmatched(kinds: bytes, place: int) -> bool:
    before = kinds[max(0, place - WINDOW) : place][::-1]
    after = kinds[place + 1 : place + WINDOW + 1]
    run_before, run_after = _run(before), _run(after)
    unmatched_before, unmatched_after = run_before.count(0), run_after.count(0)
    if not unmatched_before or not unmatched_after:
        return False
    unmatched = unmatched_before + unmatched_after
    # The line itself counts once for each side.
    common = run_before.count(2) + run_after.count(2) + 2
    return common * UNMATCHED_SHARE < common + unmatched


def _run(kinds: bytes) -> bytes:
    """The lines up to the first that has a counterpart of its own."""
    end = kinds.find(1)
    return kinds if end < 0 else kinds[:end]
