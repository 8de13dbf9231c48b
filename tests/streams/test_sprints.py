from dataclasses import replace

import pytest

from shared.flow.sprints import Sprint
from shared.streams.catalog import STREAMS
from tests.streams.playing import NOW, Refused

SPRINTS = STREAMS["sprints"]
PROJECT = "11111111-0000-4000-8000-000000000001"
TEAM = "33333333-0000-4000-8000-000000000003"
TEAM_2 = "44444444-0000-4000-8000-000000000004"


def _node(number, *children, **changes):
    return {
        "id": number,
        "identifier": f"00000000-0000-4000-8000-{number:012d}",
        "name": f"Sprint {number}",
        "structureType": "iteration",
        "hasChildren": bool(children),
        "children": list(children),
    } | changes


def _id(number):
    return _node(number)["identifier"]


@pytest.fixture
def source(ado):
    world = {"root": _node(1, _node(2, _node(3)), _node(4), name="One"), "teams": {TEAM: [3], TEAM_2: [3, 4]}}
    ado.on(f"{PROJECT}/_apis/wit/classificationnodes/iterations", lambda **_: world["root"])

    def teams(query):
        return [{"id": team, "name": team} for team in world["teams"]][int(query["$skip"]) :]

    def iterations(team, query):
        return [{"id": _id(number), "name": "x"} for number in world["teams"][team]]

    ado.on(f"_apis/projects/{PROJECT}/teams", teams)
    ado.on(f"{PROJECT}/(.*)/_apis/work/teamsettings/iterations", iterations)
    return world


def _run(runner):
    return runner.run(SPRINTS, unit=PROJECT, name="One")


def test_the_tree_and_the_teams_make_sprints_and_a_quiet_sync_writes_nothing(runner, source):
    _run(runner)
    stored = runner.stored.by_id(Sprint)
    assert {sprint.path: sprint.teams for sprint in stored.values()} == {
        "One\\Sprint 2": [],
        "One\\Sprint 2\\Sprint 3": [TEAM, TEAM_2],
        "One\\Sprint 4": [TEAM_2],
    }
    _run(runner)
    assert runner.written() == []


def test_the_whole_depth_is_asked_for(runner, source, ado):
    _run(runner)
    query = next(query for path, query in ado.asked if "classificationnodes" in path)
    assert query["$depth"] == "14"


def test_a_node_that_is_gone_was_deleted_and_may_come_back(runner, source):
    _run(runner)
    whole = source["root"]
    source["root"] = _node(1, _node(2), name="One")
    _run(runner)
    assert {sprint.id for sprint in runner.written()} == {_id(3), _id(4)}
    assert {(sprint.is_deleted, sprint.deleted_at) for sprint in runner.written()} == {(True, NOW)}
    _run(runner)
    assert runner.written() == []
    source["root"] = whole
    _run(runner)
    assert not any(sprint.is_deleted for sprint in runner.stored.all(Sprint))


def test_a_cut_tree_proves_nothing(runner, source):
    _run(runner)
    source["root"] = _node(1, _node(2, hasChildren=True), name="One")
    _run(runner)
    assert not any(sprint.is_deleted for sprint in runner.stored.all(Sprint))


def test_a_renamed_parent_changes_every_path_below(runner, source):
    _run(runner)
    source["root"]["children"][0]["name"] = "Release"
    _run(runner)
    assert {sprint.path for sprint in runner.written()} == {"One\\Release", "One\\Release\\Sprint 3"}


def test_sprints_keep_their_teams_where_teams_cannot_be_read(runner, source, ado):
    _run(runner)

    def refuse(query):
        raise Refused(404, "TF200016: The following project does not exist")

    ado.on(f"_apis/projects/{PROJECT}/teams", refuse)
    _run(runner)
    assert runner.written() == []


def test_sprints_of_another_project_are_left_alone(runner, source):
    _run(runner)
    foreign = replace(runner.stored.by_id(Sprint)[_id(4)], id=_id(9), project_id="99999999")
    runner.stored.put(foreign)
    _run(runner)
    assert runner.written() == []
