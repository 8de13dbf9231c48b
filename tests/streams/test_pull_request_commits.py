from datetime import timedelta

import pytest

from shared.flow.pull_requests import PullRequestCommit, PullRequestEvent
from shared.streams.catalog import STREAMS
from tests.mapping.examples import iteration, push_thread, system_thread
from tests.streams.playing import NOW
from tests.streams.pull_request_source import PROJECT, connected

PULL_REQUESTS = STREAMS["pull_requests"]


@pytest.fixture
def source(ado, runner):
    return connected(ado, runner)


def _run(runner, **options):
    return runner.run(PULL_REQUESTS, unit=PROJECT, name="One", **options)


def _hexshas(runner):
    return {row.hexsha[0]: row.detail for row in runner.stored.all(PullRequestCommit)}


def test_commits_that_nobody_told_are_asked_for_once_the_pull_request_rests(runner, source, ado):
    a, b, c = (letter * 40 for letter in "abc")
    head = {"lastMergeSourceCommit": {"commitId": c}}
    source.add(1, "2026-01-01T00:00:00Z", push_thread(1, "2026-01-02T00:00:00Z", c, c), **head)
    source.iterations[1] = [
        iteration(1, "2026-01-01T00:00:00Z", b, a, b), iteration(2, "2026-01-02T00:00:00Z", c, c),
    ]  # fmt: skip
    _run(runner)
    _run(runner, now=NOW + timedelta(minutes=59))
    assert (_hexshas(runner), ado.count("iterations")) == ({"c": 0}, 0)
    for hours in range(2, 8):
        _run(runner, now=NOW + timedelta(hours=hours))
    assert (_hexshas(runner), ado.count("iterations")) == ({"a": 1, "b": 1, "c": 1}, 1)
    assert runner.written() == []


def test_a_later_push_is_told_by_its_thread_and_completed_again(runner, source, ado):
    a, b = "a" * 40, "b" * 40
    source.add(1, "2026-01-01T00:00:00Z", lastMergeSourceCommit={"commitId": a})
    source.iterations[1] = [iteration(1, "2026-01-01T00:00:00Z", a, a)]
    _run(runner)
    for hours in (2, 3):
        _run(runner, now=NOW + timedelta(hours=hours))
    assert _hexshas(runner) == {"a": 1}
    source.items[1]["lastMergeSourceCommit"] = {"commitId": b}
    source.threads[1] = [push_thread(1, "2026-03-01T15:30:00Z", b, b)]
    source.iterations[1] += [iteration(2, "2026-03-01T15:30:00Z", b, b, reason="forcePush")]
    source.commits[1] = [b]
    _run(runner, now=NOW + timedelta(hours=4))
    assert _hexshas(runner) == {"a": 1, "b": 0}
    for hours in (9, 10):
        _run(runner, now=NOW + timedelta(hours=hours))
    assert {row.hexsha[0]: (row.detail, row.is_current) for row in runner.stored.all(PullRequestCommit)} == {
        "a": (1, False), "b": (1, True),
    }  # fmt: skip


def test_a_push_that_no_thread_tells_is_asked_for_at_once(runner, source, ado):
    a, b = "a" * 40, "b" * 40
    source.add(
        1, "2026-01-01T00:00:00Z", push_thread(1, "2026-01-02T00:00:00Z", a, a),
        lastMergeSourceCommit={"commitId": b},
    )  # fmt: skip
    source.iterations[1] = [
        iteration(1, "2026-01-01T00:00:00Z", "c" * 40, "c" * 40), iteration(2, "2026-01-02T00:00:00Z", a, a),
        iteration(3, "2026-01-03T00:00:00Z", b, b),
    ]  # fmt: skip
    _run(runner)
    pushes = {e.source_ref for e in runner.stored.all(PullRequestEvent) if e.event_type == "commit"}
    assert pushes == {"thread-1", "iteration-3"}
    for turn in range(1, 6):
        _run(runner, now=NOW + timedelta(hours=turn))
        assert runner.written() == []
    assert ado.count("iterations") == 1


def test_one_without_iterations_has_its_commits(runner, source):
    source.add(1, "2026-01-01T00:00:00Z", system_thread(1, "RefUpdate", "2026-01-02T00:00:00Z"))
    source.iterations[1], source.commits[1] = [], ["a" * 40, "b" * 40]
    _run(runner)
    assert _hexshas(runner) == {"a": 1, "b": 1}
