import threading

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import integers, lists, tuples

from shared.storage import RUNS
from shared.versions import CurrentRows, newer_or_equal


def row(key, version, partition="i1", **properties):
    return {"PartitionKey": partition, "RowKey": f"{key:04d}", "rev": version, **properties}


def writer(tables):
    return CurrentRows(tables, RUNS, ("rev",), newer_or_equal("rev"))


def stored(tables):
    return {s.row["RowKey"]: s.row["rev"] for s in tables.query(RUNS, prefix="i1")}


def test_new_rows_are_created_without_reading(tables, monkeypatch):
    monkeypatch.setattr(tables, "get", None)
    monkeypatch.setattr(tables, "query", None)
    assert writer(tables).write([row(n, 1) for n in range(150)]) == 150


def test_an_older_version_changes_nothing(tables):
    writer(tables).write([row(1, 5, title="new")])
    assert writer(tables).write([row(1, 4, title="old")]) == 0
    assert tables.get(RUNS, "i1", "0001").row["title"] == "new"


def test_an_equal_version_is_written_again(tables):
    writer(tables).write([row(1, 5, title="before")])
    assert writer(tables).write([row(1, 5, title="after")]) == 1
    assert tables.get(RUNS, "i1", "0001").row["title"] == "after"


def test_one_slice_remembers_what_it_wrote(tables, monkeypatch):
    rows = writer(tables)
    rows.write([row(n, 1) for n in range(30)])
    monkeypatch.setattr(tables, "get", None)
    monkeypatch.setattr(tables, "query", None)
    assert rows.write([row(n, 2) for n in range(30)] + [row(99, 1)]) == 31
    assert rows.write([row(n, 1) for n in range(30)]) == 0


def test_of_several_versions_in_one_page_the_newest_counts(tables):
    assert writer(tables).write([row(1, 2), row(1, 7), row(1, 3)]) == 1
    assert stored(tables) == {"0001": 7}


def test_old_and_new_rows_in_one_page(tables):
    writer(tables).write([row(n, 5) for n in range(0, 200, 2)])
    assert writer(tables).write([row(n, 4 if n % 4 else 6) for n in range(200)]) == 150
    assert stored(tables) == {f"{n:04d}": 6 if n % 4 == 0 else 5 if n % 2 == 0 else 4 for n in range(200)}


def test_few_rows_far_apart_among_many(tables):
    tables.upsert(RUNS, [row(n, 5) for n in range(600)])
    wanted = [*range(0, 600, 25)]  # sparser than a range is worth reading
    assert writer(tables).write([row(n, 6) for n in wanted] + [row(n, 1) for n in range(1, 6)]) == len(wanted)
    assert {key for key, rev in stored(tables).items() if rev == 6} == {f"{n:04d}" for n in wanted}


def test_a_row_changed_by_others_after_it_was_read(tables):
    mine, theirs = writer(tables), writer(tables)
    mine.write([row(1, 1), row(2, 1)])
    theirs.write([row(1, 9)])
    assert mine.write([row(1, 5), row(2, 5)]) == 1
    assert stored(tables) == {"0001": 9, "0002": 5}


def test_a_row_removed_by_others_after_it_was_read(tables):
    mine = writer(tables)
    mine.write([row(1, 1)])
    tables.delete(RUNS, [("i1", "0001")])
    assert mine.write([row(1, 2)]) == 1
    assert stored(tables) == {"0001": 2}


def test_a_conflict_between_reading_and_writing(tables, monkeypatch):
    """The other writer is always a moment earlier, three times in a row."""
    writer(tables).write([row(1, 1)])
    transact, others = tables.transact, iter([2, 3, 9])

    def late(table, **operations):
        other = next(others, None)
        if other is not None:
            tables.upsert(RUNS, [row(1, other)])
        return transact(table, **operations)

    monkeypatch.setattr(tables, "transact", late)
    assert writer(tables).write([row(1, 5)]) == 0
    assert stored(tables) == {"0001": 9}


def test_writers_at_the_same_time_leave_the_newest(tables):
    orders = ([3, 1, 8, 2], [7, 4, 6, 5], [2, 8, 1, 3])
    ready = threading.Barrier(len(orders))

    def work(order):
        rows = writer(tables)
        ready.wait(10)
        for version in order:
            rows.write([row(n, version) for n in range(5)])

    threads = [threading.Thread(target=work, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(tables) == {f"{n:04d}": 8 for n in range(5)}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=lists(lists(tuples(integers(0, 5), integers(1, 9)), max_size=8), max_size=6))
def test_whatever_the_order_the_newest_is_stored(tables, pages):
    tables.delete(RUNS, [("i1", f"{n:04d}") for n in range(6)])
    rows = (writer(tables), writer(tables))
    expected: dict[str, int] = {}
    for number, page in enumerate(pages):
        rows[number % 2].write([row(key, version) for key, version in page])
        for key, version in page:
            expected[f"{key:04d}"] = max(version, expected.get(f"{key:04d}", 0))
    assert stored(tables) == expected
