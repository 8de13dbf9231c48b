"""The times between actions of a review, by examples drawn as letters: one action an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.review_facts import Action, iteration_time, reactions, responses

T0 = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _actions(drawn):
    """``S`` is the submitter, other letters are reviewers, a dot is an hour in which nothing happens."""
    return [Action(T0 + hour * HOUR, who, who == "S") for hour, who in enumerate(drawn) if who != "."]


def _hours(waits):
    return [wait / HOUR for wait in waits]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("", []), ("S", []), ("S.A", [2]), ("SAAA", [1]), ("SAB", [1, 2]), ("S..S.A", [2]), ("SASA", [1, 1]),
        ("A.S.A", [2]), ("SABA.SB", [1, 2, 1]),
    ],
)  # fmt: skip
def test_each_reviewer_reacts_once_to_the_submitters_last_action(drawn, expected):
    assert _hours(reactions(_actions(drawn))) == expected


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [("", []), ("SA", []), ("SA.S", [2]), ("SAB.SSS", [2]), ("S.S", []), ("SAS.B..S", [1, 3])],
)
def test_the_submitter_responds_to_the_last_action_of_a_reviewer_once(drawn, expected):
    assert _hours(responses(_actions(drawn))) == expected


@pytest.mark.parametrize(
    ("comment", "pushes", "expected"),
    [(None, [1], 0), (2, [], 0), (2, [1], 0), (2, [1, 5, 3], 3)],
)
def test_iteration_time_ends_with_the_last_push(comment, pushes, expected):
    first = None if comment is None else T0 + comment * HOUR
    assert iteration_time(first, [T0 + hour * HOUR for hour in pushes]) == expected * HOUR
