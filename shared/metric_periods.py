"""What the metrics of code have in common: the period, and how groups become results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from shared.http import ApiProblem

DEFAULT_PERIOD: Final = timedelta(days=28)
WEEK: Final = timedelta(days=7)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Period:
    """``start`` <= moment < ``end``."""

    start: datetime
    end: datetime

    @property
    def weeks(self) -> float:
        return (self.end - self.start) / WEEK


def period(start: datetime | None, end: datetime | None, now: datetime) -> Period:
    """Without an end: until now; without a start: the 28 days before the end.

    Raises ApiProblem 400 for a period that ends before it starts.
    """
    until = end or now
    since = start or until - DEFAULT_PERIOD
    if since >= until:
        raise ApiProblem(400, "query_invalid", "to: is not after from.", field="to")
    return Period(since, until)


def grouped(
    things: Iterable[tuple[str | None, T]], result: Callable[[str | None, list[T]], R], *, one: bool
) -> list[R]:
    """A result for each group in order of its name, the nameless last. ``one``: there is a single group, which has a
    result even if it is empty."""
    groups: dict[str | None, list[T]] = {None: []} if one else {}
    for name, thing in things:
        groups.setdefault(name, []).append(thing)
    return [result(name, groups[name]) for name in sorted(groups, key=lambda name: (name is None, name or ""))]


def rate(part: int, whole: int) -> float | None:
    """A share to four digits; None of nothing."""
    return round(part / whole, 4) if whole else None


def in_time(moment: datetime) -> dict[str, str]:
    """The groups that a moment belongs to: its ISO week and its month, in UTC."""
    return {"week": f"{moment:%G-W%V}", "month": f"{moment:%Y-%m}"}
