"""Commits and trees as values, out of packs in a temporary folder that goes when its owner is closed."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from dulwich.errors import ObjectFormatException
from dulwich.objects import parse_tree

from shared.ado.git import MAX_PACK_BYTES, GitRemote
from shared.ado.git_pack import Pack
from shared.ado.git_pack_scan import COMMIT, TREE
from shared.ado.git_wire import GitProtocolError, Wanted

LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z; git lets people write any number."""
LARGEST_OFFSET: Final = 24 * 3600
_TREES_KEPT: Final = 4_000


@dataclass(frozen=True, slots=True)
class Signed:
    """Who and when, as in a commit. ``seconds`` since 1970 in UTC; ``offset`` seconds east of UTC."""

    name: str
    email: str
    seconds: int
    offset: int


@dataclass(frozen=True, slots=True)
class GitCommit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signed
    committer: Signed
    message: str


class TreeEntry(NamedTuple):
    mode: int
    sha: str


def read_commit(sha: str, content: bytes) -> GitCommit:
    """A commit of any writer: what is malformed in its names or times becomes empty or 0, as git shows it."""
    head, _, message = content.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        word, _, rest = line.partition(b" ")
        fields.setdefault(word, []).append(rest)
    encoding = fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", "replace")
    trees = fields.get(b"tree")
    if not trees:
        raise GitProtocolError(f"commit {sha} has no tree")
    return GitCommit(
        sha=sha,
        tree=trees[0].decode("ascii", "replace"),
        parents=tuple(parent.decode("ascii", "replace") for parent in fields.get(b"parent", [])),
        author=_signed(fields.get(b"author", [b""])[0], encoding),
        committer=_signed(fields.get(b"committer", [b""])[0], encoding),
        message=_text(message, encoding),
    )


def _signed(line: bytes, encoding: str) -> Signed:
    who, _, when = line.rpartition(b">")
    name, _, email = who.partition(b"<")
    seconds, _, zone = when.strip().partition(b" ")
    number = int(seconds) if seconds.isdigit() else 0
    return Signed(
        _text(name, encoding).strip(), _text(email, encoding).strip(), min(number, LAST_SECOND), _offset(zone)
    )


def _offset(zone: bytes) -> int:
    """``+0130`` as seconds; 0 for what is no zone."""
    digits = zone[1:]
    if zone[:1] not in (b"+", b"-") or not digits.isdigit():
        return 0
    minutes = int(digits[:-2] or b"0") * 60 + int(digits[-2:])
    seconds = minutes * 60 if zone[:1] == b"+" else -minutes * 60
    return seconds if abs(seconds) <= LARGEST_OFFSET else 0


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return data.decode("utf-8", "replace")


class ObjectFolder:
    """Packs in a temporary folder. Use it as a context manager: the folder is always removed."""

    def __init__(self, remote: GitRemote) -> None:
        self._remote = remote
        self._folder = tempfile.TemporaryDirectory(prefix="flow-git-")
        self._packs: list[Pack] = []
        self._trees: OrderedDict[str, dict[bytes, TreeEntry]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
        self._folder.cleanup()

    def fetch(self, wanted: Wanted, *, max_bytes: int = MAX_PACK_BYTES) -> Pack:
        """Fetch a pack and keep it for as long as the folder. Raises as ``GitRemote.fetch``."""
        path = Path(self._folder.name) / "pack"
        try:
            with path.open("wb") as file:
                self._remote.fetch(wanted, file, max_bytes=max_bytes)
            pack = Pack(path)
        finally:
            # Mapped into memory it stays readable, and a worker that is killed leaves little behind.
            path.unlink()
        self._packs.append(pack)
        return pack

    @property
    def size(self) -> int:
        """Bytes of all packs."""
        return sum(pack.size for pack in self._packs)

    def clear(self) -> None:
        """Let go of all packs."""
        for pack in self._packs:
            pack.close()
        self._packs.clear()
        self._trees.clear()

    @contextmanager
    def fetched(self, wanted: Wanted, *, max_bytes: int = MAX_PACK_BYTES) -> Iterator[Pack]:
        """A pack that is gone behind the block."""
        pack = self.fetch(wanted, max_bytes=max_bytes)
        try:
            yield pack
        finally:
            self._packs.remove(pack)
            pack.close()

    def commits(self, pack: Pack) -> dict[str, GitCommit]:
        """All commits of a pack."""
        found = {}
        for sha in pack.ids(COMMIT):
            item = pack.get(sha)
            if item is not None:
                found[sha] = read_commit(sha, item[1])
        return found

    def content(self, sha: str) -> tuple[int, bytes] | None:
        """Kind and content of an object in any pack; None where there is none, or it is too large."""
        for pack in self._packs:
            item = pack.get(sha)
            if item is not None:
                return item
        return None

    def tree(self, sha: str) -> dict[bytes, TreeEntry] | None:
        """The entries of a tree by name, in git's order; None where it is not here."""
        known = self._trees.get(sha)
        if known is not None:
            self._trees.move_to_end(sha)
            return known
        item = self.content(sha)
        if item is None or item[0] != TREE:
            return None
        try:
            entries = {name: TreeEntry(mode, entry.decode("ascii")) for name, mode, entry in parse_tree(item[1], 20)}
        except ObjectFormatException as e:
            raise GitProtocolError(f"tree {sha} is malformed") from e
        self._trees[sha] = entries
        if len(self._trees) > _TREES_KEPT:
            self._trees.popitem(last=False)
        return entries
