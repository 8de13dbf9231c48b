"""One writer for each stream of each unit: a lease with an end, and a fencing number that every write checks."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from shared.errors import ConnectorError, TransientError
from shared.streams.base import Watermark
from shared.tables import RowChangedError, RowExistsError
from shared.watermarks import StreamState, Watermarks

LEASE: Final = timedelta(seconds=60)
"""From its last renewal."""
FRESH: Final = timedelta(seconds=20)
"""A lease renewed within that needs no renewal before rows are written."""
RENEW_SECONDS: Final = 20.0
"""How often a slice that has nothing to store yet renews its lease."""
RENEWED_FOR: Final = timedelta(minutes=11)
"""As long as a call of the functions host may last (``host.json``, ``functionTimeout``), and a little: a lease whose
worker hangs is not kept for ever."""

log = logging.getLogger(__name__)


class LeaseLostError(ConnectorError):
    """Another worker writes this stream now; what this one has read is its own affair."""

    def __init__(self, state: StreamState) -> None:
        super().__init__(f"the lease of {state.stream} / {state.unit_id} is lost", code="lease.lost")


@dataclass(frozen=True, slots=True)
class Held:
    """Another worker has the lease. ``same_run``: for the same run, so perhaps for this very message, and it died."""

    until: datetime
    same_run: bool


class Leases:
    """Take leases. ``clock`` gives aware UTC."""

    def __init__(self, watermarks: Watermarks, clock: Callable[[], datetime]) -> None:
        self._watermarks = watermarks
        self._clock = clock

    def take(self, integration_id: str, stream: str, unit_id: str, run_id: str) -> Lease | Held:
        """The lease; or who holds it. A holder for another run is told to look again for this one."""
        owner = str(uuid.uuid4())
        while True:
            found = self._watermarks.get(integration_id, stream, unit_id)
            now = self._clock()
            if found and found.owner == owner:
                return Lease(self._watermarks, found, self._clock)  # our own write, whose answer was lost
            if found and found.held(now):
                if found.owner_run == run_id or self._ask_again(found, run_id):
                    return Held(found.until or now, same_run=found.owner_run == run_id)
                continue
            blank = StreamState(integration_id=integration_id, stream=stream, unit_id=unit_id)
            state = _taken(found or blank, owner, run_id, now)
            try:
                written = self._watermarks.replace(state) if found else self._watermarks.create(state)
            except (RowChangedError, RowExistsError):
                continue
            return Lease(self._watermarks, written, self._clock)

    def _ask_again(self, state: StreamState, run_id: str) -> bool:
        """False when the row has changed meanwhile."""
        try:
            self._watermarks.replace(replace(state, again=tuple(sorted({*state.again, run_id}))))
        except RowChangedError:
            return False
        return True


def _taken(state: StreamState, owner: str, run_id: str, now: datetime) -> StreamState:
    return replace(state, owner=owner, owner_run=run_id, until=now + LEASE, fence=state.fence + 1)


class Lease:
    """The right to write one stream, while it lasts. As a context manager it lets go when an error ends the work.

    Every method raises LeaseLostError once another worker has taken over, and changes nothing then. Threads
    may share it.
    """

    def __init__(self, watermarks: Watermarks, state: StreamState, clock: Callable[[], datetime]) -> None:
        self._watermarks = watermarks
        self._clock = clock
        self._held = True
        self._lock = threading.RLock()
        self.state = state
        self.moved = False
        """Whether the watermark has come further since the lease was taken."""

    def move(self, watermark: Watermark) -> None:
        """Store how far the stream is complete, and renew the lease, in one write."""
        self._write(lambda state: replace(state, watermark=watermark, until=self._clock() + LEASE))
        self.moved = True

    def ensure(self) -> None:
        """Be sure to hold the lease, before rows are written: renew it unless that was done just now."""
        with self._lock:
            if not self._held or self.state.until is None or self.state.until - self._clock() < LEASE - FRESH:
                self._write(lambda state: replace(state, until=self._clock() + LEASE))

    def release(self, change: Callable[[StreamState], StreamState] = lambda state: state) -> tuple[str, ...]:
        """Let go, with a last ``change`` in the same write; gives the runs that asked for another look meanwhile."""
        asked: tuple[str, ...] = ()

        def let_go(state: StreamState) -> StreamState:
            nonlocal asked
            asked = state.again
            return replace(change(state), owner="", owner_run="", until=None, again=())

        with self._lock:
            try:
                self._write(let_go)
            except LeaseLostError:
                if not self._free():
                    raise  # else it was our own write that let go, and its answer was lost
            self._held = False
        return asked

    @contextmanager
    def kept(self, every: float) -> Iterator[None]:
        """Renewed meanwhile by a thread, each ``every`` seconds: nothing may come to store for minutes.

        That it was lost is noticed there and raised by the next step of whoever holds it.
        """
        over = threading.Event()
        thread = threading.Thread(target=self._keep, args=(over, every), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _keep(self, over: threading.Event, every: float) -> None:
        ends_at = self._clock() + RENEWED_FOR
        while not over.wait(every) and self._clock() < ends_at:
            try:
                self.ensure()
            except LeaseLostError:
                return
            except TransientError:
                log.warning("lease.not_renewed", extra={"stream": self.state.stream, "unit_id": self.state.unit_id})

    def _free(self) -> bool:
        found = self._watermarks.get(self.state.integration_id, self.state.stream, self.state.unit_id)
        return found is not None and not found.owner and found.fence == self.state.fence

    def _write(self, change: Callable[[StreamState], StreamState]) -> None:
        with self._lock:
            mine = self.state
            while True:
                try:
                    self.state = self._watermarks.replace(change(self.state))
                except RowChangedError:
                    found = self._watermarks.get(mine.integration_id, mine.stream, mine.unit_id)
                    if found is None or (found.owner, found.fence) != (mine.owner, mine.fence):
                        self._held = False
                        raise LeaseLostError(mine) from None
                    self.state = found  # someone asked for another look
                else:
                    return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if self._held:
            # Whoever asked for another look is still to be told, by the next owner. A lease that is lost needs no more:
            # another has it, or it was our own write that let go, and its answer was lost.
            with suppress(LeaseLostError):
                self._write(lambda state: replace(state, owner="", owner_run="", until=None))
            self._held = False
