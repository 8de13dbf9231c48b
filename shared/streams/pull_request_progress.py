"""How far a project's pull requests are read: the watermark of their stream, and the lanes it is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, Literal, Self

from shared.mapping.pull_requests import closed_at, created_at
from shared.mapping.times import need_time, to_text
from shared.streams.base import Watermark

LaneName = Literal["recent", "touched", "older"]
LANES: Final[tuple[LaneName, ...]] = ("recent", "touched", "older")
"""In order of use: created since the cut-off; created before and active or closed since; the rest, where only a
comment, a vote or a push since the cut-off makes one count."""
REMEMBERED: Final = 1500
"""Repos of a project that are remembered; in a project with more, nothing is caught up with but by a full run."""
MARGIN: Final = timedelta(minutes=1)
"""Asked for beyond the cut-off, which is then applied here, to the microsecond."""


def marks(repo_ids: Iterable[str]) -> tuple[str, ...]:
    """The first 12 hexadecimal digits of each id, which keeps a watermark short and tells them apart."""
    return tuple(sorted(repo_id.replace("-", "")[:12] for repo_id in repo_ids)[:REMEMBERED])


@dataclass(frozen=True, slots=True)
class Lane:
    """Pull requests by time of creation. That never changes, and all statuses are listed: so no row moves in the
    list while it is paged, as it would in a list of the active ones. ``repo_id`` narrows a lane to one repo."""

    name: LaneName
    until: datetime
    repo_id: str | None = None

    def query(self, cutoff: datetime) -> dict[str, str]:
        """Source: https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests/get-pull-requests-by-project"""
        query = {
            "searchCriteria.status": "all",
            "searchCriteria.queryTimeRangeType": "created",
            "searchCriteria.maxTime": to_text(self.until if self.name == "recent" else cutoff + MARGIN),
        }
        if self.name == "recent":
            query["searchCriteria.minTime"] = to_text(cutoff - MARGIN)
        if self.repo_id:
            query["searchCriteria.repositoryId"] = self.repo_id
        return query

    def wants(self, item: dict[str, Any], cutoff: datetime) -> bool:
        """Whether a listed pull request is this lane's to read."""
        if created_at(item) >= cutoff:
            return self.name == "recent"
        closed = closed_at(item)
        touched = closed is None or closed >= cutoff
        return self.name == ("touched" if touched else "older")


@dataclass(frozen=True, slots=True)
class Round:
    """One reading of all active and all recently closed pull requests, by falling number."""

    started_at: datetime
    below: int | None = None
    """Those from this number on are done."""
    others: int = 0
    """Of the others that it looks at besides, so many are done."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``read_at``: when the newest complete round began. ``todo``: lanes that are left; of the first of them ``skip``
    rows are done, ``last`` being the number of the last one. ``rolling``: the row at which the next round goes on to
    look at all the others. ``covered``: repos that are read, or are in ``todo``, as ``marks``. ``rounds``: how many
    are complete."""

    read_at: datetime
    todo: tuple[Lane, ...] = ()
    skip: int = 0
    last: int | None = None
    round: Round | None = None
    rolling: int = 0
    covered: tuple[str, ...] = ()
    rounds: int = 0

    @classmethod
    def begin(cls, now: datetime, repo_ids: Iterable[str]) -> Self:
        """Nothing is read: all lanes, up to now; what comes later is the rounds'."""
        return cls(read_at=now, todo=tuple(Lane(name, now) for name in LANES), covered=marks(repo_ids))

    @classmethod
    def load(cls, watermark: Watermark) -> Self:
        """From a stored watermark."""
        under_way = watermark.get("round")
        return cls(
            read_at=need_time(watermark.get("read_at"), "read_at"),
            todo=tuple(lane for group in watermark.get("todo", ()) for lane in _lanes(group)),
            skip=watermark.get("skip", 0),
            last=watermark.get("last"),
            round=_round(under_way) if under_way else None,
            rolling=watermark.get("rolling", 0),
            covered=tuple(watermark.get("covered", ())),
            rounds=watermark.get("rounds", 0),
        )

    def watermark(self) -> Watermark:
        """As ``load`` reads it."""
        under_way = self.round and {
            "started_at": to_text(self.round.started_at), "below": self.round.below, "others": self.round.others,
        }  # fmt: skip
        return {
            "read_at": to_text(self.read_at),
            "todo": _groups(self.todo),
            "skip": self.skip,
            "last": self.last,
            "round": under_way,
            "rolling": self.rolling,
            "covered": list(self.covered),
            "rounds": self.rounds,
        }

    def importing(self) -> bool:
        """Whether pull requests that count by created or closed are still missing: then rounds have to wait."""
        return any(lane.repo_id is None and lane.name != "older" for lane in self.todo)

    def lanes_done(self) -> float:
        """0..1: how many of the first reading's lanes are done; how long they are is not known beforehand."""
        return 1 - sum(lane.repo_id is None for lane in self.todo) / len(LANES)

    def catch_up(self, readable: Collection[str], now: datetime) -> Self:
        """Add the lanes of repos that are new, or can be read again, which no round would read whole."""
        known = set(self.covered)
        wanted = set(marks(readable)) - known if len(known) < REMEMBERED else set()
        new = sorted(id_ for id_ in readable if wanted & set(marks([id_])))
        lanes = tuple(Lane(name, now, repo_id) for repo_id in new for name in LANES)
        queued = {lane.repo_id for lane in self.todo}
        todo = self.todo + tuple(lane for lane in lanes if lane.repo_id not in queued)
        return replace(self, todo=todo, covered=marks(readable))

    def without(self, readable: Iterable[str]) -> Self:
        """Forget the repos that cannot be read any more, so as to catch up once they can."""
        return replace(self, covered=tuple(sorted(set(self.covered) & set(marks(readable)))))

    def next_lane(self) -> Self:
        """The first lane is done."""
        return replace(self, todo=self.todo[1:], skip=0, last=None)


def _groups(lanes: Iterable[Lane]) -> list[dict[str, Any]]:
    """Lanes as they are kept: names, and the repos, if any, of which each has all of them. So an id is kept once."""
    found: list[dict[str, Any]] = []
    for (until, repo_id), of_repo in groupby(lanes, key=lambda lane: (to_text(lane.until), lane.repo_id)):
        names = [lane.name for lane in of_repo]
        if repo_id and found and (found[-1]["names"], found[-1]["until"]) == (names, until) and found[-1]["repo_ids"]:
            found[-1]["repo_ids"].append(repo_id)
        else:
            found.append({"names": names, "until": until, "repo_ids": [repo_id] if repo_id else []})
    return found


def _lanes(group: dict[str, Any]) -> Iterator[Lane]:
    until = need_time(group["until"], "until")
    for repo_id in group["repo_ids"] or (None,):
        yield from (Lane(name, until, repo_id) for name in group["names"])


def _round(stored: dict[str, Any]) -> Round:
    return Round(need_time(stored["started_at"], "round"), stored.get("below"), stored.get("others", 0))
