import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.run_rows import Run, RunStream
from shared.run_summary import end_status, live, run_json
from shared.runs import RunStore
from tests.engine import new_integration


@pytest.fixture
def runs(tables, clock):
    return RunStore(tables, clock)


@pytest.fixture
def acme(clock):
    return new_integration(clock)


def stream(run, name="tickets", unit="project-a", **changes):
    blank = RunStream(
        integration_id=run.integration_id, run_id=run.id, stream=name, unit_id=unit,
        created_at=run.started_at, updated_at=run.started_at,
    )  # fmt: skip
    return replace(blank, **changes)


def started(runs, acme, kind="incremental"):
    return runs.start(acme, kind)[0]


def test_one_run_at_a_time(runs, acme):
    run, new = runs.start(acme, "incremental")
    assert new
    assert runs.start(acme, "incremental") == (run, False)
    runs.finish(run, [])
    assert runs.start(acme, "incremental")[1]


def test_starts_at_the_same_time_give_one_run(runs, acme):
    ready, got = threading.Barrier(5), []

    def work():
        ready.wait(10)
        got.append(runs.start(acme, "incremental"))

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run.id for run, _ in got}) == 1
    assert sum(new for _, new in got) == 1
    assert len(runs.list(acme.id, 10)[0]) == 1


def test_runs_are_initial_until_one_has_ended_well(runs, acme, clock):
    first = started(runs, acme)
    runs.finish(first, [stream(first, status="failed")])
    second = started(runs, acme, "full")
    runs.finish(second, [stream(second, status="failed"), stream(second, unit="b", status="succeeded")])
    third = started(runs, acme)
    assert [run.kind for run in (first, second, third)] == ["initial", "initial", "incremental"]
    assert runs.state(acme.id).initial_processed_at == clock()


def test_a_failed_run_does_not_move_the_last_sync(runs, acme, clock):
    run = started(runs, acme)
    runs.finish(run, [stream(run, status="failed")])
    assert runs.state(acme.id).last_synced_at is None
    run = started(runs, acme)
    runs.finish(run, [])
    assert runs.state(acme.id).last_synced_at == clock()


def test_a_run_ends_once(runs, acme, clock):
    run = started(runs, acme)
    runs.finish(run, [])
    ended = runs.get(acme.id, run.id)
    clock.pass_(minutes=1)
    assert runs.finish(run, [stream(run, status="failed")]) is None
    assert runs.finish(ended, []) is None
    assert runs.get(acme.id, run.id) == ended
    assert runs.change_run(run, lambda found: replace(found, planned="x")) == ended


def test_a_full_run_that_waited_for_one_that_failed_is_the_next(runs, acme):
    runs.finish(started(runs, acme), [])
    run = started(runs, acme)
    runs.start(acme, "full")
    assert runs.finish(run, [], "the credential was refused") is None
    assert runs.get(acme.id, run.id).error == "the credential was refused"
    assert started(runs, acme).kind == "full"
    assert not runs.state(acme.id).full_queued


def test_the_state_is_no_run(runs, acme):
    started(runs, acme)
    assert runs.get(acme.id, "_sync") is None
    assert runs.get(acme.id, "none") is None


def test_streams_are_added_once(runs, acme):
    run = started(runs, acme)
    runs.add_streams([stream(run, unit=str(n)) for n in range(3)])
    changed = runs.change_stream(runs.streams(run)[1], lambda row: replace(row, status="running", written=7))
    runs.add_streams([stream(run, unit=str(n)) for n in range(130)])
    rows = {row.unit_id: row for row in runs.streams(run)}
    assert len(rows) == 130
    assert rows["1"] == changed


def test_changes_of_two_workers_both_count(runs, acme):
    run = started(runs, acme)
    runs.add_streams([stream(run)])
    (before,) = runs.streams(run)
    runs.change_stream(before, lambda row: replace(row, written=row.written + 5))
    runs.change_stream(before, lambda row: replace(row, written=row.written + 7))
    assert runs.streams(run)[0].written == 12


def test_a_stream_that_has_ended_is_left_alone(runs, acme):
    run = started(runs, acme)
    runs.add_streams([stream(run)])
    (before,) = runs.streams(run)
    ended = runs.end_stream(before, "succeeded")
    assert runs.change_stream(before, lambda row: replace(row, status="running")) == ended
    assert runs.streams(run) == [ended]


