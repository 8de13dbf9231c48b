from datetime import UTC, datetime

import pytest

from shared.storage import RUNS
from shared.tables import Condition, CursorError, RowChangedError, RowError, RowExistsError, Tables


def row(partition: str, key: str, **properties):
    return {"PartitionKey": partition, "RowKey": key, **properties}


EVERY_TYPE = row(
    "i1",
    "a'b\"c é😀 +:%",
    text="it's 😀",
    number=-7,
    big=2**40,
    ratio=3.0,
    yes=True,
    at=datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC),
)


def keys(tables: Tables, **query):
    return [(s.row["PartitionKey"], s.row["RowKey"]) for s in tables.query(RUNS, **query)]


def test_a_row_comes_back_as_it_was_written(tables):
    tables.create(RUNS, EVERY_TYPE)
    found = tables.get(RUNS, EVERY_TYPE["PartitionKey"], EVERY_TYPE["RowKey"])
    assert found.row == EVERY_TYPE
    assert {name: type(value) for name, value in found.row.items()} == {n: type(v) for n, v in EVERY_TYPE.items()}


def test_a_row_read_and_changed_is_written_as_changed(tables):
    etag = tables.create(RUNS, EVERY_TYPE)
    changed = {**EVERY_TYPE, "at": EVERY_TYPE["at"].replace(second=30), "big": 2**41}
    tables.replace(RUNS, changed, etag)
    assert tables.get(RUNS, changed["PartitionKey"], changed["RowKey"]).row == changed


def test_upsert_replaces_the_whole_row(tables):
    tables.upsert(RUNS, [row("i1", "a", x=1, y=2)])
    tables.upsert(RUNS, [row("i1", "a", x=3)])
    assert tables.get(RUNS, "i1", "a").row == row("i1", "a", x=3)


def test_upsert_fills_transactions_partition_by_partition(tables):
    rows = [row(f"i1|{n % 3}", f"{n:04d}", n=n) for n in range(330)]
    assert tables.upsert(RUNS, rows) == 6  # 110 rows in each of three partitions
    assert sum(1 for _ in tables.query(RUNS, prefix="i1")) == 330


def test_upsert_splits_what_is_too_large_for_one_transaction(tables):
    rows = [row("i1", str(n), **{f"p{m}": "x" * 32_000 for m in range(10)}) for n in range(20)]
    assert tables.upsert(RUNS, rows) == 2
    assert len(keys(tables)) == 20


def test_of_two_rows_with_one_key_the_last_counts(tables):
    tables.upsert(RUNS, [row("i1", "a", x=1), row("i1", "a", x=2)])
    assert tables.get(RUNS, "i1", "a").row["x"] == 2


def test_create_refuses_an_existing_row(tables):
    tables.create(RUNS, row("i1", "a"))
    with pytest.raises(RowExistsError):
        tables.create(RUNS, row("i1", "a"))


def test_replace_wants_the_row_as_read(tables):
    first = tables.create(RUNS, row("i1", "a", x=1))
    second = tables.replace(RUNS, row("i1", "a", x=2), first)
    with pytest.raises(RowChangedError):
        tables.replace(RUNS, row("i1", "a", x=3), first)
    tables.replace(RUNS, row("i1", "a", x=4), second)
    assert tables.get(RUNS, "i1", "a").row["x"] == 4


def test_replace_of_a_row_that_is_gone(tables):
    etag = tables.create(RUNS, row("i1", "a"))
    tables.delete(RUNS, [("i1", "a")])
    with pytest.raises(RowChangedError):
        tables.replace(RUNS, row("i1", "a"), etag)


def test_a_missing_row_is_none(tables):
    assert tables.get(RUNS, "i1", "none") is None


def test_delete_takes_missing_rows_and_many_partitions(tables):
    tables.upsert(RUNS, [row(p, k) for p in ("i1", "i2") for k in ("a", "b")])
    tables.delete(RUNS, [("i1", "a"), ("i1", "missing"), ("i2", "b"), ("i3", "x")])
    assert keys(tables) == [("i1", "b"), ("i2", "a")]


def test_transact_is_all_or_nothing(tables):
    etag = tables.create(RUNS, row("i1", "a", x=1))
    tables.create(RUNS, row("i1", "b"))
    with pytest.raises(RowExistsError) as refused:
        tables.transact(RUNS, creates=[row("i1", "new"), row("i1", "b")], replaces=[(row("i1", "a", x=2), etag)])
    assert refused.value.index == 1
    assert keys(tables) == [("i1", "a"), ("i1", "b")]
    assert tables.get(RUNS, "i1", "a").row["x"] == 1


