"""The status mapping over the API: shown, overridden, refused, and its drift as a warning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.flow.ticket_types import Board, TicketState, TicketType
from tests.functions.entities import OTHER_PROJECT, PROJECT, T0, project

BOARD = "eeeeeeee-0000-4000-8000-000000000001"


def _type(
    integration, name="Bug", states=(("New", "Proposed"), ("Doing", "InProgress"), ("Done", "Completed")), **other
):
    shown = [{"name": state, "category": category} for state, category in states]
    given = {"integration_id": integration.id, "id": f"{PROJECT}/{name}", "project_id": PROJECT, "name": name}
    return TicketType(**{**given, "reference_name": name, "category": "bug", "states": shown, **other})


def _seen(integration, state, kind="Bug"):
    ids = {"integration_id": integration.id, "id": f"{kind}/{state}", "project_id": PROJECT}
    return TicketState(**ids, type=kind, state=state, seen_at=T0)


def _board(integration, **other):
    ids = {"integration_id": integration.id, "id": BOARD, "project_id": PROJECT, "team_id": "t", "team_name": "Web"}
    columns = [{"name": f"In {state}", "states": {"Bug": state}} for state in ("New", "Doing", "Done")]
    return Board(**{**ids, "name": "Stories", "columns": columns, **other})


@pytest.fixture
def mapped(stored, store):
    """An integration with one project, its types, and a state that no type has."""
    store(
        project(stored), _type(stored), _type(stored, "Review", (("Asked", "Proposed"),), category="hidden"),
        _seen(stored, "Freigabe"), _seen(stored, "Odd", "Review"),
    )  # fmt: skip
    return stored


def _by_status(answer):
    return {one["status"]: one for one in answer["statuses"]}


def test_a_mapping_is_derived_and_says_what_is_unmapped(api, mapped):
    got = api.get("get_status_mapping", mapped.id, PROJECT)
    assert (got["kind"], got["unmapped"], got["updated_at"]) == ("project", 2, None)
    assert {one["name"]: one["is_counted"] for one in got["types"]} == {"Bug": True, "Review": False}
    assert _by_status(got)["Doing"] == {
        "type": "Bug", "status": "Doing", "category": "InProgress", "lane": "Active", "lane_order": 1,
        "stage": "active", "is_waiting": False, "is_canceled": False, "source": "derived",
    }  # fmt: skip
    assert _by_status(got)["Freigabe"]["stage"] is None


def test_overrides_replace_those_before(api, mapped):
    first = {"statuses": [{"type": "Bug", "status": "Freigabe", "stage": "active", "is_waiting": True}]}
    got = api.call("put_status_mapping", mapped.id, PROJECT, body=first).json
    assert (got["unmapped"], _by_status(got)["Freigabe"]["is_waiting"]) == (1, True)
    assert got == api.get("get_status_mapping", mapped.id, PROJECT)
    got = api.call("put_status_mapping", mapped.id, PROJECT, body={"statuses": []}).json
    assert (got["unmapped"], _by_status(got)["Freigabe"]["stage"]) == (2, None)


BUG = {"type": "Bug", "status": "Doing", "stage": "active"}


@pytest.mark.parametrize(
    ("statuses", "status", "field"),
    [
        ([{**BUG, "stage": "waiting"}], 400, "statuses[0].stage"),
        ([{**BUG, "stage": "done", "is_waiting": True}], 400, "statuses[0].is_waiting"),
        ([{**BUG, "is_canceled": True}], 400, "statuses[0].is_canceled"),
        ([{**BUG, "lane": "Review"}], 400, "statuses[0].lane"),
        ([{**BUG, "status": ""}], 400, "statuses[0].status"),
        ([{**BUG, "x": 1}], 400, "statuses[0].x"),
        ([BUG, {**BUG, "type": "BUG"}], 400, "statuses"),
        ([{"type": "Bug", "status": "Doing"}], 400, "statuses[0].stage"),
        ([BUG, {**BUG, "status": "Nowhere"}], 422, "statuses[1].status"),
        ([{**BUG, "type": "Epic"}], 422, "statuses[0].status"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_and_changes_nothing(api, mapped, statuses, status, field):
    before = api.get("get_status_mapping", mapped.id, PROJECT)
    reply = api.call("put_status_mapping", mapped.id, PROJECT, body={"statuses": statuses})
    assert (reply.status, reply.json["field"].removeprefix(".")) == (status, field)
    assert api.get("get_status_mapping", mapped.id, PROJECT) == before


def test_a_change_against_an_older_state_is_refused(api, mapped):
    def put(statuses, tag):
        headers = {"if-match": tag, "x-flow-workspace": mapped.workspace}
        return api.call("put_status_mapping", mapped.id, PROJECT, body={"statuses": statuses}, headers=headers)

    first = api.call("get_status_mapping", mapped.id, PROJECT).headers["etag"]
    changed = put([BUG | {"is_waiting": True}], first)
    assert changed.status == 200
    assert changed.headers["etag"] != first
    assert put([], first).status == 412
    assert _by_status(api.get("get_status_mapping", mapped.id, PROJECT))["Doing"]["is_waiting"]
    assert put([], "*").status == 200


@pytest.mark.parametrize("id_", [OTHER_PROJECT, "x", "a/b"])
def test_an_unknown_project_is_not_found(api, mapped, id_):
    assert api.call("get_status_mapping", mapped.id, id_).status == 404
    assert api.call("put_status_mapping", mapped.id, id_, body={"statuses": []}).status == 404


def test_a_board_is_a_ticket_project_with_lanes_of_its_own(api, mapped, store):
    store(_board(mapped), _board(mapped, id=OTHER_PROJECT, is_deleted=True))
    rows = api.rows("list_ticket_projects", mapped.id, limit="1")
    assert [(row["id"], row["kind"], row["project_id"], row["name"]) for row in rows] == [
        (PROJECT, "project", None, "Fabrikam"), (BOARD, "board", PROJECT, "Web: Stories"),
    ]  # fmt: skip
    got = api.get("get_status_mapping", mapped.id, BOARD)
    assert (got["kind"], {one["status"]: one["lane"] for one in got["statuses"]}) == (
        "board", {"New": "In New", "Doing": "In Doing", "Done": "In Done", "Freigabe": None},
    )  # fmt: skip
    api.call("put_status_mapping", mapped.id, PROJECT, body={"statuses": [BUG | {"is_waiting": True}]})
    assert _by_status(api.get("get_status_mapping", mapped.id, BOARD))["Doing"]["is_waiting"]
    api.call("put_status_mapping", mapped.id, BOARD, body={"statuses": [BUG]})
    assert not _by_status(api.get("get_status_mapping", mapped.id, BOARD))["Doing"]["is_waiting"]
    assert _by_status(api.get("get_status_mapping", mapped.id, PROJECT))["Doing"]["is_waiting"]


def test_drift_is_a_warning(api, mapped, store):
    def details():
        found = api.get("get_integration", mapped.id)["data_status_detail"]
        return {one["code"]: one["message"] for one in found if one["stream"] == "process"}

    assert details() == {"status_mapping.unmapped": "statuses without a meaning: Bug: Freigabe"}
    body = {"statuses": [{"type": "Bug", "status": "Freigabe", "stage": "active"}]}
    api.call("put_status_mapping", mapped.id, PROJECT, body=body)
    assert details() == {}
    states = (("New", "Proposed"), ("Doing", "InProgress"), ("Review", "Resolved"), ("Done", "Completed"))
    store(_type(mapped, states=states))
    assert details() == {"status_mapping.new_statuses": "new statuses, mapped by their category: Bug: Review"}
    api.call("put_status_mapping", mapped.id, PROJECT, body=body)
    assert details() == {}


def test_a_project_that_is_not_read_gives_no_warning(api, mapped, store):
    store(replace(project(mapped), is_imported=False))
    assert not [one for one in api.get("get_integration", mapped.id)["data_status_detail"] if one["stream"]]
