from dataclasses import replace

import pytest

from shared.coverage import Coverage
from shared.storage import COVERAGE
from shared.streams.base import Skip

SKIP = Skip("pull_requests", "repo/7", "six_month_rule", "closed on 2020-01-01", "project-a")


@pytest.fixture
def ledger(tables, clock):
    return lambda: Coverage(tables, "i1", clock)


def stored(tables):
    return {(s.row["kind"], s.row["source_id"]): s.row for s in tables.query(COVERAGE, prefix="i1")}


def test_a_skip_says_what_why_and_since_when(ledger, tables, clock):
    ledger().add([SKIP, replace(SKIP, kind="repos", source_id="x", project_id=None)])
    rows = stored(tables)
    assert rows["pull_requests", "repo/7"] == {
        "PartitionKey": "i1|pull_requests", "RowKey": "repo=2F7", "kind": "pull_requests", "source_id": "repo/7",
        "reason": "six_month_rule", "detail": "closed on 2020-01-01", "project_id": "project-a", "since": clock(),
    }  # fmt: skip
    assert "project_id" not in rows["repos", "x"]


def test_seen_again_for_the_same_reason_it_keeps_its_since(ledger, tables, clock):
    first = clock()
    ledger().add([SKIP])
    clock.pass_(days=1)
    ledger().add([SKIP])
    assert stored(tables)["pull_requests", "repo/7"]["since"] == first


@pytest.mark.parametrize("change", [{"reason": "forbidden"}, {"detail": "closed on 2020-02-02"}])
def test_another_reason_is_another_skip(ledger, tables, clock, change):
    ledger().add([SKIP])
    clock.pass_(days=1)
    ledger().add([replace(SKIP, **change)])
    row = stored(tables)["pull_requests", "repo/7"]
    assert row["since"] == clock()
    assert row.items() >= change.items()


def test_many_old_and_new_skips(ledger, tables):
    ledger().add([replace(SKIP, source_id=str(n)) for n in range(0, 300, 2)])
    ledger().add([replace(SKIP, source_id=str(n)) for n in range(300)])
    assert len(stored(tables)) == 300


def test_what_is_stored_after_all_leaves_the_ledger(ledger, tables):
    ledger().add([SKIP])
    ledger().remove([("pull_requests", "repo/7"), ("pull_requests", "never-skipped"), ("repos", "repo/7")])
    assert stored(tables) == {}
