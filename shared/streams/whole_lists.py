"""What the streams that read a whole list and compare it have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from shared.flow.base import Entity
from shared.mapping.times import to_text
from shared.streams.base import Batch, Slice

T = TypeVar("T")
E = TypeVar("E", bound=Entity)

ROWS_IN_A_BATCH: Final = 500


def lots(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """``things`` in order, in lists of at most ``size``."""
    rest = iter(things)
    while lot := list(islice(rest, size)):
        yield lot


def changed(read: Iterable[E], stored: dict[str, E]) -> list[E]:
    """Those that are new or differ from the stored entity of the same id."""
    return [entity for entity in read if stored.get(entity.id) != entity]


def batches_of(slice_: Slice, entities: Iterable[Entity], *, read: int, **facts: Any) -> Iterator[Batch]:
    """The end of a whole list: what changed, in bounded batches, at least one. ``read``: rows the source gave.

    The watermark only says when, and ``facts``: a list cut short by a kill is read again from its beginning.
    """
    watermark = {"read_at": to_text(slice_.now), **facts}
    parts = list(lots(entities, ROWS_IN_A_BATCH)) or [[]]
    for index, part in enumerate(parts):
        yield Batch(watermark, tuple(part), read=0 if index else read, progress=(index + 1) / len(parts))
