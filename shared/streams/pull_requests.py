"""Pull requests of one project with comments and events, under the six-month rule.

Azure DevOps tells which pull requests were created or closed since a time, never which were changed. So the first
reading goes through lanes by time of creation (``pull_request_progress``), and each later one is a round: all that
are active, and all that were closed of late. Details come from the threads, one request for each pull request that
shows a change, is lively, or whose turn has come (``pull_request_turns``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from shared.ado.endpoints import git
from shared.flow.base import Entity
from shared.flow.pull_requests import PullRequest, pull_request_key
from shared.mapping.pull_requests import PullRequestRows, number_of, repository_of
from shared.mapping.times import to_text
from shared.streams.base import Batch, Slice
from shared.streams.pull_request_details import KIND, Outcome, PullRequestDetails
from shared.streams.pull_request_hints import hinted
from shared.streams.pull_request_progress import Progress, Round
from shared.streams.pull_request_turns import Turns
from shared.streams.pull_request_wanted import Stored, WantedCommits
from shared.streams.whole_lists import lots

LOT: Final = 50
"""Pull requests in a batch."""
PAGE: Final = 1000
OVERLAP: Final = timedelta(minutes=10)
"""How much earlier than the last round began its successor looks for closed ones, so that two clocks may differ."""
CLOSED_OF_LATE: Final = timedelta(days=7)
"""So long after its end a pull request is still read again: comments come late."""
ROLLING: Final = 100
"""How many others a round looks at besides: no list shows that one was commented on long after its end."""
ROUND_GOOD_FOR: Final = timedelta(minutes=10)
"""While the oldest are read, a round comes between as often as this."""


def read_pull_requests(slice_: Slice) -> Iterator[Batch]:
    """The lanes that are left, with rounds between once all that counts by created or closed is stored.

    A project without a Git repository has no pull requests and is not asked.
    """
    details = PullRequestDetails(slice_)
    if not details.has_repos():
        yield Batch(slice_.watermark or {})
        return
    reader = _Reader(slice_, details)
    if slice_.hints is None or "" in slice_.hints:
        yield from reader.batches()
    elif slice_.watermark:
        yield from reader.named(hinted(slice_, details.readable()))
    else:
        yield Batch({})  # the first reading brings them


class _Reader:
    """One slice. ``progress`` is what the next batch's watermark says."""

    def __init__(self, slice_: Slice, details: PullRequestDetails) -> None:
        self._slice = slice_
        self._details = details
        known = slice_.watermark
        self._wanted = WantedCommits(slice_.now, details.cutoff)
        self._progress = Progress.load(known) if known else Progress.begin(slice_.now, details.readable())

    def batches(self) -> Iterator[Batch]:
        """A round where one is due, and then the lanes that are left."""
        progress = self._progress
        stale = self._slice.now - progress.read_at >= ROUND_GOOD_FOR
        self._progress = progress.catch_up(self._details.readable(), self._slice.now)
        if progress.round or not progress.todo or (stale and not progress.importing()):
            yield from self._round()
        while self._progress.todo:
            yield from self._lane()

    def named(self, items: list[dict[str, Any]]) -> Iterator[Batch]:
        """These out of turn; how far the others are read stays as it is."""
        for lot in lots(items, LOT):
            stored = self._lookup(lot)
            yield self._store(self._read(lot, stored), self._progress, stored)
        yield self._batch(self._progress)

    def _round(self) -> Iterator[Batch]:
        """All active ones and those closed of late, newest first, then a few of the rest; compared with what is stored.

        One that is completed while the active ones are paged may be missed; it is among the closed of the next round.
        """
        current = self._progress.round or Round(self._slice.now)
        closed_since = min(self._progress.read_at - OVERLAP, current.started_at - CLOSED_OF_LATE)
        listed = {number_of(item): item for query in _round_queries(closed_since) for item in self._list(query)}
        left = sorted((n for n in listed if current.below is None or n < current.below), reverse=True)
        turns = Turns(self._progress.rounds, current.started_at, self._details.cutoff)
        read: set[int] = set()
        for lot in lots(left, LOT):
            stored = self._lookup([listed[number] for number in lot])
            due = [listed[number] for number in lot if turns.has_come(listed[number], stored[number])]
            read.update(map(number_of, due))
            current = replace(current, below=lot[-1])
            yield self._store(self._read(due, stored), replace(self._progress, round=current), stored)
        ended = replace(self._progress, read_at=current.started_at, round=None, rounds=self._progress.rounds + 1)
        if all(lane.repo_id for lane in ended.todo):
            rows, ended = self._next_few(ended)
            yield from self._others(rows, read, current)
        yield self._batch(ended)

    def _others(self, items: list[dict[str, Any]], read: set[int], current: Round) -> Iterator[Batch]:
        """Look at pull requests out of turn."""
        left = [
            (done, item) for done, item in enumerate(items, 1) if done > current.others and number_of(item) not in read
        ]
        for lot in lots(left, LOT):
            looked_at = [item for _, item in lot]
            stored = self._lookup(looked_at)
            after = replace(self._progress, round=replace(current, others=lot[-1][0]))
            yield self._store(self._read(looked_at, stored), after, stored)

    def _read(self, items: list[dict[str, Any]], stored: Stored) -> list[Outcome]:
        """Details of listed pull requests of which something may be stored."""
        return list(self._details.read(items, self._wanted.of(items, stored)))

    def _next_few(self, progress: Progress) -> tuple[list[dict[str, Any]], Progress]:
        """The next of all pull requests, and after the last from the first on: old ones are touched too."""
        query = {"searchCriteria.status": "all", "$top": str(ROLLING)}
        rows = list(islice(self._list(query | {"$skip": str(progress.rolling)}), ROLLING))
        if len(rows) == ROLLING or not progress.rolling:
            return rows, replace(progress, rolling=progress.rolling + len(rows) if len(rows) == ROLLING else 0)
        again = list(islice(self._list(query | {"$skip": "0"}), min(ROLLING - len(rows), progress.rolling)))
        return rows + again, replace(progress, rolling=len(again))

    def _lane(self) -> Iterator[Batch]:
        """The first lane that is left, from where it stands, to its end."""
        lane, cutoff = self._progress.todo[0], self._details.cutoff
        query = lane.query(cutoff)
        done = self._resume_at(query)
        for page in self._pages(query | {"$skip": str(done)}):
            wanted = [(index, item) for index, item in enumerate(page, 1) if lane.wants(item, cutoff)]
            for lot in lots(wanted, LOT):
                outcomes = list(self._details.read((item for _, item in lot), {}))
                position = replace(self._progress, skip=done + lot[-1][0], last=number_of(lot[-1][1]))
                # What a first import reads is new; what a repo brings that appears again may be stored.
                stored = self._lookup([item for _, item in lot]) if lane.repo_id else None
                yield self._store(outcomes, position, stored)
            done += len(page)
            yield self._batch(replace(self._progress, skip=done, last=number_of(page[-1])))
        yield self._batch(self._progress.next_lane())

    def _resume_at(self, query: dict[str, str]) -> int:
        """Where to go on in a lane: the row before must be the one we did last.

        It is not where a repository was deleted meanwhile and took its pull requests out of the list: then a page back.
        """
        done = self._progress.skip
        if not done:
            return 0
        before = next(self._pages(query | {"$skip": str(done - 1), "$top": "1"}), [])
        if before and number_of(before[0]) == self._progress.last:
            return done
        return max(0, done - PAGE)

    def _store(self, outcomes: list[Outcome], after: Progress, stored: Stored | None) -> Batch:
        """What hangs on the pull requests first, and last what follows from it: the pull requests.

        So a stored pull request says that its comments and events are stored, and one that did not change writes
        nothing: any change of a thread shows in ``last_activity_at``. ``stored``: None where nothing is.
        """
        read = [outcome.rows for outcome in outcomes if outcome.rows]
        before = {rows.pull_request.id: (stored or {}).get(rows.pull_request.number) for rows in read}
        rows = [_kept(rows, before[rows.pull_request.id]) for rows in read]
        rows = [one for one in rows if not _same(one.pull_request, before[one.pull_request.id])]
        entities: list[Entity] = [entity for row in rows for entity in (*row.comments, *row.commits, *row.events)]
        entities += [row.pull_request for row in rows]
        found = [source_id for source_id, row in before.items() if stored is not None and _maybe_skipped(row, after)]
        return replace(
            self._batch(after, entities),
            read=len(outcomes),
            skips=tuple(outcome.skip for outcome in outcomes if outcome.skip),
            unskipped=tuple((KIND, source_id) for source_id in found),
        )

    def _batch(self, progress: Progress, entities: Iterable[Entity] = ()) -> Batch:
        self._progress = progress.without(self._details.readable())
        return Batch(self._progress.watermark(), tuple(entities), progress=self._progress.lanes_done())

    def _lookup(self, items: list[dict[str, Any]]) -> Stored:
        """What is stored of listed pull requests, by number."""

        def find(item: dict[str, Any]) -> tuple[int, PullRequest | None]:
            number = number_of(item)
            row_key = pull_request_key(number)
            return number, self._slice.stored.get(PullRequest, f"|{repository_of(item)}", row_key)

        return dict(self._slice.map(find, items))

    def _list(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        return (item for page in self._pages(query) for item in page)

    def _pages(self, query: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
        pages = self._slice.client.pages(git.PULL_REQUESTS, path={"project": self._slice.unit_id}, query=query)
        return (page.items for page in pages if page.items)


def _round_queries(closed_since: datetime) -> tuple[dict[str, str], ...]:
    return (
        {"searchCriteria.status": "active"},
        {
            "searchCriteria.status": "all",
            "searchCriteria.queryTimeRangeType": "closed",
            "searchCriteria.minTime": to_text(closed_since),
        },
    )


def _kept(rows: PullRequestRows, stored: PullRequest | None) -> PullRequestRows:
    """With what an earlier reading learnt from the iterations, as long as nothing was pushed since."""
    row = rows.pull_request
    if stored is None or not stored.commits_complete or row.commits_complete:
        return rows
    if stored.source_commit_sha != row.source_commit_sha:
        return rows
    last_activity_at = max(row.last_activity_at, stored.last_activity_at)
    return replace(rows, pull_request=replace(row, commits_complete=True, last_activity_at=last_activity_at))


def _same(row: PullRequest, stored: PullRequest | None) -> bool:
    """Whether ``row`` says what is stored, but for the time of reading."""
    return stored is not None and replace(row, read_at=stored.read_at) == stored


def _maybe_skipped(stored: PullRequest | None, progress: Progress) -> bool:
    """Whether an earlier skip may have to be taken back: it is new to us, or its repo could not be read."""
    return stored is None or bool(progress.todo and progress.todo[0].repo_id)
