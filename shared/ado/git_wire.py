"""Git's fetch over HTTP without I/O: what to send, and how to read what comes, in protocol versions 0 and 2.

Azure Repos speaks version 0, insists on ``multi_ack``, and knows partial clones (``filter``) since 2023; a server that
offers version 2 is spoken to in it.
Sources: https://git-scm.com/docs/gitprotocol-pack, https://git-scm.com/docs/gitprotocol-v2,
https://devblogs.microsoft.com/devops/git-partial-clone-now-supported-in-azure-devops/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dulwich.protocol import pkt_line

from shared.errors import ContractError, TransientError

Read = Callable[[int], bytes]
"""The next so many bytes, fewer only at the end."""

UPLOAD_PACK: Final = "git-upload-pack"
ADVERTISEMENT: Final = "application/x-git-upload-pack-advertisement"
REQUEST: Final = "application/x-git-upload-pack-request"
RESULT: Final = "application/x-git-upload-pack-result"

MOST_HAVES: Final = 256
"""Servers stop looking at haves after about as many in vain; the best come first."""
MOST_REFS: Final = 1_000_000

_FLUSH: Final = b"0000"
_DELIMITER: Final = b"0001"
_LONGEST_LINE: Final = 65_520
_ASKED: Final = (
    b"multi_ack_detailed", b"multi_ack", b"side-band-64k", b"ofs-delta", b"no-progress", b"shallow", b"filter",
)  # fmt: skip
_AGENT: Final = b"agent=flow-azure-devops"


class GitProtocolError(ContractError):
    """The server says something that Git's protocol does not know."""

    def __init__(self, what: str) -> None:
        super().__init__(f"git: {what}", code="git.protocol")


class GitRefusedError(ContractError):
    """The server refuses a request: an object that it does not have (any more), or something it does not support."""

    def __init__(self, said: str) -> None:
        super().__init__(f"git: the server refused: {said}", code="git.refused")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server offers. ``named``: its capabilities, of version 2 those of ``fetch`` only."""

    version: int
    named: frozenset[bytes]

    @property
    def filters(self) -> bool:
        return b"filter" in self.named

    @property
    def depth(self) -> bool:
        return b"shallow" in self.named


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch: ``wants`` with all that they lead to, save what ``haves`` lead to. Ids are hexadecimal text.

    ``filter_spec``: ``blob:none`` or ``tree:0``, what is left out of what is not wanted by its own id.
    ``depth``: so many commits from each wanted one.
    """

    wants: Sequence[str]
    haves: Sequence[str] = ()
    filter_spec: str | None = None
    depth: int | None = None


def read_abilities(read: Read) -> Abilities:
    """The beginning of ``info/refs``. Raises GitProtocolError, GitRefusedError."""
    first = _line(read)
    if first == b"# service=git-upload-pack":
        if _line(read) is not None:
            raise GitProtocolError("no end after the service's name")
        first = _line(read)
    if first is None:
        raise GitProtocolError("no capabilities")
    if first == b"version 2":
        lines = {name: value for name, _, value in (line.partition(b"=") for line in _lines(read))}
        return Abilities(2, frozenset(lines.get(b"fetch", b"").split()))
    return Abilities(0, frozenset(first.partition(b"\0")[2].split()))


def fetch_request(abilities: Abilities, wanted: Wanted) -> bytes:
    """The body of the one request that fetches."""
    wants = [b"want " + sha.encode() for sha in wanted.wants]
    haves = [b"have " + sha.encode() for sha in wanted.haves[:MOST_HAVES]]
    limits = [b"deepen %d" % wanted.depth] if wanted.depth else []
    if wanted.filter_spec:
        limits.append(b"filter " + wanted.filter_spec.encode())
    if abilities.version == 2:
        start = pkt_line(b"command=fetch\n") + pkt_line(_AGENT) + _DELIMITER
        return start + _packed([b"ofs-delta", b"no-progress", *wants, *haves, *limits, b"done"]) + _FLUSH
    wants[0] = b" ".join([wants[0], *(name for name in _ASKED if name in abilities.named), _AGENT])
    return _packed([*wants, *limits]) + _FLUSH + _packed([*haves, b"done"])


def _packed(lines: list[bytes]) -> bytes:
    return b"".join(pkt_line(line + b"\n") for line in lines)


def read_pack(abilities: Abilities, wanted: Wanted, read: Read) -> Iterator[bytes]:
    """The pieces of the pack in a reply. Raises GitProtocolError, GitRefusedError, TransientError where it is cut."""
    if abilities.version == 2:
        _skip_to_packfile(read)
    else:
        _skip_acknowledgments(read, shallow=wanted.depth is not None)
        if b"side-band-64k" not in abilities.named:
            while piece := read(_LONGEST_LINE):
                yield piece
            return
    while (line := _line(read, keep_end=True)) is not None:
        channel, piece = line[:1], line[1:]
        if channel == b"\1":
            yield piece
        elif channel == b"\3":
            raise GitRefusedError(_said(piece))
        elif channel != b"\2":
            raise GitProtocolError("an unknown channel")


def _skip_to_packfile(read: Read) -> None:
    """Past the sections before the pack; one that points elsewhere (``packfile-uris``) was not asked for."""
    while True:
        section = _line(read)
        if section == b"packfile":
            return
        if section not in (b"shallow-info", b"acknowledgments"):
            raise GitProtocolError("an unexpected section")
        for _ in _lines(read):
            pass


def _skip_acknowledgments(read: Read, *, shallow: bool) -> None:
    if shallow:
        for _ in _lines(read):
            pass
    while True:
        line = _line(read)
        if line is None:
            raise GitProtocolError("no pack")
        word, _, rest = line.partition(b" ")
        if word not in (b"NAK", b"ACK"):
            raise GitProtocolError("an unexpected answer")
        # Having asked for everything at once, the last of them has no word behind the id.
        if word == b"NAK" or rest.count(b" ") == 0:
            return


def _lines(read: Read) -> Iterator[bytes]:
    """Lines up to the end of their section."""
    for _ in range(MOST_REFS):
        line = _line(read)
        if line is None:
            return
        yield line
    raise GitProtocolError("too many lines")


def _line(read: Read, *, keep_end: bool = False) -> bytes | None:
    """One line; None at the end of a section."""
    head = read(4)
    try:
        length = int(head, 16) if len(head) == 4 else -1
    except ValueError:
        length = -2
    if length == -1:
        raise TransientError("git: the reply was cut short", code="reply.cut")
    if 0 <= length <= 2:
        return None
    if not 4 <= length <= _LONGEST_LINE:
        raise GitProtocolError("a line of an impossible length")
    line = read(length - 4)
    if len(line) < length - 4:
        raise TransientError("git: the reply was cut short", code="reply.cut")
    if line.startswith(b"ERR "):
        raise GitRefusedError(_said(line[4:]))
    return line if keep_end else line.rstrip(b"\n")


def _said(text: bytes) -> str:
    """What the server says, for a person: one line, bounded."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:300].decode("utf-8", "replace")).split())
