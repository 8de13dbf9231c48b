"""Pull requests that events name, as a list would show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from shared.ado.endpoints import git
from shared.errors import UnavailableError
from shared.flow.pull_requests import PullRequest, pull_request_key
from shared.mapping.pull_requests import number_of
from shared.streams.base import Slice


def hinted(slice_: Slice, readable: Collection[str]) -> list[dict[str, Any]]:
    """Those of the slice's hints (``{repo id}/{number}``) that there are, in the ``readable`` repos of its project.

    One list for each repo shows the active ones; others are asked for one by one.
    """
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for hint in slice_.hints or ():
        repo_id, _, number = hint.partition("/")
        # An event may say anything: a repo of another project would look like one that is gone.
        if repo_id in readable and number.isdecimal():
            wanted[repo_id].add(int(number))
    return [item for repo_id, numbers in sorted(wanted.items()) for item in _of_repo(slice_, repo_id, numbers)]


def _of_repo(slice_: Slice, repo_id: str, numbers: set[int]) -> list[dict[str, Any]]:
    query = {"searchCriteria.status": "active", "searchCriteria.repositoryId": repo_id}
    found: dict[int, dict[str, Any]] = {}
    for page in slice_.client.pages(git.PULL_REQUESTS, path={"project": slice_.unit_id}, query=query):
        found.update({number_of(item): item for item in page.items if number_of(item) in numbers})
        if len(found) == len(numbers):
            break
    others = slice_.map(lambda number: _one(slice_, repo_id, number), sorted(numbers - found.keys()))
    return [*found.values(), *(item for item in others if item)]


def _one(slice_: Slice, repo_id: str, number: int) -> dict[str, Any] | None:
    path = {"project": slice_.unit_id, "repositoryId": repo_id, "pullRequestId": str(number)}
    try:
        item = slice_.client.one(git.PULL_REQUEST, path=path)
    except UnavailableError:
        return None
    stored = slice_.stored.get(PullRequest, f"|{repo_id}", pull_request_key(number))
    # Only lists show labels: a round brings those that were changed since.
    return {**item, "labels": [{"name": name} for name in stored.extracted_tags]} if stored else item
