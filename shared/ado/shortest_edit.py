"""The shortest edit script between two sequences of numbers, by Myers' divide and conquer with a bounded search.

Two searches run towards each other over the diagonals ``left index - right index``; where they meet, the problem is
cut in two. After so many rounds the best place reached so far is taken instead (git does so too, so that one bad file
cannot cost for ever).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from shared.errors import ContractError

LEAST_ROUNDS: Final = 256
"""A search goes on for at least so many rounds before it takes the best place so far."""
LONG_SNAKE: Final = 20
"""So many equal lines in a row are worth cutting at, after ``LEAST_ROUNDS``."""
GOOD_PROGRESS: Final = 4
"""Such a place must have come so many times further than there were rounds."""
MAX_STEPS: Final = 40_000_000
"""Steps in one comparison: some seconds of work."""

_FAR: Final = 1 << 60


class DiffTooCostlyError(ContractError):
    """Two versions of a file have too little in common for an answer in reasonable time."""

    def __init__(self) -> None:
        super().__init__("two versions of a file are too different to compare", code="diff.too_costly")


class _Box(NamedTuple):
    """A piece of both sequences still to be compared."""

    left: int
    left_end: int
    right: int
    right_end: int


class _Cut(NamedTuple):
    left: int
    right: int
    exact_before: bool = True
    exact_after: bool = True


def root(number: int) -> int:
    """A power of two near the square root, as git reckons it."""
    result = 1
    while number > 0:
        result <<= 1
        number >>= 2
    return result


def mark_differences(
    left: Sequence[int],
    kept_left: Sequence[int],
    gone: bytearray,
    right: Sequence[int],
    kept_right: Sequence[int],
    come: bytearray,
) -> None:
    """Mark in ``gone`` and ``come`` what differs between the kept lines of both sides.

    Raises DiffTooCostlyError.
    """
    a, b = [left[index] for index in kept_left], [right[index] for index in kept_right]
    search = _Search(a, b)
    # The second half waits; each half may again be cut.
    waiting = [(_Box(0, len(a), 0, len(b)), False)]
    while waiting:
        box, exact = waiting.pop()
        box = _trimmed(a, b, box)
        if box.left == box.left_end or box.right == box.right_end:
            for index in range(box.left, box.left_end):
                gone[kept_left[index]] = 1
            for index in range(box.right, box.right_end):
                come[kept_right[index]] = 1
            continue
        cut = search.cut(box, exact=exact)
        waiting.append((_Box(cut.left, box.left_end, cut.right, box.right_end), cut.exact_after))
        waiting.append((_Box(box.left, cut.left, box.right, cut.right), cut.exact_before))


def _trimmed(a: Sequence[int], b: Sequence[int], box: _Box) -> _Box:
    left, left_end, right, right_end = box
    while left < left_end and right < right_end and a[left] == b[right]:
        left, right = left + 1, right + 1
    while left < left_end and right < right_end and a[left_end - 1] == b[right_end - 1]:
        left_end, right_end = left_end - 1, right_end - 1
    return _Box(left, left_end, right, right_end)


class _Search:
    """Finds where to cut. ``_ahead[d]`` and ``_back[d]`` are how far each search has come on diagonal ``d``."""

    def __init__(self, a: Sequence[int], b: Sequence[int]) -> None:
        self._a, self._b = a, b
        # Room for a diagonal beyond either end; negative ones are counted from the end of the list.
        size = len(a) + len(b) + 3
        self._ahead, self._back = [0] * size, [0] * size
        self._most_rounds = max(root(size), LEAST_ROUNDS)
        self._steps = 0

    def cut(self, box: _Box, *, exact: bool) -> _Cut:
        """Where to cut ``box``, whose first and last lines differ. ``exact``: however long it takes."""
        lowest, highest = box.left - box.right_end, box.left_end - box.right
        forward = _Front(box.left - box.right)
        backward = _Front(box.left_end - box.right_end)
        self._ahead[forward.middle], self._back[backward.middle] = box.left, box.left_end
        odd = (forward.middle - backward.middle) % 2 == 1
        for rounds in range(1, _FAR):
            forward.widen(self._ahead, lowest, highest, -1)
            met, snake_ahead = self._forward(box, forward, backward if odd else None)
            if met:
                return met
            backward.widen(self._back, lowest, highest, _FAR)
            met, snake_back = self._backward(box, backward, None if odd else forward)
            if met:
                return met
            self._steps += forward.high - forward.low + backward.high - backward.low
            if self._steps > MAX_STEPS:
                raise DiffTooCostlyError
            if exact:
                continue
            if (snake_ahead or snake_back) and rounds > LEAST_ROUNDS:
                found = self._snake_ahead(box, forward, rounds) or self._snake_back(box, backward, rounds)
                if found:
                    return found
            if rounds >= self._most_rounds:
                return self._furthest(box, forward, backward)
        raise DiffTooCostlyError

    def _forward(self, box: _Box, front: _Front, other: _Front | None) -> tuple[_Cut | None, bool]:
        a, b, ahead, back = self._a, self._b, self._ahead, self._back
        _, left_end, _, right_end = box
        long_snake = False
        for diagonal in front.diagonals():
            below, above = ahead[diagonal - 1], ahead[diagonal + 1]
            x = begin = below + 1 if below >= above else above
            y = x - diagonal
            while x < left_end and y < right_end and a[x] == b[y]:
                x, y = x + 1, y + 1
            long_snake = long_snake or x - begin > LONG_SNAKE
            ahead[diagonal] = x
            if other and other.low <= diagonal <= other.high and back[diagonal] <= x:
                return _Cut(x, y), long_snake
        return None, long_snake

    def _backward(self, box: _Box, front: _Front, other: _Front | None) -> tuple[_Cut | None, bool]:
        a, b, ahead, back = self._a, self._b, self._ahead, self._back
        left, _, right, _ = box
        long_snake = False
        for diagonal in front.diagonals():
            below, above = back[diagonal - 1], back[diagonal + 1]
            x = begin = below if below < above else above - 1
            y = x - diagonal
            while x > left and y > right and a[x - 1] == b[y - 1]:
                x, y = x - 1, y - 1
            long_snake = long_snake or begin - x > LONG_SNAKE
            back[diagonal] = x
            if other and other.low <= diagonal <= other.high and x <= ahead[diagonal]:
                return _Cut(x, y), long_snake
        return None, long_snake

    def _snake_ahead(self, box: _Box, front: _Front, rounds: int) -> _Cut | None:
        """The end of a long run of equal lines that the forward search came far with."""
        best, found = 0, None
        for diagonal in front.diagonals():
            x = self._ahead[diagonal]
            y = x - diagonal
            gain = (x - box.left) + (y - box.right) - abs(diagonal - front.middle)
            inside = box.left + LONG_SNAKE <= x < box.left_end and box.right + LONG_SNAKE <= y < box.right_end
            if gain > max(best, GOOD_PROGRESS * rounds) and inside and self._equal(x - LONG_SNAKE, y - LONG_SNAKE):
                best, found = gain, _Cut(x, y, exact_after=False)
        return found

    def _snake_back(self, box: _Box, front: _Front, rounds: int) -> _Cut | None:
        """The beginning of a long run of equal lines that the backward search came far with."""
        best, found = 0, None
        for diagonal in front.diagonals():
            x = self._back[diagonal]
            y = x - diagonal
            gain = (box.left_end - x) + (box.right_end - y) - abs(diagonal - front.middle)
            inside = box.left < x <= box.left_end - LONG_SNAKE and box.right < y <= box.right_end - LONG_SNAKE
            if gain > max(best, GOOD_PROGRESS * rounds) and inside and self._equal(x, y):
                best, found = gain, _Cut(x, y, exact_before=False)
        return found

    def _equal(self, x: int, y: int) -> bool:
        return self._a[x : x + LONG_SNAKE] == self._b[y : y + LONG_SNAKE]

    def _furthest(self, box: _Box, forward: _Front, backward: _Front) -> _Cut:
        """The place furthest from its end of the box that either search has reached."""
        far_sum, far_x = -1, -1
        for diagonal in forward.diagonals():
            x = min(self._ahead[diagonal], box.left_end, box.right_end + diagonal)
            if far_sum < 2 * x - diagonal:
                far_sum, far_x = 2 * x - diagonal, x
        near_sum, near_x = _FAR, _FAR
        for diagonal in backward.diagonals():
            x = max(self._back[diagonal], box.left, box.right + diagonal)
            if 2 * x - diagonal < near_sum:
                near_sum, near_x = 2 * x - diagonal, x
        if (box.left_end + box.right_end) - near_sum < far_sum - (box.left + box.right):
            return _Cut(far_x, far_sum - far_x, exact_after=False)
        return _Cut(near_x, near_sum - near_x, exact_before=False)


class _Front:
    """The diagonals that one search looks at: every second one from ``low`` to ``high``."""

    def __init__(self, middle: int) -> None:
        self.middle = self.low = self.high = middle

    def widen(self, reached: list[int], lowest: int, highest: int, nowhere: int) -> None:
        """One diagonal more on each side, or one less where the box ends."""
        if self.low > lowest:
            self.low -= 1
            reached[self.low - 1] = nowhere
        else:
            self.low += 1
        if self.high < highest:
            self.high += 1
            reached[self.high + 1] = nowhere
        else:
            self.high -= 1

    def diagonals(self) -> Iterator[int]:
        return iter(range(self.high, self.low - 1, -2))