def test_a_stream_that_is_gone_is_not_made_again(runs, acme, tables):
    run = started(runs, acme)
    runs.add_streams([stream(run)])
    (before,) = runs.streams(run)
    tables.delete("runstreams", [(f"{acme.id}|{run.id}", "tickets|project-a")])
    runs.change_stream(before, lambda row: replace(row, status="running"))
    assert runs.streams(run) == []


@pytest.mark.parametrize(
    ("statuses", "ended"),
    [
        ([], "succeeded"),
        (["succeeded"], "succeeded"),
        (["succeeded", "stopped"], "succeeded"),
        (["stopped"], "succeeded"),
        (["succeeded", "failed"], "partially_failed"),
        (["succeeded", "failed_project"], "partially_failed"),
        (["failed", "failed_project"], "failed"),
        (["failed", "stopped"], "failed"),
    ],
)
def test_what_a_run_comes_to(clock, statuses, ended):
    run = Run(integration_id="i", id="r", kind="full", started_at=clock(), updated_at=clock())
    assert end_status(stream(run, unit=str(n), status=status) for n, status in enumerate(statuses)) == ended


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["running", "rate_limited"], "running"),
        (["queued", "rate_limited"], "running"),
        (["succeeded", "rate_limited"], "rate_limited"),
        (["succeeded"], "running"),
        ([], "running"),
    ],
)
def test_what_an_active_run_shows(clock, statuses, shown):
    run = Run(integration_id="i", id="r", kind="full", started_at=clock(), updated_at=clock(), expected=3)
    assert live(run, [stream(run, unit=str(n), status=status) for n, status in enumerate(statuses)]).status == shown


def test_progress_grows_and_reaches_one_only_at_the_end(clock):
    run = Run(integration_id="i", id="r", kind="full", started_at=clock(), updated_at=clock(), expected=4)
    done = {"status": "succeeded"}
    history = [
        (run, []),
        (replace(run, planned="projects"), [stream(run, "projects", progress=0.5)]),
        (replace(run, planned="projects"), [stream(run, "projects", **done)]),
        (
            replace(run, planned="projects sprints tickets"),
            [stream(run, "projects", **done), stream(run, "tickets", "a"), stream(run, "tickets", "b")],
        ),
        (
            replace(run, planned="last projects sprints tickets"),
            [stream(run, "projects", **done), *(stream(run, "tickets", u, **done) for u in "ab"), stream(run, "last")],
        ),
    ]
    values = [run_json(run, streams)["progress"] for run, streams in history]
    assert values == [0.0, 0.125, 0.25, 0.5, 0.75]
    everything = [stream(run, name, **done) for name in ("a", "b", "c", "d")]
    assert run_json(run, everything)["progress"] < 1.0
    assert run_json(replace(run, status="succeeded", progress=1.0), everything)["progress"] == 1.0


def test_a_run_as_callers_see_it(runs, acme, clock):
    run = started(runs, acme)
    runs.add_streams([stream(run, project_id="project-a", project_name="A")])
    (row,) = runs.streams(run)
    clock.pass_(seconds=2.5)
    runs.change_stream(
        row,
        lambda row: replace(
            row, status="failed_project", written=3, read=5, skipped=1, requests=4, seconds=1.23456, errors=2,
            error="disabled", error_code="project.disabled", remedy="Enable it.", progress=0.4,
        ),
    )  # fmt: skip
    runs.finish(run, runs.streams(run))
    found = runs.get(acme.id, run.id)
    answer = run_json(found, runs.streams(found))
    assert answer == {
        "id": run.id,
        "kind": "initial",
        "status": "failed",
        "started_at": "2026-11-02T08:00:00Z",
        "finished_at": "2026-11-02T08:00:02.500000Z",
        "progress": 1.0,
        "error": None,
        "streams": [
            {
                "stream": "tickets", "project_id": "project-a", "project_name": "A", "repo_id": None,
                "status": "failed_project", "read": 5, "written": 3, "skipped": 1, "requests": 4, "seconds": 1.235,
                "errors": 2, "progress": 1.0, "error": "disabled", "error_code": "project.disabled",
                "remedy": "Enable it.",
            }
        ],
    }  # fmt: skip
    assert "streams" not in run_json(found)


def test_ids_of_runs_sort_newest_first(runs, acme, clock):
    ids = []
    for _ in range(3):
        run = started(runs, acme)
        runs.finish(run, [])
        ids.append(run.id)
        clock.now += timedelta(milliseconds=1)
    assert ids == sorted(ids, reverse=True)
