from dataclasses import replace
from datetime import timedelta

import pytest

from shared.flow.projects import TicketProject
from shared.streams.catalog import STREAMS
from tests.streams.playing import NOW

PROJECTS = STREAMS["projects"]
ONE = {"id": "11111111-0000-4000-8000-000000000001", "name": "One", "state": "wellFormed", "visibility": "private"}
TWO = {"id": "22222222-0000-4000-8000-000000000002", "name": "Two", "state": "wellFormed", "visibility": "private"}


@pytest.fixture
def listed(ado):
    """What the source lists now: by state filter."""
    lists = {"wellFormed": [ONE, TWO], "deleted": []}
    ado.on("_apis/projects", lambda query: lists[query.get("stateFilter", "wellFormed")])
    return lists


def _stored(runner):
    return {project.name: project for project in runner.stored.all(TicketProject)}


def test_projects_are_stored_and_a_quiet_sync_writes_nothing(runner, listed, ado):
    runner.run(PROJECTS)
    assert _stored(runner).keys() == {"One", "Two"}
    runner.run(PROJECTS)
    assert runner.written() == []
    assert ado.count() == 2


def test_pages_are_followed(runner, ado):
    def page(query):
        if query.get("continuationToken") == "1":
            return [TWO]
        return {"value": [ONE], "headers": {"X-MS-ContinuationToken": "1"}}

    ado.on("_apis/projects", page)
    runner.run(PROJECTS)
    assert _stored(runner).keys() == {"One", "Two"}


def test_a_renamed_project_keeps_its_row_and_the_customers_choice(runner, listed):
    runner.run(PROJECTS)
    chosen = _stored(runner)["One"]
    runner.stored.put(replace(chosen, is_imported=False))
    listed["wellFormed"] = [ONE | {"name": "Uno"}, TWO]
    runner.run(PROJECTS)
    assert [(p.id, p.name, p.is_imported) for p in runner.written()] == [(ONE["id"], "Uno", False)]


def test_a_project_listed_as_deleted_becomes_a_tombstone_once(runner, listed):
    runner.run(PROJECTS)
    listed |= {"wellFormed": [ONE], "deleted": [TWO | {"state": "deleted"}]}
    runner.run(PROJECTS, now=NOW + timedelta(hours=1))
    two = _stored(runner)["Two"]
    assert (two.is_deleted, two.deleted_at, two.unavailable_since) == (True, NOW + timedelta(hours=1), None)
    runner.run(PROJECTS, now=NOW + timedelta(hours=2))
    assert runner.written() == []


def test_a_project_that_is_merely_absent_is_kept_and_marked_once(runner, listed, ado):
    runner.run(PROJECTS)
    listed["wellFormed"] = [ONE]
    runner.run(PROJECTS, now=NOW + timedelta(hours=1))
    two = _stored(runner)["Two"]
    assert (two.is_deleted, two.unavailable_since) == (False, NOW + timedelta(hours=1))
    runner.run(PROJECTS, now=NOW + timedelta(hours=2))
    assert runner.written() == []


def test_an_absent_project_that_turns_out_deleted_becomes_a_tombstone(runner, listed):
    runner.run(PROJECTS)
    listed["wellFormed"] = [ONE]
    runner.run(PROJECTS)
    listed["deleted"] = [TWO]
    runner.run(PROJECTS)
    two = _stored(runner)["Two"]
    assert (two.is_deleted, two.unavailable_since) == (True, None)


@pytest.mark.parametrize("deleted", [[], [TWO]])
def test_a_project_that_comes_back_is_as_before(runner, listed, deleted):
    runner.run(PROJECTS)
    before = _stored(runner)
    listed |= {"wellFormed": [ONE], "deleted": deleted}
    runner.run(PROJECTS)
    assert _stored(runner) != before
    listed |= {"wellFormed": [ONE, TWO], "deleted": []}
    runner.run(PROJECTS)
    assert _stored(runner) == before


def test_an_empty_list_deletes_nothing(runner, listed):
    runner.run(PROJECTS)
    listed["wellFormed"] = []
    runner.run(PROJECTS)
    assert [project.is_deleted for project in _stored(runner).values()] == [False, False]
