from dataclasses import replace
from typing import Any

import pytest

from shared.flow.users import UserAlias
from shared.streams.catalog import STREAMS
from shared.streams.users import LOT

USERS = STREAMS["users"]


def _user(number, **changes):
    return {
        "subjectKind": "user",
        "displayName": f"User {number}",
        "principalName": f"user{number}@contoso.com",
        "mailAddress": f"user{number}@contoso.com",
        "origin": "aad",
        "originId": f"origin-{number}",
        "descriptor": f"aad.{number}",
    } | changes


def _id(number):
    return f"00000000-0000-4000-8000-{number:012d}"


@pytest.fixture
def people(ado):
    """Graph's users by number; identities follow, but for those in ``people["unknown"]``."""
    world: dict[str, Any] = {"users": {n: _user(n) for n in range(1, 4)}, "unknown": set(), "inactive": set()}

    def identities(query):
        numbers = [int(descriptor.split(".")[1]) for descriptor in query["subjectDescriptors"].split(",")]
        assert len(numbers) <= LOT
        return [
            None if n in world["unknown"] else
            {"id": _id(n).upper(), "subjectDescriptor": f"aad.{n}", "isActive": n not in world["inactive"]}
            for n in numbers
        ]  # fmt: skip

    ado.on("_apis/graph/users", lambda **_: list(world["users"].values()))
    ado.on("_apis/identities", identities)
    return world


def test_users_get_their_storage_keys_and_a_quiet_sync_writes_nothing(runner, people):
    runner.run(USERS)
    stored = runner.stored.by_id(UserAlias)
    assert stored.keys() == {_id(1), _id(2), _id(3)}
    assert (stored[_id(2)].username, stored[_id(2)].apex_user_id) == ("user2@contoso.com", _id(2))
    runner.run(USERS)
    assert runner.written() == []


def test_identities_are_asked_for_in_lots(runner, people, ado):
    people["users"] = {n: _user(n) for n in range(2 * LOT + 1)}
    runner.run(USERS)
    assert len(runner.stored.by_id(UserAlias)) == 2 * LOT + 1
    assert ado.count("_apis/identities") == 3


def test_who_is_listed_no_more_is_kept_as_inactive(runner, people):
    runner.run(USERS)
    del people["users"][2]
    runner.run(USERS)
    assert [(user.id, user.is_active) for user in runner.written()] == [(_id(2), False)]
    runner.run(USERS)
    assert runner.written() == []


def test_who_was_removed_but_is_still_listed_is_inactive_too(runner, people):
    people["inactive"].add(3)
    runner.run(USERS)
    assert [user.id for user in runner.stored.all(UserAlias) if not user.is_active] == [_id(3)]


def test_a_user_without_an_identity_is_skipped_and_said(runner, people):
    people["unknown"].add(1)
    runner.run(USERS)
    assert runner.skips == {("users", "aad.1"): "not_found"}
    assert runner.stored.by_id(UserAlias).keys() == {_id(2), _id(3)}


def test_a_changed_name_is_the_same_alias(runner, people):
    runner.run(USERS)
    people["users"][1] = _user(1, displayName="New Name")
    runner.run(USERS)
    assert [(user.id, user.name) for user in runner.written()] == [(_id(1), "New Name")]


def test_a_merge_is_kept(runner, people):
    runner.run(USERS)
    merged = replace(runner.stored.by_id(UserAlias)[_id(1)], apex_user_id=_id(2))
    runner.stored.put(merged)
    runner.run(USERS)
    assert runner.written() == []


def test_aliases_of_one_person_are_merged_and_stay_so(runner, people):
    people["users"][2]["mailAddress"] = "USER1@contoso.com"
    runner.run(USERS)
    assert {user.id: user.apex_user_id for user in runner.stored.all(UserAlias)} == {
        _id(1): _id(1), _id(2): _id(1), _id(3): _id(3),
    }  # fmt: skip
    del people["users"][1]
    runner.run(USERS)
    assert [(user.id, user.is_active, user.apex_user_id) for user in runner.written()] == [(_id(1), False, _id(1))]
    runner.run(USERS)
    assert runner.written() == []
