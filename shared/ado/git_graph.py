"""Commits as a graph: their order, a window of time in it, and the ends of a piece of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from heapq import heapify, heappop, heappush

from shared.ado.git_objects import GitCommit

Commits = Mapping[str, GitCommit]


def in_order(commits: Commits) -> list[GitCommit]:
    """Parents before children, else by committer's time and id: the same commits come in the same order."""
    children: dict[str, list[str]] = {}
    waits_for: dict[str, int] = {}
    for commit in commits.values():
        known = {parent for parent in commit.parents if parent in commits}
        waits_for[commit.sha] = len(known)
        for parent in known:
            children.setdefault(parent, []).append(commit.sha)
    ready = [(commits[sha].committer.seconds, sha) for sha, count in waits_for.items() if not count]
    heapify(ready)
    found = []
    while ready:
        _, sha = heappop(ready)
        found.append(commits[sha])
        for child in children.get(sha, ()):
            waits_for[child] -= 1
            if not waits_for[child]:
                heappush(ready, (commits[child].committer.seconds, child))
    return found


def since(ordered: Iterable[GitCommit], seconds: int) -> list[GitCommit]:
    """Those committed at or after a time, and those with such a parent, whatever their writer's clock said."""
    inside: set[str] = set()
    found = []
    for commit in ordered:
        if commit.committer.seconds >= seconds or not inside.isdisjoint(commit.parents):
            inside.add(commit.sha)
            found.append(commit)
    return found


def heads(commits: Iterable[GitCommit]) -> list[str]:
    """Those that are no other's parent, newest first: from them all the others can be reached."""
    listed = list(commits)
    parents = {parent for commit in listed for parent in commit.parents}
    ends = [commit for commit in listed if commit.sha not in parents]
    return [commit.sha for commit in sorted(ends, key=lambda commit: (-commit.committer.seconds, commit.sha))]


def edges(commits: Iterable[GitCommit]) -> list[str]:
    """Parents that are not among ``commits``; those of the newest commits first."""
    listed = list(commits)
    inside = {commit.sha for commit in listed}
    newest_first = sorted(listed, key=lambda commit: (-commit.committer.seconds, commit.sha))
    return list(dict.fromkeys(p for commit in newest_first for p in commit.parents if p not in inside))


def reachable(starts: Iterable[str], parents: Mapping[str, Iterable[str]], taken: Set[str] = frozenset()) -> set[str]:
    """All that is in ``parents`` and can be reached from ``starts`` within it, but not through what is ``taken``."""
    found: set[str] = set()
    waiting = [sha for sha in starts if sha in parents and sha not in taken]
    while waiting:
        sha = waiting.pop()
        if sha not in found:
            found.add(sha)
            waiting.extend(p for p in parents[sha] if p in parents and p not in found and p not in taken)
    return found
