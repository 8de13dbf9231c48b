from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis.strategies import text

from shared.storage import RUNS
from shared.table_rules import (
    PROPERTIES,
    UNITS_PER_KEY,
    UNITS_PER_STRING,
    Row,
    RowError,
    check_key,
    check_row,
    escape_key,
    transactions,
    utf16_units,
)

KEYS = {"PartitionKey": "p", "RowKey": "r"}


def row(**properties):
    return {**KEYS, **properties}


@pytest.mark.parametrize(
    "fine",
    [
        row(),
        row(a="", b=-(2**63), c=2**63 - 1, d=1.5, e=True, f=datetime(1601, 1, 1, tzinfo=UTC)),
        row(text="x" * UNITS_PER_STRING),
        row(text="😀" * (UNITS_PER_STRING // 2)),
        {**row(), "PartitionKey": "é" * UNITS_PER_KEY, "RowKey": ""},
        row(**{f"p{n}": n for n in range(PROPERTIES)}),
        row(**{f"p{n}": "x" * 32_000 for n in range(16)}),
        row(_name=1, n1=2),
    ],
)
def test_what_table_storage_takes_is_let_through_and_stored(tables, fine):
    check_row(fine)
    tables.create(RUNS, fine)
    assert tables.get(RUNS, fine["PartitionKey"], fine["RowKey"]).row == fine


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (row(text="x" * (UNITS_PER_STRING + 1)), "p / r, text: longer"),
        (row(text="😀" * (UNITS_PER_STRING // 2) + "x"), "longer"),
        (row(**{f"p{n}": n for n in range(PROPERTIES + 1)}), "252"),
        (row(**{f"p{n}": "x" * 32_000 for n in range(17)}), "1 MiB"),
        (row(n=2**63), "64 bits"),
        (row(n=-(2**63) - 1), "64 bits"),
        (row(n=float("nan")), "finite"),
        (row(n=float("-inf")), "finite"),
        (row(at=datetime(2026, 1, 1)), "zone"),  # noqa: DTZ001 - what is refused
        (row(at=datetime(1600, 12, 31, tzinfo=UTC)), "1601"),
        (row(a=None), "NoneType"),
        (row(a=[1]), "list"),
        (row(a=b"x"), "bytes"),
        (row(**{"a-b": 1}), "'a-b'"),
        (row(**{"1a": 1}), "'1a'"),
        (row(**{"": 1}), "''"),
        (row(**{"x" * 256: 1}), "cannot name"),
        ({"PartitionKey": "p"}, "RowKey is missing"),
        ({"PartitionKey": 1, "RowKey": "r"}, "PartitionKey is missing or no text"),
        ({**KEYS, "RowKey": "x" * (UNITS_PER_KEY + 1)}, "RowKey is longer"),
        ({**KEYS, "RowKey": "😀" * (UNITS_PER_KEY // 2) + "x"}, "RowKey is longer"),
    ],
)
def test_what_it_refuses_is_named_before_it_is_asked(tables, refused, says):
    with pytest.raises(RowError) as error:
        tables.upsert(RUNS, [refused])
    assert says in str(error.value)


@pytest.mark.parametrize("character", ["/", "\\", "#", "?", "\t", "\n", "\x00", "\x1f", "\x7f", "\x80", "\x9f"])
def test_forbidden_characters_in_keys(character):
    with pytest.raises(RowError):
        check_key("RowKey", f"a{character}b")


@given(text())
def test_an_escaped_key_is_always_allowed(source):
    check_key("RowKey", escape_key(source)[:UNITS_PER_KEY])


@given(text(), text())
def test_escaping_keeps_different_texts_apart(one, other):
    assert (escape_key(one) == escape_key(other)) == (one == other)


@pytest.mark.parametrize(
    ("source", "escaped"),
    [("a-b_c.d~e9", "a-b_c.d~e9"), ("a/b", "a=2Fb"), ("=2F", "=3D2F"), ("é%", "=C3=A9=25"), ("", "")],
)
def test_escaping(source, escaped):
    assert escape_key(source) == escaped


@given(text())
def test_units_are_counted_as_utf_16(source):
    assert utf16_units(source) == len(source.encode("utf-16-le", "surrogatepass")) // 2


def test_transactions_are_full_and_of_one_partition():
    rows: list[Row] = [{"PartitionKey": f"p{n % 2}", "RowKey": str(n)} for n in range(450)]
    chunks = list(transactions(rows))
    assert [len(chunk) for chunk in chunks] == [100, 100, 25, 100, 100, 25]
    assert all(len({r["PartitionKey"] for r in chunk}) == 1 for chunk in chunks)


@pytest.mark.parametrize("filling", ["x", "é", "😀", '"'])
def test_large_rows_stay_within_a_transactions_size_and_are_taken(tables, filling):
    wide = {f"p{n}": filling * (32_000 // utf16_units(filling)) for n in range(5)}
    rows = [{"PartitionKey": "p", "RowKey": str(n), **wide} for n in range(30)]
    chunks = list(transactions(rows))
    assert sum(len(chunk) for chunk in chunks) == 30
    assert 1 < len(chunks) < 30
    tables.upsert(RUNS, rows)
    assert len(list(tables.query(RUNS, partition="p"))) == 30
