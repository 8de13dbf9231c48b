from datetime import UTC, datetime

import pytest

from shared.errors import ContractError
from shared.mapping.ticket_links import LINK_TYPES, to_ticket_link
from tests.mapping.examples import body

P1, P2 = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
ROW = {
    "rel": "System.LinkTypes.Hierarchy", "sourceId": 7, "targetId": 8, "changedDate": "2026-03-01T10:00:00.5Z",
    "isActive": True, "sourceProjectId": P1, "targetProjectId": P2.upper(),
    "changedBy": {"id": P1, "uniqueName": "Ann <ann@contoso.com>"},
}  # fmt: skip


def _link(**changes):
    return to_ticket_link(ROW | changes, integration_id="i")


def test_published_rows_lead_from_the_parent_to_the_child():
    links = [
        to_ticket_link(row, integration_id="i") for row in body("wit/GET_wit_reporting_workItemLinks_50.json")["values"]
    ]
    assert [(one.id, one.link_type, one.source_number, one.target_number, one.is_deleted) for one in links] == [
        ("7/8/System.LinkTypes.Hierarchy", "parent_child", 7, 8, False),
        ("7/9/System.LinkTypes.Hierarchy", "parent_child", 7, 9, False),
        ("10/13/System.LinkTypes.Hierarchy", "parent_child", 10, 13, False),
    ]  # fmt: skip
    assert links[0].changed_at == datetime(2014, 3, 18, 17, 17, 52, 20000, tzinfo=UTC)


def test_todays_rows_name_projects_and_person():
    link = _link()
    assert (link.source_project_id, link.target_project_id, link.changed_by) == (P1, P2, P1)


def test_a_removed_link_is_a_tombstone():
    link = _link(isActive=False)
    assert (link.is_deleted, link.deleted_at) == (True, link.changed_at)


@pytest.mark.parametrize(
    ("rel", "ends"),
    [
        ("System.LinkTypes.Hierarchy", (7, 8)),
        ("System.LinkTypes.Hierarchy-Forward", (7, 8)),
        ("System.LinkTypes.Hierarchy-Reverse", (8, 7)),
    ],
)
def test_a_direction_in_the_name_is_understood(rel, ends):
    link = _link(rel=rel)
    assert (link.source_number, link.target_number) == ends
    assert (link.source_project_id == P1) == (ends == (7, 8))
    assert (link.ado_rel, link.link_type) == ("System.LinkTypes.Hierarchy", "parent_child")


def test_every_published_link_between_work_items_is_known_or_remote():
    published = {
        item["referenceName"].removesuffix("-Forward").removesuffix("-Reverse")
        for item in body("wit/GET_relation_types.json")["value"]
        if item["attributes"]["usage"] == "workItemLink"
    }
    assert {name for name in published - LINK_TYPES.keys() if "Remote" not in name} <= {
        "Microsoft.VSTS.TestCase.SharedParameterReferencedBy", "Microsoft.VSTS.TestCase.SharedStepReferencedBy",
    }  # fmt: skip
    assert _link(rel="Custom.Rel").link_type == "other"


@pytest.mark.parametrize("key", ["rel", "sourceId", "targetId", "changedDate", "isActive"])
def test_a_row_that_lacks_something_is_refused(key):
    with pytest.raises(ContractError):
        _link(**{key: None})
