"""How far the commits of a repo are read, as its watermark keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

from shared.mapping.times import need_time, to_text
from shared.streams.base import Watermark

ANCHOR_EVERY: Final = timedelta(days=7)
MOST_ANCHORS: Final = 12
TIPS_OF_ANCHOR: Final = 16
COMMITTED_BEFORE_PUSHED: Final = timedelta(days=10)
"""So long before it is pushed a commit may have been made, for its replaced lines to be looked at far enough back."""


class Anchor(NamedTuple):
    """Some commits that were known at a time: what came later can be asked for without the rest."""

    at: datetime
    tips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """``tips``: a digest of the branch tips whose commits are stored; None: nothing is read."""

    tips: str | None = None
    began: datetime | None = None
    """A round is under way since then: rows that changed since are its own."""
    pushed_at: datetime | None = None
    """Of the last push that was read."""
    left_out: int = 0
    """Commits older than the window, when it was first read."""
    disabled: bool = False
    """The repo was found disabled, and the coverage ledger says so."""
    anchors: tuple[Anchor, ...] = ()

    @classmethod
    def load(cls, watermark: Watermark | None) -> Self:
        """From a stored watermark."""
        stored = watermark or {}
        began, pushed_at = stored.get("began"), stored.get("pushed_at")
        return cls(
            tips=stored.get("tips"),
            began=need_time(began, "began") if began else None,
            pushed_at=need_time(pushed_at, "pushed_at") if pushed_at else None,
            left_out=stored.get("left_out", 0),
            disabled=stored.get("disabled", False),
            anchors=tuple(Anchor(need_time(at, "anchor"), tuple(tips)) for at, tips in stored.get("anchors", ())),
        )

    def watermark(self) -> Watermark:
        """As ``load`` reads it."""
        return {
            "tips": self.tips,
            "began": self.began and to_text(self.began),
            "pushed_at": self.pushed_at and to_text(self.pushed_at),
            "left_out": self.left_out,
            "disabled": self.disabled,
            "anchors": [[to_text(anchor.at), list(anchor.tips)] for anchor in self.anchors],
        }

    def begun(self, now: datetime) -> Self:
        """A round begins, or goes on."""
        return self if self.began else replace(self, began=now)

    def ended(self, tips: Iterable[str]) -> Self:
        """All that the tips lead to is stored."""
        return replace(self, tips=digest(tips), began=None, disabled=False)

    def with_anchor(self, at: datetime, tips: Iterable[str]) -> Self:
        """Remember some known commits, not more often than is of use."""
        chosen = tuple(tips)[:TIPS_OF_ANCHOR]
        if not chosen or (self.anchors and at - self.anchors[-1].at < ANCHOR_EVERY):
            return self
        return replace(self, anchors=(*self.anchors, Anchor(at, chosen))[-MOST_ANCHORS:])

    def known_before(self, now: datetime, rework_days: int) -> tuple[str, ...]:
        """Commits that were known before any whose lines may still count as recent; none where that is not known."""
        latest = now - timedelta(days=rework_days) - COMMITTED_BEFORE_PUSHED
        return next((anchor.tips for anchor in reversed(self.anchors) if anchor.at <= latest), ())


def digest(tips: Iterable[str]) -> str:
    """A short text for a set of tips."""
    return hashlib.sha256("".join(sorted(set(tips))).encode()).hexdigest()