def test_transact_says_which_row_had_changed(tables):
    old = tables.create(RUNS, row("i1", "a", x=1))
    tables.replace(RUNS, row("i1", "a", x=2), old)
    with pytest.raises(RowChangedError) as refused:
        tables.transact(RUNS, creates=[row("i1", "new")], replaces=[(row("i1", "a", x=3), old)])
    assert refused.value.index == 1


def test_transact_gives_etags_that_work(tables):
    etags = tables.transact(RUNS, creates=[row("i1", "a"), row("i1", "b")])
    etags = tables.transact(RUNS, replaces=[(row("i1", "b", x=1), etags[1])], deletes=[("i1", "a")])
    assert etags[1] is None
    tables.replace(RUNS, row("i1", "b", x=2), etags[0])
    assert keys(tables) == [("i1", "b")]


def test_a_prefix_finds_its_partitions_and_no_others(tables):
    tables.upsert(RUNS, [row(p, "a") for p in ("i1", "i1|a", "i1|b|c", "i10", "i2")])
    assert keys(tables, prefix="i1|") == [("i1|a", "a"), ("i1|b|c", "a")]
    assert keys(tables, partition="i1") == [("i1", "a")]


def test_row_ranges_and_conditions(tables):
    tables.upsert(RUNS, [row("i1", f"{n:02d}", n=n, odd=n % 2 == 1) for n in range(10)])
    found = keys(tables, partition="i1", row_from="02", row_to="08", where={"odd": Condition("eq", True)})
    assert [key for _, key in found] == ["03", "05", "07"]
    between = (Condition("gt", 3), Condition("le", 5))
    assert [key for _, key in keys(tables, where={"n": between})] == ["04", "05"]


def test_select_gives_keys_and_etag_too(tables):
    etag = tables.create(RUNS, row("i1", "a", x=1, y=2))
    (found,) = tables.query(RUNS, partition="i1", select=["x"])
    assert found.row == row("i1", "a", x=1)
    assert found.etag == etag


@pytest.mark.parametrize("value", ["a' or PartitionKey ne 'x", "' or '1' eq '1", "@p0", "x eq @p1", "O''Brien"])
def test_a_value_never_becomes_syntax(tables, value):
    tables.upsert(RUNS, [row("i1", "a", name="x"), row("i2", "b", name=value)])
    assert keys(tables, partition=value) == []
    assert keys(tables, partition="i1", where={"name": Condition("eq", value)}) == []
    assert keys(tables, where={"name": Condition("eq", value)}) == [("i2", "b")]


def test_a_property_name_never_becomes_syntax(tables):
    with pytest.raises(RowError):
        keys(tables, where={"x eq 1 or y": Condition("eq", 1)})


def read_all(tables, limit, **query):
    rows, cursor, reads = [], None, 0
    while reads == 0 or cursor:
        page = tables.page(RUNS, partition_prefix="i1", limit=limit, cursor=cursor, **query)
        assert len(page.rows) <= limit
        rows += page.rows
        cursor = page.cursor
        reads += 1
    return rows, reads


@pytest.mark.parametrize("limit", [1, 7, 20, 1000])
def test_pages_give_every_row_once_and_in_order(tables, limit):
    expected = [row(f"i1|{p}", f"é'{n:02d}", n=n) for p in range(4) for n in range(5)]
    tables.upsert(RUNS, [*expected, row("i0", "x", n=1), row("i2", "x", n=1)])
    assert read_all(tables, limit)[0] == expected


def test_pages_with_a_condition(tables):
    tables.upsert(RUNS, [row("i1", f"{n:04d}", n=n) for n in range(50)])
    rows, _ = read_all(tables, 3, where={"n": Condition("ge", 45)})
    assert [r["n"] for r in rows] == [45, 46, 47, 48, 49]


@pytest.mark.parametrize("cursor", ["x", "!", "bm90IGpzb24", "W10", "WzEsMl0", "é", "A" * 5000])
def test_a_cursor_that_is_not_ours_is_refused(tables, cursor):
    with pytest.raises(CursorError):
        tables.page(RUNS, partition_prefix="i1", limit=1, cursor=cursor)


def test_a_cursor_of_another_list_shows_nothing_foreign(tables):
    tables.upsert(RUNS, [row("i0", str(n)) for n in range(4)] + [row("i1", "mine")] + [row("i2", "x"), row("i2", "y")])
    for prefix in ("i0", "i2"):
        foreign = tables.page(RUNS, partition_prefix=prefix, limit=1).cursor
        page = tables.page(RUNS, partition_prefix="i1", limit=10, cursor=foreign)
        assert {r["PartitionKey"] for r in page.rows} <= {"i1"}


def test_ping_tells_a_missing_table(tables):
    tables.ping(RUNS)
    with pytest.raises(RowChangedError):
        tables.ping("nosuchtable")
