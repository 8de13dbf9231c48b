import pytest

from shared.flow.users import UserAlias
from shared.mapping.users import accounts_of, identity_to_user_alias, to_user_alias
from tests.mapping.examples import body

USERS = body("graph/GetAllUsers.json")["value"]
PERSON = USERS[1]
IDENTITY = body("ims/SearchBySubjectDescriptors.json")["value"][0]


def test_a_recorded_user_gets_the_storage_key_of_its_identity():
    assert to_user_alias(PERSON, IDENTITY, integration_id="i") == UserAlias(
        integration_id="i",
        id="81fa6389-0872-6fdd-a451-7ba7880f566a",
        apex_user_id="81fa6389-0872-6fdd-a451-7ba7880f566a",
        name="Jamal Hartnett",
        username="fabrikamfiber4@hotmail.com",
        email="fabrikamfiber4@hotmail.com",
        descriptor="aad.YWZkMzM2ZGQtZTgwYy03MWViLThlYmQtODMzNjMxYmEwNWM2",
        origin="aad",
        origin_id="ddddb7d1-2de3-4bab-98b6-ddcc994e964d",
    )


def test_a_service_account_is_marked_and_an_empty_address_is_none():
    alias = to_user_alias(USERS[0], IDENTITY, integration_id="i")
    assert alias.is_service
    assert alias.email is None


@pytest.mark.parametrize(
    ("changes", "is_service"),
    [
        ({"descriptor": "svc.abc"}, True),
        ({"descriptor": "aadsp.abc"}, True),
        ({"descriptor": "aad.abc", "domain": "Build"}, True),
        ({"descriptor": "aad.abc", "metaType": "application"}, True),
        ({"descriptor": "aad.abc", "metaType": "guest"}, False),
        ({"descriptor": "msa.abc", "domain": "Windows Live ID"}, False),
    ],
)
def test_services_are_told_from_people(changes, is_service):
    assert to_user_alias(PERSON | changes, IDENTITY, integration_id="i").is_service is is_service


def test_groups_are_marked_by_either_side():
    group = body("ims/SearchBySubjectDescriptors.json")["value"][1]
    assert to_user_alias(PERSON, group, integration_id="i").is_group
    assert to_user_alias(PERSON | {"subjectKind": "group"}, IDENTITY, integration_id="i").is_group
    assert not to_user_alias(PERSON, IDENTITY, integration_id="i").is_group


def test_a_custom_name_wins_and_who_was_removed_is_inactive():
    alias = to_user_alias(PERSON, IDENTITY | {"customDisplayName": "JT", "isActive": False}, integration_id="i")
    assert alias.name == "JT"
    assert not alias.is_active


def test_a_recorded_identity_without_a_graph_user_is_an_inactive_alias():
    identity = body("ims/SearchByIds.json")["value"][0]
    assert identity_to_user_alias(identity, integration_id="i") == UserAlias(
        integration_id="i",
        id="81fa6389-0872-6fdd-a451-7ba7880f566a",
        apex_user_id="81fa6389-0872-6fdd-a451-7ba7880f566a",
        name="Jia-hao Tseng",
        username="jtseng@vscsi.us",
        email="jtseng@vscsi.us",
        descriptor="aad.MDA0NzBlMzQtZGE2MS03YTY5LWJkOTYtNDg3YTg0OWVjNTU4",
        is_active=False,
    )
    assert accounts_of(identity) == {"jtseng@vscsi.us"}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"subjectDescriptor": "svc.x"}, "is_service"),
        ({"properties": {"Domain": {"$value": "Build"}}}, "is_service"),
        ({"isContainer": True}, "is_group"),
    ],
)
def test_an_identity_that_is_no_person(changes, kind):
    identity = {"id": IDENTITY["id"], "subjectDescriptor": "aad.x", **changes}
    assert getattr(identity_to_user_alias(identity, integration_id="i"), kind) is True
    assert accounts_of(identity) == set()
