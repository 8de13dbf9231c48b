"""Watermarks larger than a property, as they are in organisations with many projects and repos."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from shared.streams.pull_request_progress import LANES, REMEMBERED, Progress
from shared.watermarks import StreamState, Watermarks

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def watermarks(tables):
    return Watermarks(tables)


def ids(count):
    return [str(uuid.UUID(int=(number + 1) << 80)) for number in range(count)]


def kept(watermarks, watermark):
    state = watermarks.create(StreamState(integration_id="i1", stream="s", unit_id="u", watermark=watermark))
    found = watermarks.get("i1", "s", "u")
    assert found == state
    assert list(watermarks.all("i1")) == [state]
    return found


def test_two_thousand_projects_that_are_away(watermarks):
    away = dict.fromkeys(ids(2000), "2026-03-01T12:00:00.123456Z")
    state = kept(watermarks, {"token": "1;2", "away": away, "name": "Müller 🎉" * 5000})
    smaller = watermarks.replace(StreamState(**{**fields(state), "watermark": {"token": "2;3"}}))
    assert watermarks.get("i1", "s", "u") == smaller


def fields(state):
    return {name: getattr(state, name) for name in state.__dataclass_fields__}


def test_as_many_repos_as_are_remembered_come_into_view_at_once(watermarks):
    repos = ids(REMEMBERED + 100)
    progress = Progress.begin(NOW, []).catch_up(repos, NOW + timedelta(hours=1))
    assert len({lane.repo_id for lane in progress.todo} - {None}) == REMEMBERED
    assert len(progress.todo) == len(LANES) * (REMEMBERED + 1)
    assert Progress.load(kept(watermarks, progress.watermark()).watermark) == progress


def test_lanes_come_back_in_their_order_wherever_the_first_are_done():
    progress = Progress.begin(NOW, []).catch_up(ids(3), NOW).catch_up(ids(5), NOW + timedelta(hours=1))
    while progress.todo:
        assert Progress.load(progress.watermark()) == progress
        progress = progress.next_lane()
    assert Progress.load(progress.watermark()) == progress
