"""Commits from the REST API, for a repo that cannot be read over git."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from datetime import datetime
from typing import Any

from shared.ado.client import AdoClient
from shared.ado.endpoints import git
from shared.ado.wire import QueryValue
from shared.flow.repos import Repo


def listed_commits(
    client: AdoClient, repo: Repo, tips: Iterable[str], since: datetime, *, known: Set[str], done: set[str]
) -> Iterator[list[dict[str, Any]]]:
    """What the tips lead to, committed since a time, in pages; each commit once, none of ``known`` or ``done``.

    A page of known ones only is not the end: in a list by date, a branch of long ago that was merged just now comes
    behind all that was known of late.
    """
    path = {"project": repo.project_id, "repositoryId": repo.id}
    for tip in tips:
        query: dict[str, QueryValue] = {
            "searchCriteria.itemVersion.version": tip,
            "searchCriteria.itemVersion.versionType": "commit",
            "searchCriteria.fromDate": since,
        }
        for page in client.pages(git.COMMITS, path=path, query=query):
            ids = {str(item.get("commitId")) for item in page.items}
            news = [item for item in page.items if str(item.get("commitId")) not in known | done]
            if news:
                yield news
            done |= ids
