"""Who pushed a commit first, and when: only Azure DevOps' pushes tell, git does not.

A commit belongs to the first push from whose new tips it can be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.ado.endpoints import git
from shared.ado.git_graph import reachable
from shared.ado.wire import QueryValue
from shared.flow.repos import Repo
from shared.mapping.commits import Pushed, to_pushed
from shared.streams.base import Slice

OVERLAP: Final = timedelta(minutes=10)
"""How much earlier than the last push read is asked again, so that two clocks may differ."""


class Pushes:
    """The pushes of one repo since a time, the oldest first."""

    def __init__(self, slice_: Slice, repo: Repo, since: datetime) -> None:
        path = {"project": repo.project_id, "repositoryId": repo.id}
        query: dict[str, QueryValue] = {
            "searchCriteria.fromDate": since - OVERLAP,
            "searchCriteria.includeRefUpdates": True,
        }
        pages = slice_.client.pages(git.PUSHES, path=path, query=query)
        found = [to_pushed(item) for page in pages for item in page.items]
        self._pushes = sorted(found, key=lambda push: push[0].at)

    @property
    def last(self) -> datetime | None:
        """When the last of them was."""
        return self._pushes[-1][0].at if self._pushes else None

    def of(self, parents: Mapping[str, Iterable[str]]) -> dict[str, Pushed]:
        """The first push of each commit in ``parents``; those that none of the pushes brought are left out."""
        found: dict[str, Pushed] = {}
        for pushed, tips in self._pushes:
            for sha in reachable(tips, parents, found.keys()):
                found[sha] = pushed
        return found
