"""A slice that has nothing to store for minutes keeps its lease."""

import threading
import time

import pytest

from shared.errors import TransientError
from shared.leases import LEASE, RENEWED_FOR, Held, LeaseLostError, Leases
from shared.messages import Ingest
from shared.streams.base import Batch, Stream
from shared.watermarks import StreamState, Watermarks
from tests.engine import user

OFTEN = 0.01


@pytest.fixture
def watermarks(tables):
    return Watermarks(tables)


@pytest.fixture
def leases(watermarks, clock):
    return Leases(watermarks, clock)


def take(leases):
    return leases.take("i1", "commits", "unit", "run-1")


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(OFTEN)


def is_renewed(watermarks, clock):
    return lambda: watermarks.get("i1", "commits", "unit").until == clock() + LEASE


def test_it_is_renewed_while_nothing_is_stored(leases, watermarks, clock):
    lease = take(leases)
    with lease.kept(OFTEN):
        for _ in range(3):
            clock.pass_(seconds=LEASE.total_seconds() - 1)
            wait_until(is_renewed(watermarks, clock))
            assert isinstance(take(leases), Held)
    lease.move({"n": 1})
    clock.pass_(seconds=LEASE.total_seconds() + 1)
    assert not isinstance(take(leases), Held)


def test_a_worker_that_hangs_loses_it_in_the_end(leases, watermarks, clock):
    lease = take(leases)
    with lease.kept(OFTEN):
        clock.pass_(seconds=RENEWED_FOR.total_seconds() + LEASE.total_seconds())
        wait_until(lambda: not any(thread.name == "lease" for thread in threading.enumerate()))
        assert not isinstance(take(leases), Held)


def test_trouble_of_storage_does_not_end_it(leases, watermarks, clock, monkeypatch):
    lease = take(leases)
    replace = watermarks.replace
    failed: list[StreamState] = []

    def trouble(state):
        if len(failed) < 3:
            failed.append(state)
            raise TransientError("no answer", code="storage.unavailable")
        return replace(state)

    monkeypatch.setattr(watermarks, "replace", trouble)
    with lease.kept(OFTEN):
        clock.pass_(seconds=LEASE.total_seconds() - 1)
        wait_until(is_renewed(watermarks, clock))
    assert len(failed) == 3


def test_that_it_was_lost_is_raised_by_the_next_step(leases, watermarks, clock):
    lease = take(leases)
    clock.pass_(seconds=LEASE.total_seconds() + 1)
    winner = take(leases)
    with lease.kept(OFTEN):
        wait_until(lambda: not any(thread.name == "lease" for thread in threading.enumerate()))
    with pytest.raises(LeaseLostError):
        lease.ensure()
    assert watermarks.get("i1", "commits", "unit") == winner.state


def test_renewals_and_moves_do_not_get_in_each_others_way(leases, watermarks, clock):
    lease = take(leases)
    with lease.kept(0.0001):
        for number in range(40):
            clock.pass_(seconds=25)
            lease.move({"n": number})
            assert lease.state.watermark == {"n": number}
    assert watermarks.get("i1", "commits", "unit") == lease.state
    assert lease.state.watermark == {"n": 39}


def test_a_second_copy_of_a_message_leaves_a_silent_slice_alone(engine, integration, clock, monkeypatch):
    """It comes after minutes without a batch; the first one's work is not thrown away."""
    monkeypatch.setattr("shared.services.RENEW_SECONDS", OFTEN)
    reads = []

    def read(slice_):
        reads.append(slice_)
        for _ in range(3):
            clock.pass_(seconds=LEASE.total_seconds() - 1)
            wait_until(lambda: state().until == clock() + LEASE)
        if len(reads) == 1:
            engine.services.handle_ingest(message)
        yield Batch({"n": 1}, (user(integration.id, 1),))

    def state():
        return engine.services.watermarks.get(integration.id, "commits", "organization")

    engine.use(Stream("commits", None, "organization", read))
    run = engine.services.start_sync(integration)
    message = Ingest(integration.workspace, integration.id, run.id, "commits", "organization")
    engine.drain()
    assert len(reads) == 1
    assert engine.services.runs.get(integration.id, run.id).status == "succeeded"
