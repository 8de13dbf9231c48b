from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.run_retention import KEPT, LOT, RUNS_KEPT, forget_old_runs
from shared.run_rows import Run, RunStream, run_row, stream_row
from shared.storage import RUN_STREAMS, RUNS
from shared.table_errors import RowChangedError

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def store(tables, number, age, **changes):
    """Run ``number``: the higher, the newer."""
    started_at = NOW - age
    run = Run(integration_id="i1", id=f"{9999 - number:013d}", kind="incremental", status="succeeded",
              started_at=started_at, updated_at=started_at)  # fmt: skip
    stream = RunStream(integration_id="i1", run_id=run.id, stream="users", unit_id="organization", status="succeeded",
                       created_at=started_at, updated_at=started_at)  # fmt: skip
    tables.upsert(RUNS, [run_row(replace(run, **changes))])
    tables.upsert(RUN_STREAMS, [stream_row(stream), stream_row(replace(stream, stream="repos"))])


def kept(tables):
    runs = [9999 - int(stored.row["RowKey"]) for stored in tables.query(RUNS) if stored.row["RowKey"] != "_sync"]
    with_streams = {stored.row["run_id"] for stored in tables.query(RUN_STREAMS)}
    assert len(with_streams) == len(runs)
    return runs


def test_the_newest_are_kept_and_the_others_go_with_their_streams_a_lot_at_a_time(tables):
    for number in range(RUNS_KEPT + LOT + 3):
        store(tables, number, timedelta(hours=300 - number))
    tables.create(RUNS, {"PartitionKey": "i1", "RowKey": "_sync"})
    assert forget_old_runs(tables, "i1", NOW) == LOT
    assert forget_old_runs(tables, "i1", NOW) == 3
    assert forget_old_runs(tables, "i1", NOW) == 0
    assert kept(tables) == list(range(RUNS_KEPT + LOT + 2, LOT + 2, -1))
    assert tables.get(RUNS, "i1", "_sync")


@pytest.mark.parametrize(("status", "expected"), [("succeeded", [2]), ("failed", [2]), ("running", [2, 1])])
def test_none_is_kept_longer_than_it_may_be_but_what_goes_on_stays(tables, status, expected):
    store(tables, 1, KEPT + timedelta(seconds=1), status=status)
    store(tables, 2, KEPT)
    forget_old_runs(tables, "i1", NOW)
    assert kept(tables) == expected


def test_what_was_stopped_in_the_middle_is_gone_on_with(tables, monkeypatch):
    store(tables, 1, 2 * KEPT)
    monkeypatch.setattr("shared.run_retention.RUNS", "nosuchtable")
    with pytest.raises(RowChangedError):
        forget_old_runs(tables, "i1", NOW)
    monkeypatch.undo()
    tables.delete(RUN_STREAMS, [(f"i1|{9998:013d}", "users|organization")])
    assert forget_old_runs(tables, "i1", NOW) == 1
    assert list(tables.query(RUN_STREAMS)) == []


def test_another_integration_keeps_its_own(tables):
    store(tables, 1, 2 * KEPT)
    assert forget_old_runs(tables, "i2", NOW) == 0
    assert kept(tables) == [1]


def test_the_end_of_a_run_forgets_old_ones(engine, integration):
    engine.use()
    store_for = replace(Run(integration_id=integration.id, id=f"{9998:013d}x", kind="incremental", status="failed",
                            started_at=engine.clock() - 2 * KEPT, updated_at=engine.clock()))  # fmt: skip
    engine.services.tables.upsert(RUNS, [run_row(store_for)])
    run = engine.sync(integration)
    assert run.status == "succeeded"
    assert [one.id for one in engine.services.runs.list(integration.id, 10)[0]] == [run.id]
