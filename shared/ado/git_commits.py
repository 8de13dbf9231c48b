"""New commits of a repository, with line counts and the ages of what they replace.

In steps, so that only what is needed travels: the graph of new commits without anything else (``tree:0``); for a
stretch of them at a time the trees that came with them (``blob:none``) and those of the parents outside; for a lot of
commits the very contents that differ. Nothing is kept: the temporary folder goes with its owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from shared.ado.blame import LineAges, LineOrigins, Version
from shared.ado.git_blobs import Blobs, LotTooLargeError, is_compared
from shared.ado.git_changes import CommitChanges, Paths
from shared.ado.git_graph import edges, in_order, since
from shared.ado.git_objects import GitCommit, ObjectFolder
from shared.ado.git_trees import PathChange
from shared.ado.git_wire import GitRefusedError, Wanted
from shared.ado.line_ages import TouchedFile, ages_of
from shared.ado.line_counts import FileLines, LineCounts, add_up, file_lines
from shared.ado.transport import ReplyTooLargeError

STRETCH: Final = 500
"""Commits whose trees are fetched at once."""
LOT: Final = 100
"""Commits whose contents are fetched at once."""
SHRINK: Final = 4
GOOD: Final = 5
"""After so many lots that fitted the next may be twice as large."""
MAX_GRAPH_BYTES: Final = 64 << 20
MAX_HISTORY_BYTES: Final = 8 << 20
"""For looking back: commits that are known already, but not kept."""
DEPTH: Final = 5_000
"""Where the whole graph is too large: so many commits from each tip."""
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class CountedCommit:
    """A commit with what was counted. Of ``lines`` and ``lines_reason`` exactly one is None, likewise for ``ages``."""

    commit: GitCommit
    lines: LineCounts | None = None
    lines_reason: str | None = None
    ages: LineAges | None = None
    ages_reason: str | None = None


@dataclass(frozen=True, slots=True)
class NewCommits:
    """What to read. ``known``: commits whose history is known, the likeliest ancestors first.

    ``since``: seconds; older ones are left out. ``done``: new ones that need no counting any more. ``anchors``: what
    was known ``rework_days`` before the oldest of the others, or earlier.
    """

    tips: Sequence[str]
    known: Sequence[str]
    anchors: Sequence[str]
    since: int
    rework_days: int
    done: Set[str] = frozenset()


class CommitReader:
    """Reads new commits of one repository through one temporary folder."""

    def __init__(self, folder: ObjectFolder, asked: NewCommits, *, filters: bool) -> None:
        self._folder, self._asked, self._filters = folder, asked, filters
        self._lot = LOT
        self.cut = False
        """Whether older commits than the server gave may belong to the window."""
        graph = self._graph()
        self.left_out = 0
        """Commits before the window."""
        self.new = self._window(graph)
        """All in the window, parents first, those that are done too."""
        self.todo = [commit for commit in self.new if commit.sha not in asked.done]
        known, self._history_known = self._with_history(graph)
        self._ordered = since(in_order(known), self._begin())
        self._changes = CommitChanges(folder, known, filters=filters)
        self._blobs = Blobs(folder)
        self._origins = LineOrigins(self._ordered, self._changes.by_commit)

    def counted(self) -> Iterator[list[CountedCommit]]:
        """What is to do in lots, parents first. Raises the errors of ``GitRemote.fetch``."""
        todo = {commit.sha for commit in self.todo}
        for start in range(0, len(self._ordered), STRETCH):
            stretch = self._ordered[start : start + STRETCH]
            self._changes.add(stretch)
            yield from self._lots([commit for commit in stretch if commit.sha in todo])

    def _graph(self) -> dict[str, GitCommit]:
        asked = self._asked
        if not self._filters:
            return self._folder.commits(self._folder.fetch(Wanted(asked.tips, asked.known)))
        wanted = Wanted(asked.tips, asked.known, "tree:0")
        try:
            with self._folder.fetched(wanted, max_bytes=MAX_GRAPH_BYTES) as pack:
                return self._folder.commits(pack)
        except ReplyTooLargeError:
            self.cut = True
        with self._folder.fetched(replace(wanted, depth=DEPTH), max_bytes=MAX_GRAPH_BYTES) as pack:
            return self._folder.commits(pack)

    def _window(self, graph: dict[str, GitCommit]) -> list[GitCommit]:
        ordered = in_order(graph)
        inside = since(ordered, self._asked.since)
        self.left_out = len(ordered) - len(inside)
        return inside

    def _begin(self) -> int:
        """The time from which on commits may matter for the ages of lines."""
        return min((commit.committer.seconds for commit in self.todo), default=0) - self._asked.rework_days * _DAY

    def _with_history(self, graph: dict[str, GitCommit]) -> tuple[dict[str, GitCommit], bool]:
        """The commits at hand, known ones of late included, and whether none is missing that may matter."""
        if not self.todo:
            return {}, True
        outside = [sha for sha in edges(self.todo) if sha not in graph]
        found = self._look_back(outside) if outside else {}
        return {**graph, **(found or {})}, found is not None and not self.cut

    def _look_back(self, outside: list[str]) -> dict[str, GitCommit] | None:
        """Known commits since the anchors; None where they cannot be had in bounds."""
        if not self._filters:
            return None
        wanted = Wanted(outside, self._asked.anchors, "tree:0")
        try:
            with self._folder.fetched(wanted, max_bytes=MAX_HISTORY_BYTES) as pack:
                return self._folder.commits(pack)
        except (ReplyTooLargeError, GitRefusedError):
            return None

    def _lots(self, commits: list[GitCommit]) -> Iterator[list[CountedCommit]]:
        """Count in lots: much smaller ones after contents that were too large together, then slowly larger again."""
        at = good = 0
        while at < len(commits):
            lot = commits[at : at + self._lot]
            try:
                yield self._count(lot)
            except LotTooLargeError:
                self._lot, good = max(1, len(lot) // SHRINK), 0
                continue
            at, good = at + len(lot), good + 1
            if good == GOOD:
                self._lot, good = min(LOT, 2 * self._lot), 0

    def _count(self, commits: list[GitCommit]) -> list[CountedCommit]:
        needed = [change for commit in commits for change in self._paths(commit).values()]
        versions = {commit.sha: self._versions(commit) for commit in commits}
        looked_at = {version for found in versions.values() for order in found.values() for version in order or ()}
        needed += [change for version in looked_at for change in self._origins.changes_of(version)]
        with self._blobs.fetched(needed, must_fit=len(commits) == 1):
            return [self._counted(commit) for commit in commits]

    def _paths(self, commit: GitCommit) -> Paths:
        """What a commit changes against its one parent; nothing for a merge, which git does not count either."""
        changes = self._changes.by_commit[commit.sha]
        return {} if changes is None or len(commit.parents) > 1 else changes[0]

    def _versions(self, commit: GitCommit) -> dict[bytes, list[Version] | None]:
        """For each path whose lines a commit replaces: the versions that tell where they come from."""
        found: dict[bytes, list[Version] | None] = {}
        for path, change in self._paths(commit).items():
            if commit.parents and change.old is not None and is_compared(change):
                version = self._origins.version(commit.parents[0], path)
                if isinstance(version, Version):
                    found[path] = self._origins.needed(version)
        return found

    def _counted(self, commit: GitCommit) -> CountedCommit:
        if len(commit.parents) > 1:
            return CountedCommit(commit, lines_reason="merge", ages_reason="merge")
        if self._changes.by_commit[commit.sha] is None:
            return CountedCommit(commit, lines_reason="too_many_files", ages_reason="too_many_files")
        files = {path: self._file(change) for path, change in self._paths(commit).items()}
        lines = add_up(files.values())
        if not self._history_known:
            return CountedCommit(commit, lines, ages_reason="history_not_read")
        touched = [self._touched(commit, path, file) for path, file in files.items() if file.hunks]
        known = [file for file in touched if file is not None]
        if len(known) < len(touched):
            return CountedCommit(commit, lines, ages_reason="origins_not_read")
        ages = ages_of(commit, known, self._origins.commits, self._asked.rework_days * _DAY)
        return CountedCommit(commit, lines, ages=ages)

    def _file(self, change: PathChange) -> FileLines:
        if not is_compared(change):
            same = change.old is not None and change.new is not None and change.old.sha == change.new.sha
            return FileLines("text" if same else "binary")
        both = self._blobs.both(change)
        return file_lines(*both) if both else FileLines("large")

    def _touched(self, commit: GitCommit, path: bytes, file: FileLines) -> TouchedFile | None:
        """A file with the origins of its replaced lines; None where they cannot be told."""
        if not any(hunk.removed for hunk in file.hunks):
            return TouchedFile(file.hunks)
        version = self._origins.version(commit.parents[0], path)
        if version == "before":
            return TouchedFile(file.hunks)
        if version == "unknown" or self._origins.needed(version) is None:
            return None
        origins = self._origins.find(version, self._blobs.both)
        return None if origins is None else TouchedFile(file.hunks, origins)
