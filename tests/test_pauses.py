import threading
from datetime import timedelta

import pytest

from shared.errors import TransientError
from shared.pauses import HEARD_WITHIN, LONGEST, Pauses


@pytest.fixture
def pauses(tables, clock):
    return Pauses(tables, clock)


def test_a_pause_lasts_until_its_end(pauses, clock):
    assert pauses.until("contoso", "ann") is None
    end = pauses.pause("contoso", "ann", 30)
    assert end == clock() + timedelta(seconds=30)
    clock.pass_(seconds=29)
    assert pauses.until("contoso", "ann") == end
    clock.pass_(seconds=1)
    assert pauses.until("contoso", "ann") is None


def test_a_pause_is_of_one_organisation_and_owner(pauses):
    pauses.pause("Contoso", "ann", 30)
    assert pauses.until("contoso", "ann") is not None
    assert pauses.until("contoso", "bob") is None
    assert pauses.until("fabrikam", "ann") is None


def test_a_shorter_pause_does_not_end_a_longer_one(pauses):
    end = pauses.pause("contoso", "ann", 60)
    assert pauses.pause("contoso", "ann", 10) == end
    assert pauses.until("contoso", "ann") == end
    assert pauses.pause("contoso", "ann", 90) > end


@pytest.mark.parametrize("seconds", [10**9, float("inf")])
def test_a_pause_is_bounded(pauses, clock, seconds):
    assert pauses.pause("contoso", "ann", seconds) == clock() + LONGEST


def test_pauses_at_the_same_time_leave_the_longest(pauses):
    lengths = [5, 50, 20, 35]
    threads = [threading.Thread(target=pauses.pause, args=("contoso", "ann", length)) for length in lengths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pauses.until("contoso", "ann") == pauses.pause("contoso", "ann", 50)


def test_no_key_shows_the_owner(pauses, tables):
    pauses.pause("contoso", "ann@contoso.com", 30)
    (found,) = tables.query("pauses")
    assert "ann" not in found.row["PartitionKey"]


def test_a_request_waits_for_the_pause_of_its_own_worker_at_once(pauses, clock):
    assert pauses.seconds("contoso", "ann") == 0
    pauses.pause("contoso", "ann", 30)
    assert pauses.seconds("contoso", "ann") == 30
    clock.pass_(seconds=12)
    assert pauses.seconds("contoso", "ann") == 18
    clock.pass_(seconds=18)
    assert pauses.seconds("contoso", "ann") == 0


def test_a_request_hears_soon_of_what_another_worker_was_told(tables, pauses, clock):
    assert pauses.seconds("contoso", "ann") == 0
    Pauses(tables, clock).pause("contoso", "ann", 30)
    clock.pass_(seconds=HEARD_WITHIN.total_seconds() / 2)
    assert pauses.seconds("contoso", "ann") == 0  # not yet: storage is not asked before every request
    clock.pass_(seconds=HEARD_WITHIN.total_seconds() / 2)
    assert pauses.seconds("contoso", "ann") == 28


def test_while_storage_is_away_what_is_known_counts(pauses, clock, monkeypatch):
    pauses.pause("contoso", "ann", 30)

    def away(*_):
        raise TransientError("no answer", code="storage.unavailable")

    monkeypatch.setattr(pauses._tables, "get", away)
    clock.pass_(seconds=10)
    assert pauses.seconds("contoso", "ann") == 20
    assert pauses.seconds("contoso", "bob") == 0


def test_a_pause_that_cannot_be_stored_holds_for_this_worker(pauses, monkeypatch):
    def away(*_):
        raise TransientError("no answer", code="storage.unavailable")

    monkeypatch.setattr(pauses._tables, "create", away)
    with pytest.raises(TransientError):
        pauses.pause("contoso", "ann", 30)
    assert pauses.seconds("contoso", "ann") == 30
