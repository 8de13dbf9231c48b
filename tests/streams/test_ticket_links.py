from dataclasses import replace
from datetime import timedelta

import pytest

from shared.flow.projects import TicketProject
from shared.flow.ticket_links import TicketLink
from shared.streams.catalog import STREAMS
from tests.streams.playing import NOW

LINKS, BACKFILL = STREAMS["ticket_links"], STREAMS["ticket_links_backfill"]
PROJECT = "11111111-0000-4000-8000-000000000001"
OTHER = "22222222-0000-4000-8000-000000000002"


def _row(minute, source, target, *, active=True, projects=(PROJECT, PROJECT), rel="System.LinkTypes.Hierarchy"):
    return {
        "rel": rel, "sourceId": source, "targetId": target, "changedDate": f"2026-01-01T00:{minute:02d}:00Z",
        "isActive": active, "sourceProjectId": projects[0], "targetProjectId": projects[1],
    }  # fmt: skip


class Feed:
    """A links feed: its token is how many rows were given."""

    def __init__(self):
        self.rows = []
        self.page_size = 2

    def __call__(self, query):
        assert not {"startDateTime", "continuationToken"} <= query.keys()
        start = int(query.get("continuationToken", "0"))
        if "startDateTime" in query:
            start = sum(row["changedDate"] < query["startDateTime"] for row in self.rows)
        end = min(start + self.page_size, len(self.rows))
        return {"values": self.rows[start:end], "continuationToken": str(end), "isLastBatch": end == len(self.rows)}


@pytest.fixture
def feed(ado, runner):
    feed = Feed()
    ado.on("_apis/wit/reporting/workitemlinks", feed)
    ado.on(f"{PROJECT}/_apis/wit/reporting/workitemlinks", feed)
    runner.stored.put(TicketProject(integration_id="i", id=PROJECT, name="One"))
    return feed


def _links(runner):
    return {one.id.rpartition("/")[0]: not one.is_deleted for one in runner.stored.all(TicketLink)}


def test_the_token_comes_first_then_the_backfill(runner, feed, ado):
    feed.rows = [_row(1, 1, 2), _row(2, 1, 3), _row(3, 2, 4)]
    runner.run(LINKS)
    assert (runner.written(), ado.count()) == ([], 1)
    runner.run(BACKFILL, unit=PROJECT, name="One")
    assert _links(runner) == {"1/2": True, "1/3": True, "2/4": True}
    asked = ado.count()
    runner.run(BACKFILL, unit=PROJECT, name="One")
    assert ado.count() == asked


def test_a_quiet_sync_is_one_request_for_all_projects_and_writes_nothing(runner, feed, ado):
    feed.rows = [_row(1, 1, 2)]
    runner.run(LINKS)
    asked = ado.count()
    runner.run(LINKS, now=NOW + timedelta(minutes=15))
    assert (ado.count(), runner.written()) == (asked + 1, [])


def test_the_latest_row_of_a_link_wins(runner, feed):
    runner.run(LINKS)
    feed.rows = [_row(1, 1, 2), _row(2, 1, 2, active=False), _row(3, 5, 2)]
    runner.run(LINKS)
    assert _links(runner) == {"1/2": False, "5/2": True}
    feed.rows += [_row(4, 5, 2, active=False), _row(5, 1, 2)]
    runner.run(LINKS)
    assert _links(runner) == {"1/2": True, "5/2": False}
    feed.page_size = 1
    runner.run(BACKFILL, unit=PROJECT, name="One")
    assert _links(runner) == {"1/2": True, "5/2": False}


@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_backfill_stopped_anywhere_goes_on_where_it_was(runner, feed, stop_after):
    feed.rows = [_row(n, 1, n + 1) for n in range(1, 8)]
    while not (runner.watermarks.get(f"ticket_links_backfill/{PROJECT}") or {}).get("complete"):
        runner.run(BACKFILL, unit=PROJECT, name="One", stop_after=stop_after)
    assert len(_links(runner)) == 7


def test_links_within_a_project_that_is_not_imported_are_left_out_and_those_into_it_kept(runner, feed):
    runner.stored.put(TicketProject(integration_id="i", id=OTHER, name="Two", is_imported=False))
    runner.run(LINKS)
    feed.rows = [_row(1, 1, 2, projects=(OTHER, OTHER)), _row(2, 1, 3, projects=(OTHER, PROJECT))]
    runner.run(LINKS)
    assert _links(runner) == {"1/3": True}


def test_what_happened_while_a_project_was_away_is_read_from_its_own_feed(runner, feed, ado):
    runner.run(LINKS)
    project = TicketProject(integration_id="i", id=PROJECT, name="One")
    runner.stored.put(replace(project, unavailable_since=NOW))
    seen, feed.rows = feed.rows, []
    runner.run(LINKS, now=NOW + timedelta(hours=1))
    feed.rows = [*seen, {**_row(1, 1, 2), "changedDate": "2026-03-01T12:30:00Z"}]
    runner.watermarks["ticket_links/organization"]["token"] = "1"
    runner.stored.put(project)
    runner.run(LINKS, now=NOW + timedelta(hours=2))
    assert _links(runner) == {"1/2": True}
    asked = ado.count()
    runner.run(LINKS, now=NOW + timedelta(hours=3))
    assert ado.count() == asked + 1
