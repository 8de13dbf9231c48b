import threading
from dataclasses import replace

import pytest

from shared.leases import FRESH, LEASE, Held, Lease, LeaseLostError, Leases
from shared.tables import RowChangedError
from shared.watermarks import StreamState, Watermarks


@pytest.fixture
def watermarks(tables):
    return Watermarks(tables)


@pytest.fixture
def leases(watermarks, clock):
    return Leases(watermarks, clock)


def take(leases, run="run-1", unit="unit"):
    return leases.take("i1", "tickets", unit, run)


def stored(watermarks):
    return watermarks.get("i1", "tickets", "unit")


def test_a_lease_is_one_workers(leases, watermarks):
    lease = take(leases)
    for run in ("run-2", "run-3", "run-2"):
        assert take(leases, run) == Held(lease.state.until, same_run=False)
    assert lease.release() == ("run-2", "run-3")
    assert stored(watermarks).again == ()
    assert isinstance(take(leases), Lease)


def test_a_message_of_the_same_run_is_told_so_and_asks_for_nothing(leases, watermarks):
    lease = take(leases)
    assert take(leases) == Held(lease.state.until, same_run=True)
    assert lease.release() == ()
    assert stored(watermarks).owner_run == ""


def test_streams_and_units_have_leases_of_their_own(leases):
    taken = [take(leases), take(leases, unit="other"), leases.take("i1", "users", "unit", "run-1")]
    taken.append(leases.take("i2", "tickets", "unit", "run-1"))
    assert all(isinstance(lease, Lease) for lease in taken)


def test_a_lease_ends_a_minute_after_its_last_renewal(leases, clock):
    lease = take(leases)
    clock.pass_(seconds=40)
    lease.move({"n": 1})
    clock.pass_(seconds=LEASE.total_seconds() - 1)
    assert isinstance(take(leases), Held)
    clock.pass_(seconds=1)
    assert isinstance(take(leases), Lease)


def test_each_owner_has_a_higher_fence(leases, clock):
    first = take(leases)
    first.release()
    second = take(leases)
    clock.pass_(minutes=2)
    third = take(leases)
    assert [lease.state.fence for lease in (first, second, third)] == [1, 2, 3]


def test_the_watermark_survives_owners(leases, watermarks, clock):
    take(leases).move({"token": "a"})
    clock.pass_(minutes=2)
    lease = take(leases)
    assert lease.state.watermark == {"token": "a"}
    lease.move({"token": "b"})
    lease.release()
    assert stored(watermarks).watermark == {"token": "b"}


@pytest.mark.parametrize("write", [lambda lease: lease.move({"n": 9}), lambda lease: lease.release()])
def test_who_has_lost_the_lease_changes_nothing(leases, watermarks, clock, write):
    lost = take(leases)
    lost.move({"n": 1})
    clock.pass_(minutes=2)
    take(leases)
    before = stored(watermarks)
    with pytest.raises(LeaseLostError):
        write(lost)
    assert stored(watermarks) == before
    assert stored(watermarks).etag == before.etag


def test_a_lost_lease_is_found_out_before_rows_are_written(leases, clock):
    lost = take(leases)
    clock.pass_(minutes=2)
    take(leases)
    with pytest.raises(LeaseLostError):
        lost.ensure()


def test_an_expired_lease_that_nobody_took_is_still_ours(leases, watermarks, clock):
    lease = take(leases)
    clock.pass_(minutes=5)
    lease.move({"n": 1})
    assert stored(watermarks).watermark == {"n": 1}
    assert isinstance(take(leases), Held)


def test_a_fresh_lease_is_not_renewed_for_every_page(leases, watermarks, clock):
    lease = take(leases)
    etag = stored(watermarks).etag
    clock.pass_(seconds=FRESH.total_seconds())
    lease.ensure()
    assert stored(watermarks).etag == etag
    clock.pass_(seconds=1)
    lease.ensure()
    assert stored(watermarks).until == clock() + LEASE


