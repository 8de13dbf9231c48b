from __future__ import annotations

from io import StringIO

from rich.console import Console

from local.cli.comparison import Comparison, compare
from local.cli.table import comparison_table


def test_the_same_ids_are_equal_in_any_order():
    one = compare("users", ["b", "a"], ["a", "b"])
    assert one == Comparison("users", 2, 2)
    assert one.equal


def test_equal_counts_of_different_rows_are_different():
    one = compare("users", ["a", "c"], ["a", "b"])
    assert not one.equal
    assert str(one) == "users: 2 stored, 2 true; missing b; extra c"


def test_what_cannot_be_known_may_be_stored_or_not():
    assert compare("users", ["a", "x"], ["a"], unknowable=["x"]) == Comparison("users", 1, 1)
    assert compare("users", ["a"], ["a", "x"], unknowable=["x"]) == Comparison("users", 1, 1)
    assert compare("users", ["a", "x"], ["a", "x"], unknowable=["x"]) == Comparison("users", 2, 2)


def test_only_some_ids_are_named():
    one = compare("tickets", [], [str(number) for number in range(9)])
    assert str(one) == "tickets: 0 stored, 9 true; missing 0, 1, 2 ..."


def test_counts_without_ids_must_be_the_same():
    assert not Comparison("pull_requests skipped", 1, 2).equal


def test_the_table_shows_each_kind_with_its_verdict():
    out = StringIO()
    Console(file=out, width=80).print(comparison_table([compare("users", "a", "a"), compare("repos", "", "ab")]))
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["users", "1", "1", "equal"] in lines
    assert ["repos", "0", "2", "different"] in lines
