import pytest

from shared.errors import ContractError
from shared.mapping.ticket_types import CATEGORIES, categories_by_type, to_board, to_ticket_type
from tests.mapping.examples import body

IDS = {"integration_id": "i", "project_id": "p"}
BOARD = {"id": "41688C28-A3FC-4811-977D-247A33F18A00", "name": "Stories"}
TEAM = {"id": "11111111-0000-4000-8000-000000000001", "name": "Fabrikam Team"}


def test_the_published_categories_say_what_each_type_is():
    found = categories_by_type(body("wit/GET_wit_workItemTypeCategories.json")["value"])
    assert {name: kind for name, kind in found.items() if kind != "hidden"} == {
        "bug": "bug", "feature": "feature", "product backlog item": "requirement", "task": "task",
    }  # fmt: skip
    assert {name for name, kind in found.items() if kind == "hidden"} == {
        "test case", "test plan", "test suite", "shared steps", "shared parameter", "code review request",
        "code review response", "feedback request", "feedback response",
    }  # fmt: skip


def test_every_published_category_is_known():
    published = {item["referenceName"] for item in body("wit/GET_wit_workItemTypeCategories.json")["value"]}
    assert published <= CATEGORIES.keys()


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        (["Microsoft.RequirementCategory", "Microsoft.BugCategory"], "bug"),
        (["Microsoft.HiddenCategory", "Microsoft.EpicCategory"], "hidden"),
        (["Custom.0d1ee2f2-portfolio"], None),
        ([], None),
    ],
)
def test_of_several_categories_one_counts(categories, expected):
    listed = [{"referenceName": name, "workItemTypes": [{"name": "Störung"}]} for name in categories]
    assert categories_by_type(listed).get("störung") == expected


def test_a_type_has_its_states_in_order_with_their_categories():
    states = body("wit/GET_workitem_type_states.json")["value"]
    item = {"name": "Bug", "referenceName": "Microsoft.VSTS.WorkItemTypes.Bug"}
    kind = to_ticket_type(item, states, {"bug": "bug"}, **IDS)
    assert [tuple(state.values()) for state in kind.states] == [(one["name"], one["category"]) for one in states]
    assert (kind.id, kind.category, kind.is_counted) == ("p/Microsoft.VSTS.WorkItemTypes.Bug", "bug", True)
    assert not to_ticket_type(item, [], {"bug": "hidden"}, **IDS).is_counted
    assert to_ticket_type(item, [], {}, **IDS).category == "other"


def test_a_type_without_a_name_is_refused():
    with pytest.raises(ContractError, match="name"):
        to_ticket_type({}, [], {}, **IDS)


def test_a_published_board_has_its_columns_from_left_to_right():
    board = to_board(BOARD, body("work/GET_work_boards_boardId_columns.json")["value"], TEAM, **IDS)
    assert board.id == "41688c28-a3fc-4811-977d-247a33f18a00"
    assert [column["name"] for column in board.columns] == ["New", "Approved", "Committed", "Done"]
    assert board.columns[2]["states"] == {"Product Backlog Item": "Committed", "Bug": "Committed"}
