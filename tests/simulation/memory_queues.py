"""Storage Queues in memory: hidden messages, receipts, dequeue counts; held to Azurite by ``test_ports.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from shared.queues import MAX_DELAY_SECONDS, Queues
from shared.tables import RowChangedError
from tests.simulation.memory_tables import Perform, undisturbed

if TYPE_CHECKING:
    from shared.messages import Message


class MessageGoneError(Exception):
    """The receipt is not the last one that was given for the message, or the message is deleted."""


@dataclass(slots=True)
class Queued:
    """One message. ``receipt`` changes whenever it is taken or hidden."""

    id: int
    queue: str
    body: bytes
    visible_at: datetime
    dequeue_count: int = 0
    receipt: int = 0


class QueueStore:
    """All queues."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.queues: dict[str, list[Queued]] = {}
        self._clock = clock
        self._ids = count(1)

    def create_queue(self, queue: str) -> None:
        self.queues.setdefault(queue, [])

    def send(self, queue: str, body: bytes, delay: timedelta = timedelta()) -> None:
        """Raises RowChangedError when there is no such queue."""
        self.messages(queue).append(Queued(next(self._ids), queue, body, self._clock() + delay))

    def messages(self, queue: str) -> list[Queued]:
        """Every message, hidden or not. Raises RowChangedError when there is no such queue."""
        if queue not in self.queues:
            raise RowChangedError(f"queue {queue}")
        return self.queues[queue]

    def visible(self, queue: str) -> list[Queued]:
        now = self._clock()
        return [message for message in self.messages(queue) if message.visible_at <= now]

    def take(self, message: Queued, lease: timedelta) -> int:
        """Hide it for as long, count it; the receipt."""
        message.dequeue_count += 1
        message.receipt = next(self._ids)
        message.visible_at = self._clock() + lease
        return message.receipt

    def hide(self, message: Queued, receipt: int, length: timedelta) -> int:
        """Hide it from now on for as long; the new receipt. Raises MessageGoneError."""
        self._check(message, receipt)
        message.receipt = next(self._ids)
        message.visible_at = self._clock() + length
        return message.receipt

    def delete(self, message: Queued, receipt: int) -> None:
        """Raises MessageGoneError."""
        self._check(message, receipt)
        self.queues[message.queue].remove(message)

    def _check(self, message: Queued, receipt: int) -> None:
        if message.receipt != receipt or message not in self.queues[message.queue]:
            raise MessageGoneError

    def __len__(self) -> int:
        return sum(map(len, self.queues.values()))


class MemoryQueues(Queues):
    """``Queues`` over a ``QueueStore``."""

    def __init__(self, store: QueueStore, perform: Perform = undisturbed) -> None:
        self._store = store
        self._perform = perform

    def send(self, message: Message, delay_seconds: float = 0) -> None:
        delay = timedelta(seconds=min(max(0, round(delay_seconds)), MAX_DELAY_SECONDS))
        self._perform(
            f"send {message.QUEUE}", lambda: self._store.send(message.QUEUE, message.to_json(), delay), writes=True
        )

    def create_queue(self, queue: str) -> None:
        self._perform(f"create queue {queue}", lambda: self._store.create_queue(queue), writes=True)

    def ping(self, queue: str) -> None:
        self._perform(f"ping {queue}", lambda: self._store.messages(queue), writes=False)
