"""How old the lines are that a commit replaces, and whose they are."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.ado.blame import BEFORE, LineAges
from shared.ado.git_objects import GitCommit
from shared.ado.line_diff import Hunk


@dataclass(frozen=True, slots=True)
class TouchedFile:
    """A changed text file. ``origins``: of its lines before; None: all older than what is at hand."""

    hunks: Sequence[Hunk]
    origins: array[int] | None = None


def ages_of(
    commit: GitCommit, files: Iterable[TouchedFile], origins: Sequence[GitCommit], threshold_seconds: int
) -> LineAges:
    """Split a commit's lines by what they replace. A line is younger than the threshold by its author's date.

    A person is a mail address, whatever its case; a name where there is none.
    """
    added = own = others = old = 0
    me = _person(commit)
    for file in files:
        for hunk in file.hunks:
            added += max(hunk.added - hunk.removed, 0)
            for line in range(hunk.old, hunk.old + hunk.removed):
                number = BEFORE if file.origins is None else file.origins[line]
                origin = None if number == BEFORE else origins[number]
                if origin is None or commit.author.seconds - origin.author.seconds >= threshold_seconds:
                    old += 1
                elif _person(origin) == me:
                    own += 1
                else:
                    others += 1
    return LineAges(added, own, others, old)


def _person(commit: GitCommit) -> str:
    return (commit.author.email or commit.author.name).casefold()
