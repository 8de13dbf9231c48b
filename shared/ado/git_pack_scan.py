"""The entries of a pack file one after another, each inflated piece by piece.

Format: https://git-scm.com/docs/gitformat-pack
"""

from __future__ import annotations

import hashlib
import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.ado.git_wire import GitProtocolError

COMMIT: Final = 1
TREE: Final = 2
BLOB: Final = 3
TAG: Final = 4
OFFSET_DELTA: Final = 6
REFERENCE_DELTA: Final = 7
NAMES: Final = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}

MAX_OBJECTS: Final = 4_000_000

_HEAD: Final = 12
_TRAILER: Final = 20
_LONGEST_NUMBER: Final = 9
# Most objects are small: what is fed at once is copied as often as an object ends in it.
_FED: Final = 4096
_PIECE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One object as it lies in the pack. ``size``: inflated bytes of its content, or of its delta."""

    at: int
    kind: int
    size: int
    data: int
    """Where its compressed bytes begin."""
    base: int | bytes | None
    """Of a delta: where its base lies, or the base's id."""
    sha: bytes | None
    """The object's id; None for a delta."""


def mapped(path: Path) -> mmap.mmap:
    """The file as memory that the system may drop. Raises GitProtocolError for an empty one."""
    with path.open("rb") as file:
        if path.stat().st_size < _HEAD + _TRAILER:
            raise GitProtocolError("a pack without its end")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def scan(data: mmap.mmap) -> Iterator[Entry]:
    """Every entry, in order. Raises GitProtocolError for what is no whole pack."""
    count = int.from_bytes(data[8:12], "big")
    if data[:4] != b"PACK" or data[4:8] not in (b"\0\0\0\2", b"\0\0\0\3") or count > MAX_OBJECTS:
        raise GitProtocolError("no pack of a known version")
    at = _HEAD
    for _ in range(count):
        entry, at = _entry(data, at)
        yield entry
    if at + _TRAILER != len(data):
        raise GitProtocolError("a pack with something behind its end")


def inflated(data: mmap.mmap, entry: Entry) -> Iterator[bytes]:
    """The content of an entry in pieces. Raises GitProtocolError where it is not as long as it says."""
    inflater = _Inflater(data, entry.data, entry.size)
    return inflater.pieces()


def number(data: bytes | mmap.mmap, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST_NUMBER]):
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return value, at + place + 1
    raise GitProtocolError("a number without an end")


def _entry(data: mmap.mmap, at: int) -> tuple[Entry, int]:
    first = _byte(data, at)
    kind, size, head_end = (first >> 4) & 7, first & 0x0F, at + 1
    if first & 0x80:
        rest, head_end = number(data, head_end)
        size |= rest << 4
    base: int | bytes | None = None
    if kind == OFFSET_DELTA:
        distance, head_end = _distance(data, head_end)
        base = at - distance
    elif kind == REFERENCE_DELTA:
        base, head_end = data[head_end : head_end + 20], head_end + 20
    elif kind not in NAMES:
        raise GitProtocolError("an object of an unknown kind")
    inflater = _Inflater(data, head_end, size)
    if base is not None:
        for _ in inflater.pieces():
            pass
        return Entry(at, kind, size, head_end, base, None), inflater.end
    sha = hashlib.sha1(b"%s %d\0" % (NAMES[kind], size), usedforsecurity=False)
    for piece in inflater.pieces():
        sha.update(piece)
    return Entry(at, kind, size, head_end, None, sha.digest()), inflater.end


def _byte(data: mmap.mmap, at: int) -> int:
    if at >= len(data) - _TRAILER:
        raise GitProtocolError("a pack without its end")
    return data[at]


def _distance(data: mmap.mmap, at: int) -> tuple[int, int]:
    """How far back a delta's base lies, the highest bits first, and where the number ends."""
    byte = _byte(data, at)
    distance = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = _byte(data, at)
        distance = ((distance + 1) << 7) | (byte & 0x7F)
        if distance > len(data):
            raise GitProtocolError("a delta whose base lies outside the pack")
    return distance, at + 1


class _Inflater:
    """Inflates one object; ``end`` is where its compressed bytes end, once all pieces are taken."""

    def __init__(self, data: mmap.mmap, at: int, size: int) -> None:
        self._data, self._size = data, size
        self.end = at

    def pieces(self) -> Iterator[bytes]:
        inflater = zlib.decompressobj()
        fed, seen = b"", 0
        while not inflater.eof:
            if not fed:
                fed = self._data[self.end : self.end + _FED]
                self.end += len(fed)
                if not fed:
                    raise GitProtocolError("a pack without its end")
            try:
                piece = inflater.decompress(fed, _PIECE)
            except zlib.error as e:
                raise GitProtocolError("an object that cannot be inflated") from e
            fed = inflater.unconsumed_tail
            seen += len(piece)
            if seen > self._size:
                break
            yield piece
        self.end -= len(inflater.unused_data)
        if seen != self._size:
            raise GitProtocolError("an object of another size than it says")
