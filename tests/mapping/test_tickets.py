from datetime import UTC, datetime

import pytest

from shared.errors import ContractError
from shared.flow.tickets import Ticket, TicketRevision
from shared.flow.users import UserAlias
from shared.mapping.people import People
from shared.mapping.tickets import FIELDS, POINTS, TicketContext, to_ticket, to_ticket_revision
from tests.mapping.examples import body

RECORDED = body("wit/GET_wit_reporting_workItemRevisions.json")["values"]
JAMAL = UserAlias(
    integration_id="i", id="jamal-id", apex_user_id="jamal-id", name="Jamal", username="FabrikamFiber4@hotmail.com"
)
CONTEXT = TicketContext("i", "fabrikam", People([JAMAL]), {"fabrikam-fiber-git": "project-id"}, {3574: "sprint-id"})


def _with(**fields):
    return RECORDED[1] | {"fields": RECORDED[1]["fields"] | {name.replace("__", "."): v for name, v in fields.items()}}


def test_a_recorded_revision_becomes_a_ticket():
    assert to_ticket(RECORDED[1], CONTEXT) == Ticket(
        integration_id="i",
        id="1",
        url="https://dev.azure.com/fabrikam/Fabrikam-Fiber-Git/_workitems/edit/1",
        number=1,
        rev=2,
        project_id="project-id",
        project_name="Fabrikam-Fiber-Git",
        title="Technician can check on parts orders on Windows Phone",
        type="Product Backlog Item",
        state="New",
        reason="New backlog item",
        created_at=datetime(2014, 3, 18, 17, 16, 56, 250000, tzinfo=UTC),
        updated_at=datetime(2014, 3, 18, 17, 17, 5, 760000, tzinfo=UTC),
        created_by="jamal-id",
        created_by_name="Jamal Hartnett",
        area_path="Fabrikam-Fiber-Git",
        board_column="New",
    )


def test_a_recorded_revision_becomes_a_revision_row():
    assert to_ticket_revision(RECORDED[1], CONTEXT) == TicketRevision(
        integration_id="i",
        id="1/2",
        number=1,
        rev=2,
        changed_at=datetime(2014, 3, 18, 17, 17, 5, 760000, tzinfo=UTC),
        changed_by="jamal-id",
        changed_by_name="Jamal Hartnett",
        project_id="project-id",
        project_name="Fabrikam-Fiber-Git",
        type="Product Backlog Item",
        state="New",
        area_path="Fabrikam-Fiber-Git",
        board_column="New",
    )


@pytest.mark.parametrize("points", POINTS)
def test_points_are_read_whatever_the_process_calls_them(points):
    assert to_ticket(_with(**{points: 5}), CONTEXT).story_points == 5.0
    assert to_ticket_revision(_with(**{points: 0}), CONTEXT).story_points == 0.0


def test_no_points_are_not_zero_points():
    assert to_ticket(RECORDED[1], CONTEXT).story_points is None


def test_the_root_iteration_is_no_sprint():
    ticket = to_ticket(_with(System__IterationId=3574, System__IterationPath="Fabrikam-Fiber-Git"), CONTEXT)
    assert (ticket.sprint, ticket.sprint_id) == (None, None)


def test_a_sprint_is_found_by_the_number_of_its_node_and_keeps_its_path_of_then():
    ticket = to_ticket(_with(System__IterationId=3574, System__IterationPath="Old\\Sprint 1"), CONTEXT)
    assert (ticket.sprint, ticket.sprint_id) == ("Old\\Sprint 1", "sprint-id")


def test_a_sprint_that_is_gone_keeps_its_path():
    ticket = to_ticket(_with(System__IterationId=1, System__IterationPath="P\\Gone"), CONTEXT)
    assert (ticket.sprint, ticket.sprint_id) == ("P\\Gone", None)


def test_a_project_is_found_whatever_the_case_of_its_name_and_else_kept_as_text():
    assert to_ticket(_with(System__TeamProject="FABRIKAM-fiber-git"), CONTEXT).project_id == "project-id"
    elsewhere = to_ticket(_with(System__TeamProject="Elsewhere"), CONTEXT)
    assert (elsewhere.project_id, elsewhere.project_name) == (None, "Elsewhere")


def test_a_person_who_is_not_found_keeps_the_text():
    ticket = to_ticket(_with(System__AssignedTo="Nora Noone <nora@x.y>"), CONTEXT)
    assert (ticket.assignee, ticket.assignee_name) == (None, "Nora Noone <nora@x.y>")


def test_a_deletion_makes_a_tombstone_and_a_restore_brings_it_back():
    deleted = to_ticket(_with(System__IsDeleted=True), CONTEXT)
    assert deleted.is_deleted
    assert deleted.deleted_at == deleted.updated_at
    assert to_ticket_revision(_with(System__IsDeleted=True), CONTEXT).is_deleted
    restored = to_ticket(_with(System__IsDeleted=False), CONTEXT)
    assert (restored.is_deleted, restored.deleted_at) == (False, None)


@pytest.mark.parametrize(
    ("ado", "field", "value"),
    [
        ({"System.Tags": "ui; slow"}, "tags", ["ui", "slow"]),
        ({"System.Parent": 350}, "parent_number", 350),
        ({"System.CommentCount": 4}, "comment_count", 4),
        ({"System.BoardColumnDone": False}, "board_column_done", False),
        ({"Microsoft.VSTS.Common.Priority": 3}, "priority", 3),
        ({"Microsoft.VSTS.Common.Severity": "2 - High"}, "severity", "2 - High"),
        (
            {"Microsoft.VSTS.Common.ClosedDate": "2014-03-18T17:19:02.093Z"},
            "closed_at",
            datetime(2014, 3, 18, 17, 19, 2, 93000, tzinfo=UTC),
        ),
    ],
)
def test_fields_of_a_ticket(ado, field, value):
    assert getattr(to_ticket(_with(**ado), CONTEXT), field) == value


@pytest.mark.parametrize("name", ["System.TeamProject", "System.WorkItemType", "System.State", "System.ChangedDate"])
@pytest.mark.parametrize("to_row", [to_ticket, to_ticket_revision])
def test_a_revision_without_what_all_have_is_refused_by_name(to_row, name):
    item = RECORDED[1] | {"fields": {k: v for k, v in RECORDED[1]["fields"].items() if k != name}}
    with pytest.raises(ContractError, match=f"work item 1 rev 2: {name}"):
        to_row(item, CONTEXT)


def test_every_field_that_is_read_is_asked_for():
    asked = set()

    class Recorder(dict[str, object]):
        def get(self, key, default=None):
            asked.add(key)
            return super().get(key, default)

    item = RECORDED[1] | {"fields": Recorder(RECORDED[1]["fields"])}
    to_ticket(item, CONTEXT)
    to_ticket_revision(item, CONTEXT)
    assert asked == set(FIELDS)


def test_the_nodes_that_names_meant_are_kept_with_a_revision():
    revision = to_ticket_revision(_with(System__IterationId=1, System__AreaId=2), CONTEXT)
    assert (revision.sprint_node, revision.area_node, revision.sprint_id) == (1, 2, None)
