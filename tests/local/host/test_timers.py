"""Timer triggers: real runs, and the status that survives a host."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.local.host.conftest import eventually


def ticks(notes):
    return notes.all(function="tick", did="begin")


def write_status(folder, last, following):
    path = folder / "timers" / "tick.json"
    path.parent.mkdir(parents=True)
    values = {"Last": last.isoformat(), "Next": following.isoformat(), "LastUpdated": last.isoformat()}
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def test_a_timer_runs_when_it_is_due_again_and_again(start, notes, tmp_path):
    start(more={"SCHEDULE": "* * * * * *"}, state_dir=tmp_path)
    eventually(lambda: len(ticks(notes)) >= 3)
    first = ticks(notes)[0]
    # More often than once a minute: no status is kept.
    assert (first["past_due"], first["schedule_status"], first["schedule"]) == (False, {}, {"AdjustForDST": True})
    assert not (tmp_path / "timers").exists()


def test_missed_times_make_one_run_at_the_start_marked_past_due(start, notes, tmp_path):
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    path = write_status(tmp_path, last, last + timedelta(hours=1))
    start(more={"SCHEDULE": "0 0 * * * *"}, state_dir=tmp_path)
    [tick] = eventually(lambda: ticks(notes))
    assert tick["past_due"] is True
    assert tick["schedule_status"]["Last"] == last.isoformat()
    status = eventually(lambda: (found := json.loads(path.read_text())) and found["Last"] != last.isoformat() and found)
    assert datetime.fromisoformat(status["Next"]) > datetime.now(UTC)
    assert len(ticks(notes)) == 1


def test_a_new_timer_is_not_past_due_and_its_next_time_is_kept(start, notes, tmp_path):
    start(more={"SCHEDULE": "0 0 0 1 1 *"}, state_dir=tmp_path)
    status = eventually(lambda: (path := tmp_path / "timers" / "tick.json").exists() and json.loads(path.read_text()))
    assert status["Last"].startswith("0001-01-01")
    assert datetime.fromisoformat(status["Next"]).strftime("%m-%d") == "01-01"
    assert ticks(notes) == []


def test_a_disabled_timer_does_not_run(start, notes, tmp_path):
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    path = write_status(tmp_path, last, last + timedelta(hours=1))
    before = path.read_text()
    start(more={"SCHEDULE": "0 0 * * * *", "AzureWebJobs.tick.Disabled": "1"}, state_dir=tmp_path)
    assert path.read_text() == before
    assert ticks(notes) == []


def test_runs_that_take_longer_than_their_schedule_follow_one_another(start, notes):
    start(more={"SCHEDULE": "* * * * * *", "TICK_SECONDS": "1.2"})
    eventually(lambda: len(ticks(notes)) >= 3)
    assert [note["did"] for note in notes.all(function="tick")][:5] == ["begin", "end", "begin", "end", "begin"]


def test_a_failing_run_does_not_end_the_schedule(start, notes):
    start(more={"SCHEDULE": "* * * * * *", "TICK_FAILS": "yes"})
    assert eventually(lambda: len(ticks(notes)) >= 3)
