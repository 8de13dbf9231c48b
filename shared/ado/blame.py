"""Which commit each line of a file comes from, as far back as the commits at hand go.

A line of a file that a commit changed comes from that commit if the commit added it, else from where the parent had
it. A merge takes each line from the first parent that has it. What lies before the commits at hand is only known to
be older than they are.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from shared.ado.git_objects import GitCommit
from shared.ado.git_trees import PathChange
from shared.ado.line_counts import file_lines, lines_of

Changes = Mapping[str, "tuple[Mapping[bytes, PathChange], ...] | None"]
"""Commit -> its changed paths against each parent (against nothing where it has none); None: too many to tell."""
Contents = Callable[[PathChange], "tuple[bytes | None, bytes | None] | None"]
"""Old and new content of a change; None where either is too large to be had."""

BEFORE: Final = -1
"""The origin of a line that is older than all commits at hand."""
MOST_VERSIONS: Final = 200
"""A file with more versions at hand than this is not followed."""
MOST_STEPS: Final = 20_000
CACHE_LINES: Final = 8_000_000

Where = Literal["before", "unknown"]


class Version(NamedTuple):
    """A file as a commit that changed it left it."""

    sha: str
    path: bytes


@dataclass(frozen=True, slots=True)
class LineAges:
    """The lines that a commit touches, each hunk counting as the larger of its two sides (as ``haloc`` does).

    ``added`` replace nothing. The others replace or delete: the author's own lines younger than the threshold,
    someone else's, or older ones.
    """

    added: int = 0
    own_recent: int = 0
    others_recent: int = 0
    old: int = 0


class LineOrigins:
    """Finds origins among ``ordered`` commits; remembers what it found."""

    def __init__(self, ordered: Iterable[GitCommit], changes: Changes) -> None:
        self.commits = list(ordered)
        self._numbers = {commit.sha: number for number, commit in enumerate(self.commits)}
        self._changes = changes
        self._known: OrderedDict[Version, array[int] | None] = OrderedDict()
        self._known_lines = 0

    def version(self, sha: str, path: bytes) -> Version | Where:
        """The version of a file that is there at a commit."""
        for _ in range(MOST_STEPS):
            number = self._numbers.get(sha)
            if number is None:
                return "before"
            changes = self._changes[sha]
            if changes is None:
                return "unknown"
            parents = self.commits[number].parents
            same = next((at for at, paths in enumerate(changes) if path not in paths), None)
            if same is None:
                return Version(sha, path)
            if same >= len(parents):
                return "unknown"
            sha = parents[same]
        return "unknown"

    def needed(self, version: Version) -> list[Version] | None:
        """The versions to be compared for this one's origins, the oldest first; None: too many, or not known."""
        order: list[Version] = []
        seen: set[Version] = set()
        waiting: list[tuple[Version, bool]] = [(version, False)]
        while waiting:
            at, expanded = waiting.pop()
            if expanded:
                order.append(at)
                continue
            if at in seen or at in self._known:
                continue
            seen.add(at)
            if len(seen) > MOST_VERSIONS:
                return None
            waiting.append((at, True))
            for before in self._before(at):
                if before == "unknown":
                    return None
                if isinstance(before, Version):
                    waiting.append((before, False))
        return order

    def changes_of(self, version: Version) -> list[PathChange]:
        """How a version differs from that of each parent."""
        return [paths[version.path] for paths in self._changes[version.sha] or ()]

    def find(self, version: Version, contents: Contents) -> array[int] | None:
        """The number in ``commits`` that each line comes from, or BEFORE; None where a content cannot be had.

        ``needed(version)`` says which contents will be asked for.
        """
        for at in self.needed(version) or [version]:
            self._remember(at, self._of(at, contents))
        return self._known.get(version)

    def _before(self, version: Version) -> list[Version | Where]:
        parents = self.commits[self._numbers[version.sha]].parents
        changes = self.changes_of(version)
        return [
            self.version(parent, version.path)
            for parent, change in zip(parents, changes, strict=False)
            if change.old is not None
        ]

    def _of(self, version: Version, contents: Contents) -> array[int] | None:
        number = self._numbers[version.sha]
        parents = self.commits[number].parents
        found: array[int] | None = None
        for at, change in enumerate(self.changes_of(version)):
            both = contents(change)
            if both is None or both[1] is None:
                return None
            if found is None:
                found = array("i", [number]) * len(lines_of(both[1]))
            if change.old is None or at >= len(parents):
                continue
            if not self._take_over(found, number, self.version(parents[at], version.path), both):
                return None
        return found

    def _take_over(
        self, found: array[int], number: int, before: Version | Where, both: tuple[bytes | None, bytes | None]
    ) -> bool:
        """Give the lines that the parent has the origins they have there; False where those are not known."""
        if before == "unknown":
            return False
        older = None if before == "before" else self._known.get(before)
        if older is None and before != "before":
            return False
        compared = file_lines(*both)
        if compared.kind != "text":
            return False
        old_at = new_at = 0
        ends = (len(lines_of(both[0] or b"")), len(found))
        for hunk in (*compared.hunks, (ends[0], 0, ends[1], 0)):
            while new_at < hunk[2]:
                if found[new_at] == number:
                    found[new_at] = BEFORE if older is None else older[old_at]
                old_at, new_at = old_at + 1, new_at + 1
            old_at, new_at = hunk[0] + hunk[1], hunk[2] + hunk[3]
        return True

    def _remember(self, version: Version, origins: array[int] | None) -> None:
        self._known[version] = origins
        self._known_lines += len(origins or ())
        while self._known_lines > CACHE_LINES and len(self._known) > 1:
            oldest = next(iter(self._known))
            if oldest == version:
                return
            self._known_lines -= len(self._known.pop(oldest) or ())