def test_being_asked_again_does_not_cost_the_lease(leases, watermarks):
    lease = take(leases)
    take(leases, "run-2")
    lease.move({"n": 1})
    take(leases, "run-3")
    lease.move({"n": 2})
    assert stored(watermarks).watermark == {"n": 2}
    assert lease.release() == ("run-2", "run-3")


def test_it_lets_go_whatever_happens(leases, watermarks):
    lease = take(leases)
    take(leases, "run-2")
    with pytest.raises(ZeroDivisionError), lease:
        raise ZeroDivisionError
    assert stored(watermarks).owner == ""
    assert take(leases).release() == ("run-2",)


def test_a_lost_lease_is_not_let_go_of_twice(leases, watermarks, clock):
    with take(leases) as lease:
        clock.pass_(minutes=2)
        winner = take(leases)
        with pytest.raises(LeaseLostError):
            lease.move({"n": 1})
    assert stored(watermarks).owner == winner.state.owner


def test_one_of_many_at_the_same_time_gets_it(tables, clock):
    ready = threading.Barrier(6)
    got = []

    def work(number):
        leases = Leases(Watermarks(tables), clock)
        ready.wait(10)
        got.append(take(leases, f"run-{number}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [lease for lease in got if isinstance(lease, Lease)]
    assert len(winner.release()) == 5


def lose_answer(watermarks, monkeypatch, method):
    """The first write takes effect, but looks as if it had not."""
    original = getattr(watermarks, method)
    lost: list[StreamState] = []

    def write(state):
        written = original(state)
        if not lost:
            lost.append(state)
            raise RowChangedError("row")
        return written

    monkeypatch.setattr(watermarks, method, write)


def test_a_lost_answer_to_taking(leases, watermarks, monkeypatch):
    lose_answer(watermarks, monkeypatch, "create")
    lease = take(leases)
    assert lease.state.fence == 1
    lease.move({"n": 1})


def test_a_lost_answer_to_moving(leases, watermarks, monkeypatch):
    lease = take(leases)
    lose_answer(watermarks, monkeypatch, "replace")
    lease.move({"n": 1})
    assert stored(watermarks).watermark == {"n": 1}


def test_a_lost_answer_to_letting_go(leases, watermarks, monkeypatch):
    lease = take(leases)
    take(leases, "run-2")
    lose_answer(watermarks, monkeypatch, "replace")
    assert lease.release() == ("run-2",)
    assert stored(watermarks).owner == ""


def test_beginning_anew_takes_the_lease_away_once_for_each_run(leases, watermarks):
    lease = take(leases)
    lease.move({"n": 1})
    watermarks.restart(stored(watermarks), "full-1")
    with pytest.raises(LeaseLostError):
        lease.move({"n": 2})
    assert stored(watermarks).watermark is None
    take(leases).move({"n": 3})
    watermarks.restart(stored(watermarks), "full-1")
    assert stored(watermarks).watermark == {"n": 3}
    watermarks.restart(stored(watermarks), "full-2")
    assert stored(watermarks).watermark is None


def test_a_state_comes_back_as_it_was_stored(watermarks, clock):
    state = StreamState(
        integration_id="i1", stream="tickets", unit_id="A/b?", watermark={"complete": True, "n": [1, {"x": None}]},
        owner="o", owner_run="x", until=clock(), fence=7, again=("a", "b"), restarted_by="r", failure="failed_project",
        error="e", error_code="c", remedy="m", failing_since=clock(), synced_at=clock(),
    )  # fmt: skip
    watermarks.create(state)
    assert watermarks.get("i1", "tickets", "A/b?") == state
    assert list(watermarks.all("i1")) == [state]
    assert state.complete
    assert not replace(state, watermark={"complete": False}).complete
    assert not replace(state, watermark=None).complete
