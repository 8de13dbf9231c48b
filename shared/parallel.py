"""A ``map`` with a bounded number of calls in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def bounded_map(
    executor: Executor, in_flight: int, function: Callable[[T], R], items: Iterable[T]
) -> Generator[R, None, None]:
    """Results in the order of ``items``; the first error rises, and calls that have not begun are dropped.

    At most ``in_flight`` calls run or wait to be read: a slow reader slows them down, so that memory stays bounded.
    """
    waiting: deque[Future[R]] = deque()
    source = iter(items)
    try:
        for item in source:
            waiting.append(executor.submit(function, item))
            if len(waiting) >= in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
