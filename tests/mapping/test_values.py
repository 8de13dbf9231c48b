import pytest

from shared.errors import ContractError
from shared.mapping.values import decimal, guid, integer, known, need


@pytest.mark.parametrize(
    "spelling",
    [
        "2428198325304A9CAEB788D60D57ACFD",
        "24281983-2530-4a9c-aeb7-88d60d57acfd",
        "{24281983-2530-4A9C-AEB7-88D60D57ACFD}",
    ],
)
def test_a_guid_has_one_spelling(spelling):
    assert guid(spelling, "x") == "24281983-2530-4a9c-aeb7-88d60d57acfd"


@pytest.mark.parametrize("value", [None, "", "abc", 5, "24281983-2530-4a9c-aeb7-88d60d57acf", "../../etc/passwd"])
def test_what_is_no_guid_is_refused_by_name(value):
    with pytest.raises(ContractError, match="a repository's id is no GUID"):
        guid(value, "a repository's id")


@pytest.mark.parametrize(("value", "expected"), [(3, 3), (3.0, 3), ("3", 3), ("-10", -10), (None, None), ("", None)])
def test_a_whole_number_comes_in_several_forms(value, expected):
    assert integer(value, "x") == expected


@pytest.mark.parametrize("value", [2.5, "two", [], {}])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ContractError, match="priority"):
        integer(value, "priority")


def test_a_zero_is_not_nothing():
    assert decimal(0, "x") == 0.0
    assert decimal(0.5, "x") == 0.5


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": "7"}, {"id": True}])
def test_a_missing_or_wrong_value_is_refused_with_its_place(item):
    with pytest.raises(ContractError, match="pull request 7: id is"):
        need(item, "id", int, "pull request 7")


def test_an_undocumented_value_is_refused_by_name():
    with pytest.raises(ContractError, match="project 1: state is 'odd'") as raised:
        known("odd", {"even"}, "project 1: state", "project.unknown_state")
    assert raised.value.code == "project.unknown_state"
