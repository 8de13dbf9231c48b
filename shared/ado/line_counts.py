"""How many lines a change adds and removes, as ``git log --numstat --no-renames`` counts them, and its hunks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from shared.ado.line_diff import Hunk, hunks
from shared.ado.shortest_edit import DiffTooCostlyError

LOOKED_AT_FOR_NUL: Final = 8000
"""A file with a NUL in so many first bytes is binary to git."""

# Formats that cannot be without a NUL: their bytes need not be fetched to know that they are binary.
BINARY_ENDINGS: Final = frozenset(
    b"png jpg jpeg gif ico webp bmp tif tiff psd zip jar war ear nupkg whl gz tgz xz 7z rar docx xlsx pptx odt ods "
    b"exe dll so dylib pdb lib a o obj class pyc wasm woff woff2 ttf otf eot mp3 mp4 m4a mov avi mkv wav flac ogg "
    b"sqlite db mdf parquet pack".split()
)

FileKind = Literal["text", "binary", "large"]


@dataclass(frozen=True, slots=True)
class FileLines:
    """One changed file. ``large``: not compared, as it is too large or too different; it counts no lines."""

    kind: FileKind
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class LineCounts:
    """What a commit changes. ``haloc``: the larger of added and removed lines of each hunk, added up."""

    files: int = 0
    binary_files: int = 0
    large_files: int = 0
    insertions: int = 0
    deletions: int = 0
    hunks: int = 0
    haloc: int = 0


def is_binary(content: bytes) -> bool:
    return content.find(b"\0", 0, LOOKED_AT_FOR_NUL) >= 0


def is_named_binary(path: bytes) -> bool:
    """Whether a path's ending alone says that its content is binary."""
    _, dot, ending = path.rpartition(b".")
    return bool(dot) and ending.lower() in BINARY_ENDINGS


def lines_of(content: bytes) -> list[bytes]:
    """A file's lines; only a line feed ends one. A last line without one differs from the same with it."""
    lines = content.split(b"\n")
    last = lines.pop()
    if last:
        lines.append(last + b"\n")
    return lines


def file_lines(old: bytes | None, new: bytes | None) -> FileLines:
    """Compare two contents; None: the file does not exist on that side."""
    before, after = old or b"", new or b""
    if is_binary(before) or is_binary(after):
        return FileLines("binary")
    try:
        return FileLines("text", tuple(hunks(lines_of(before), lines_of(after))))
    except DiffTooCostlyError:
        return FileLines("large")


def add_up(files: Iterable[FileLines]) -> LineCounts:
    """The counts of a commit."""
    listed = list(files)
    found: Sequence[Hunk] = [hunk for file in listed for hunk in file.hunks]
    return LineCounts(
        files=len(listed),
        binary_files=sum(file.kind == "binary" for file in listed),
        large_files=sum(file.kind == "large" for file in listed),
        insertions=sum(hunk.added for hunk in found),
        deletions=sum(hunk.removed for hunk in found),
        hunks=len(found),
        haloc=sum(max(hunk.added, hunk.removed) for hunk in found),
    )
