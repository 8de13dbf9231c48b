"""The objects of a pack file, read with bounded memory whatever the pack holds.

Every object is inflated once to learn its id. One larger than allowed is never held as a whole: its id is reckoned
while it streams by, and its content is refused.
Format: https://git-scm.com/docs/gitformat-pack
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Final

from dulwich.pack import apply_delta

from shared.ado.git_pack_scan import NAMES, Entry, inflated, mapped, number, scan
from shared.ado.git_wire import GitProtocolError

MAX_OBJECT_BYTES: Final = 4 << 20
CACHE_BYTES: Final = 16 << 20
_LONGEST_CHAIN: Final = 5_000


class Pack:
    """A pack file. ``ids`` are hexadecimal text; those of objects that are too large are in ``large``.

    Raises GitProtocolError for a file that is no whole pack.
    """

    def __init__(self, path: Path, *, max_object_bytes: int = MAX_OBJECT_BYTES) -> None:
        self._data = mapped(path)
        self._max = max_object_bytes
        self._cache: OrderedDict[int, tuple[int, bytes]] = OrderedDict()
        self._cached_bytes = 0
        self._at: dict[bytes, int] = {}
        self.large: set[str] = set()
        try:
            self._entries = {entry.at: entry for entry in map(self._noted, scan(self._data))}
            self._resolve()
        except BaseException:
            self._data.close()
            raise

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._data)

    def close(self) -> None:
        """Let go of the file."""
        self._data.close()

    def ids(self, kind: int | None = None) -> list[str]:
        """All ids, or those of one kind, in the pack's order."""
        return [sha.hex() for sha, at in self._at.items() if kind is None or self._kind(at) == kind]

    def get(self, sha: str) -> tuple[int, bytes] | None:
        """Kind and content; None for an object that is not here or too large."""
        at = self._at.get(bytes.fromhex(sha))
        return None if at is None else self._content(at)

    def _noted(self, entry: Entry) -> Entry:
        if entry.sha is not None:
            if entry.size > self._max:
                self.large.add(entry.sha.hex())
            else:
                self._at[entry.sha] = entry.at
        return entry

    def _resolve(self) -> None:
        """Learn the ids of deltas; a base named by its id may come later. What rests on too large a base stays out."""
        waiting = [at for at, entry in self._entries.items() if entry.base is not None]
        while waiting:
            left = []
            for at in waiting:
                found = self._content(at)
                if found is None:
                    left.append(at)
                else:
                    kind, content = found
                    head = b"%s %d\0" % (NAMES[kind], len(content))
                    sha = hashlib.sha1(head, usedforsecurity=False)
                    sha.update(content)
                    self._at[sha.digest()] = at
            if len(left) == len(waiting):
                return
            waiting = left

    def _kind(self, at: int) -> int:
        while (base := self._entries[at].base) is not None:
            at = base if isinstance(base, int) else self._at[base]
        return self._entries[at].kind

    def _content(self, at: int) -> tuple[int, bytes] | None:
        """Kind and content of the object at a place; None where it, or what it rests on, is too large or not here."""
        chain: list[int] = []
        while at not in self._cache:
            entry = self._entries.get(at)
            if entry is None or entry.size > self._max or len(chain) > _LONGEST_CHAIN:
                return None
            chain.append(at)
            if entry.base is None:
                break
            base = entry.base if isinstance(entry.base, int) else self._at.get(entry.base)
            if base is None:
                return None
            at = base
        kind, content = self._cached(at) if at in self._cache else (self._entries[chain[-1]].kind, b"")
        for place in reversed(chain):
            data = self._inflated(self._entries[place])
            if self._entries[place].base is None:
                content = data
            elif _result_size(data) > self._max:
                return None
            else:
                content = _applied(content, data)
            self._remember(place, kind, content)
        return kind, content

    def _cached(self, at: int) -> tuple[int, bytes]:
        self._cache.move_to_end(at)
        return self._cache[at]

    def _remember(self, at: int, kind: int, content: bytes) -> None:
        self._cache[at] = (kind, content)
        self._cached_bytes += len(content)
        while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
            _, (_, gone) = self._cache.popitem(last=False)
            self._cached_bytes -= len(gone)

    def _inflated(self, entry: Entry) -> bytes:
        return b"".join(inflated(self._data, entry))


def _applied(base: bytes, delta: bytes) -> bytes:
    try:
        return b"".join(apply_delta(base, delta))
    except Exception as e:
        raise GitProtocolError("a delta that does not fit its base") from e


def _result_size(delta: bytes) -> int:
    """The size of what a delta makes: its second number."""
    _, at = number(delta, 0)
    return number(delta, at)[0]
