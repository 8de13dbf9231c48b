"""What each commit changes against its parents, path by path; trees are fetched as they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from shared.ado.git_graph import edges, heads
from shared.ado.git_objects import GitCommit, ObjectFolder
from shared.ado.git_trees import MissingTreeError, PathChange, TooManyPathsError, changed_paths
from shared.ado.git_wire import Wanted

Paths = Mapping[bytes, PathChange]

MAX_TREE_BYTES: Final = 32 << 20
"""One pack of trees."""
MAX_KEPT_BYTES: Final = 32 << 20
"""Packs of trees kept for the stretches that follow; beyond it they begin anew with whole trees."""


class CommitChanges:
    """Fills ``by_commit``: changed paths against each parent (against nothing for a first commit), None: too many.

    ``filters``: the server leaves out file contents when asked to. Otherwise all there is has been fetched already.
    """

    def __init__(self, folder: ObjectFolder, commits: Mapping[str, GitCommit], *, filters: bool) -> None:
        self._folder = folder
        self._commits = commits
        self._filters = filters
        self._bases: dict[str, str] = {}
        self.by_commit: dict[str, tuple[Paths, ...] | None] = {}

    def add(self, commits: Sequence[GitCommit]) -> None:
        """Compare ``commits``, parents before children, that follow what was added before."""
        if self._folder.size > MAX_KEPT_BYTES and self._filters:
            self._folder.clear()
            self._bases.clear()
        if self._filters:
            self._fetch_trees(commits)
        self._fetch_bases(commits)
        for commit in commits:
            self.by_commit[commit.sha] = self._compared(commit)

    def _fetch_trees(self, commits: Sequence[GitCommit]) -> None:
        wanted = Wanted(heads(commits), edges(commits), "blob:none")
        self._folder.fetch(wanted, max_bytes=MAX_TREE_BYTES)

    def _fetch_bases(self, commits: Sequence[GitCommit]) -> None:
        """The whole trees of parents outside: what did not change since then is in no pack of new objects."""
        missing = [sha for sha in edges(commits) if sha not in self._commits and sha not in self._bases]
        missing += [sha for sha in edges(commits) if sha in self._commits and not self._has_tree(sha)]
        if missing:
            spec = "blob:none" if self._filters else None
            pack = self._folder.fetch(Wanted(missing, filter_spec=spec, depth=1), max_bytes=MAX_TREE_BYTES)
            self._bases |= {commit.sha: commit.tree for commit in self._folder.commits(pack).values()}

    def _has_tree(self, sha: str) -> bool:
        return self._folder.tree(self._commits[sha].tree) is not None

    def _tree_of(self, sha: str) -> str:
        commit = self._commits.get(sha)
        tree = commit.tree if commit else self._bases.get(sha)
        if tree is None:
            raise MissingTreeError(sha)
        return tree

    def _compared(self, commit: GitCommit) -> tuple[Paths, ...] | None:
        parents: Iterable[str | None] = commit.parents or (None,)
        try:
            return tuple(
                {
                    change.path: change
                    for change in changed_paths(self._folder.tree, parent and self._tree_of(parent), commit.tree)
                }
                for parent in parents
            )
        except (MissingTreeError, TooManyPathsError):
            return None
