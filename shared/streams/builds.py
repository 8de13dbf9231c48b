"""Builds of one project: those that run, and those that have ended since the watermark.

``minTime`` looks at the time that ``queryOrder`` names, so ended builds are read by the time of their end, and those
that have none by the time they were queued. The first reading takes all that Azure DevOps still has: retention removes
builds there (after 30 days, unless it was changed), and nothing here.
Source: https://learn.microsoft.com/rest/api/azure/devops/build/builds/list
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from shared.ado.endpoints import build
from shared.flow.builds import Build
from shared.mapping.builds import RUNNING, finished_at, to_build
from shared.mapping.times import need_time, to_text, to_time
from shared.mapping.values import AdoItem
from shared.streams.base import Batch, Slice, Watermark
from shared.streams.whole_lists import ROWS_IN_A_BATCH, lots

OVERLAP: Final = timedelta(minutes=10)
"""Looked at again before the newest end seen: ends are not listed in the very order in which they happen."""
RECENT: Final = timedelta(days=2)
EVERY: Final = timedelta(hours=1)
"""So often the ``RECENT`` ones are read again: a retried stage changes a build that had ended."""
REMEMBERED: Final = 500
"""Running builds that are remembered so as to learn what became of them."""
ASKED: Final = 100
"""Builds in one request by number."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``finished_at``: the newest end seen; all up to it is stored. ``recent_at``: when the recent ones were last
    read again. ``running``: numbers of the builds that had not ended."""

    recent_at: datetime
    finished_at: datetime | None = None
    running: tuple[int, ...] = ()

    @classmethod
    def load(cls, watermark: Watermark | None, now: datetime) -> Self:
        """From a stored watermark; without one, nothing is read."""
        if not watermark:
            return cls(recent_at=now)
        return cls(
            recent_at=need_time(watermark.get("recent_at"), "recent_at"),
            finished_at=to_time(watermark.get("finished_at"), "finished_at"),
            running=tuple(watermark.get("running", ())),
        )

    def watermark(self) -> Watermark:
        """As ``load`` reads it."""
        return {
            "recent_at": to_text(self.recent_at),
            "finished_at": self.finished_at and to_text(self.finished_at),
            "running": list(self.running),
        }

    def up_to(self, items: Iterable[AdoItem]) -> Self:
        """The listed builds are stored."""
        ends = [self.finished_at, *(finished_at(item) for item in items)]
        return replace(self, finished_at=max((end for end in ends if end), default=None))


def read_builds(slice_: Slice) -> Iterator[Batch]:
    """Two requests where nothing changed. Running ones first: what ends in between is among the ended."""
    yield from _Reader(slice_).batches()


class _Reader:
    """One slice."""

    def __init__(self, slice_: Slice) -> None:
        self._slice = slice_
        self._is_first = slice_.watermark is None
        self._progress = Progress.load(slice_.watermark, slice_.now)
        self._seen: set[int] = set()

    def batches(self) -> Iterator[Batch]:
        """Each page once stored moves the watermark to its last end."""
        before = self._progress.running
        running: list[int] = []
        for page in self._pages({"statusFilter": RUNNING, "queryOrder": "queueTimeAscending"}):
            running += [int(item["id"]) for item in page]
            yield from self._store(page)
        is_due = self._slice.now - self._progress.recent_at >= EVERY
        query = {"statusFilter": "completed"}
        if since := self._progress.finished_at:
            query["minTime"] = to_text(since - (RECENT if is_due else OVERLAP))
        for page in self._pages(query):
            yield from self._store(page, are_ended=True)
        yield from self._lost([number for number in before if number not in self._seen])
        recent_at = self._slice.now if is_due else self._progress.recent_at
        yield Batch(replace(self._progress, recent_at=recent_at, running=tuple(running[-REMEMBERED:])).watermark())

    def _lost(self, numbers: Sequence[int]) -> Iterator[Batch]:
        """Builds that ran before and are in neither list now, by number: they were deleted, or ended out of order.

        One that is in no reply at all keeps its row: that is no proof of anything.
        """
        for lot in lots(numbers, ASKED):
            asked = ",".join(map(str, lot))
            for page in self._pages({"buildIds": asked, "deletedFilter": "includeDeleted"}):
                yield from self._store(page)

    def _store(self, page: list[dict[str, Any]], *, are_ended: bool = False) -> Iterator[Batch]:
        for items in lots(page, ROWS_IN_A_BATCH):
            self._seen.update(int(item["id"]) for item in items)
            rows = [self._row(item) for item in items]
            if not self._is_first:
                rows = [row for row in self._slice.map(self._if_changed, rows) if row]
            if are_ended:
                self._progress = self._progress.up_to(items)
            yield Batch(self._progress.watermark(), tuple(rows), read=len(items))

    def _row(self, item: AdoItem) -> Build:
        return to_build(
            item,
            integration_id=self._slice.integration_id,
            organization=self._slice.organization,
            project_id=self._slice.unit_id,
            read_at=self._slice.now,
        )

    def _if_changed(self, row: Build) -> Build | None:
        stored = self._slice.stored.get(Build, f"|{row.project_id}", row.row_key())
        return None if stored and replace(row, read_at=stored.read_at) == stored else row

    def _pages(self, query: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
        pages = self._slice.client.pages(build.BUILDS, path={"project": self._slice.unit_id}, query=query)
        return (page.items for page in pages if page.items)
