"""The stored commits of a repo: which are known, which are done, which no branch leads to any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from shared.ado.git_graph import reachable
from shared.flow.commits import Commit, KnownTips
from shared.flow.repos import Repo
from shared.streams.base import Slice
from shared.streams.whole_lists import lots

TIPS_IN_A_ROW: Final = 2_000


class CommitRows:
    """Looks up rows of one repo, and makes those that follow from them."""

    def __init__(self, slice_: Slice, repo: Repo) -> None:
        self._slice, self._repo = slice_, repo
        self._prefix = f"|{repo.id}"
        self._parts = 0

    def tips(self) -> list[str]:
        """The tips whose commits are stored."""
        parts = list(self._slice.stored.all(KnownTips, self._prefix))
        self._parts = len(parts)
        return [tip for part in parts for tip in part.tips]

    def tip_rows(self, tips: Iterable[str], began: datetime | None) -> list[KnownTips]:
        """What ``tips`` will give, after a round that began then; parts that are no longer needed become empty."""
        parts = list(lots(tips, TIPS_IN_A_ROW))
        parts += [[] for _ in range(self._parts - len(parts))]
        return [
            KnownTips(
                integration_id=self._slice.integration_id,
                id=f"{number:04d}",
                repo_id=self._repo.id,
                tips=part,
                began_at=began,
                read_at=self._slice.now,
            )
            for number, part in enumerate(parts)
        ]

    def all(self) -> Iterator[Commit]:
        return self._slice.stored.all(Commit, self._prefix)

    def changed_since(self, began: datetime) -> set[str]:
        """The commits whose rows were written since then."""
        return {row.id for row in self.all() if row.updated_at >= began}

    def with_first_push(self, commit: Commit) -> Commit:
        """A commit that was stored before, orphaned and pushed again: its first push stays the first."""
        row = self._slice.stored.get(Commit, self._prefix, commit.id)
        if row is None or row.first_pushed_at is None:
            return commit
        return replace(
            commit, first_pushed_at=row.first_pushed_at, pushed_by=row.pushed_by, pushed_by_name=row.pushed_by_name
        )

    def reachability(self, tips: Iterable[str]) -> list[Commit]:
        """The rows whose ``is_orphaned`` is wrong, put right.

        Where a row's parents are not known, nobody can say what is not reachable: then nothing changes.
        """
        rows = {row.id: row for row in self.all()}
        if any(row.parents is None for row in rows.values()):
            return []
        found = reachable(tips, {row.id: row.parents or () for row in rows.values()})
        return [
            replace(row, is_orphaned=row.id not in found, updated_at=self._slice.now)
            for row in rows.values()
            if row.is_orphaned != (row.id not in found)
        ]
