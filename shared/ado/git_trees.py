"""What differs between two trees: changed paths, without guessing renames."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from shared.ado.git_objects import TreeEntry

Trees = Callable[[str], Mapping[bytes, TreeEntry] | None]
"""The entries of a tree by name; None where it is not at hand."""

SUBMODULE: Final = 0o160000
MOST_PATHS: Final = 10_000
"""A commit that changes more is not compared file by file."""
_DEEPEST: Final = 200


class PathChange(NamedTuple):
    """One changed path. A side is None where the path does not exist; otherwise a file, link or submodule."""

    path: bytes
    old: TreeEntry | None
    new: TreeEntry | None


class MissingTreeError(Exception):
    """A tree that a comparison needs is not at hand."""


class TooManyPathsError(Exception):
    """More paths changed than are compared."""


def changed_paths(trees: Trees, old: str | None, new: str) -> list[PathChange]:
    """The paths that differ between two trees, in order of name; ``old`` None: all of ``new``.

    A folder that became a file is a deletion of what was in it and a new file. Raises MissingTreeError,
    TooManyPathsError.
    """
    found: list[PathChange] = []
    for change in _walk(trees, b"", old, new, 0):
        found.append(change)
        if len(found) > MOST_PATHS:
            raise TooManyPathsError
    return found


def _walk(trees: Trees, prefix: bytes, old: str | None, new: str | None, depth: int) -> Iterator[PathChange]:
    if depth > _DEEPEST:
        raise TooManyPathsError
    before, after = _entries(trees, old), _entries(trees, new)
    for name in sorted(before.keys() | after.keys()):
        left, right = before.get(name), after.get(name)
        if left == right:
            continue
        path = prefix + name
        left_folder, right_folder = _folder(left), _folder(right)
        if left_folder or right_folder:
            yield from _walk(trees, path + b"/", left_folder, right_folder, depth + 1)
        left_file, right_file = None if left_folder else left, None if right_folder else right
        if left_file != right_file:
            yield PathChange(path, left_file, right_file)


def _entries(trees: Trees, sha: str | None) -> Mapping[bytes, TreeEntry]:
    if sha is None:
        return {}
    entries = trees(sha)
    if entries is None:
        raise MissingTreeError(sha)
    return entries


def _folder(entry: TreeEntry | None) -> str | None:
    return entry.sha if entry and stat.S_ISDIR(entry.mode) else None
