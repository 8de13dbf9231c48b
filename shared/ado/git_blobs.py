"""The contents of files that a lot of commits needs, fetched for it and let go of behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from shared.ado.git_objects import ObjectFolder, TreeEntry
from shared.ado.git_pack_scan import BLOB
from shared.ado.git_trees import SUBMODULE, PathChange
from shared.ado.git_wire import GitRefusedError, Wanted
from shared.ado.line_counts import is_named_binary
from shared.ado.transport import ReplyTooLargeError

MAX_LOT_BYTES: Final = 24 << 20
"""One pack of contents."""
MOST_PACKS: Final = 2
"""Packs of contents that lie side by side, for one commit that needs more than fits into one."""
MOST_WANTS: Final = 2_000


class LotTooLargeError(Exception):
    """The contents of a lot do not fit: ask for fewer commits at once."""


class Blobs:
    """Contents by tree entry. Use ``fetched`` around the work on a lot."""

    def __init__(self, folder: ObjectFolder) -> None:
        self._folder = folder
        self._large: set[str] = set()

    @contextmanager
    def fetched(self, changes: Iterable[PathChange], *, must_fit: bool) -> Iterator[None]:
        """Have both sides of ``changes`` at hand within the block.

        What does not fit raises LotTooLargeError; with ``must_fit`` (a single commit) the largest are left out and
        count as too large.
        """
        wanted = self._missing(changes)
        with ExitStack() as packs:
            lots = [wanted[at : at + MOST_WANTS] for at in range(0, len(wanted), MOST_WANTS)]
            if not must_fit and len(lots) > 1:
                raise LotTooLargeError
            self._fetch_all(packs, lots, must_fit=must_fit)
            yield

    def _missing(self, changes: Iterable[PathChange]) -> list[str]:
        wanted: dict[str, None] = {}
        for change in changes:
            ids = [entry.sha for entry in change[1:] if entry and entry.mode != SUBMODULE]
            # Where one side cannot be had, the other is of no use.
            if is_compared(change) and self._large.isdisjoint(ids):
                wanted |= dict.fromkeys(ids)
        return [sha for sha in wanted if self._folder.content(sha) is None]

    def _fetch_all(self, packs: ExitStack, lots: list[list[str]], *, must_fit: bool) -> None:
        held = 0
        while lots:
            lot = lots.pop(0)
            if held == MOST_PACKS:
                self._large.update(lot)
                continue
            try:
                pack = packs.enter_context(self._folder.fetched(Wanted(lot), max_bytes=MAX_LOT_BYTES))
            except ReplyTooLargeError:
                if not must_fit:
                    raise LotTooLargeError from None
                if len(lot) == 1:
                    self._large.update(lot)
                else:
                    half = len(lot) // 2
                    lots[:0] = [lot[:half], lot[half:]]
            except GitRefusedError:
                # A server that gives no objects by their ids.
                self._large.update(lot)
            else:
                held += pack.size > MAX_LOT_BYTES // 2
                self._large |= pack.large

    def both(self, change: PathChange) -> tuple[bytes | None, bytes | None] | None:
        """Old and new content; None where either cannot be had."""
        contents: list[bytes | None] = []
        for entry in change[1:]:
            content = self._content(entry)
            if entry is not None and content is None:
                return None
            contents.append(content)
        return contents[0], contents[1]

    def _content(self, entry: TreeEntry | None) -> bytes | None:
        if entry is None:
            return None
        if entry.mode == SUBMODULE:
            # As git shows one in a diff.
            return b"Subproject commit " + entry.sha.encode() + b"\n"
        found = None if entry.sha in self._large else self._folder.content(entry.sha)
        return found[1] if found and found[0] == BLOB else None


def is_compared(change: PathChange) -> bool:
    """Whether the contents decide anything: not where only the mode changed, or the name says binary."""
    old, new = change.old, change.new
    same = old is not None and new is not None and old.sha == new.sha
    return not same and not is_named_binary(change.path)
