from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.flow.merging import merged
from shared.flow.users import UserAlias


def _alias(id_, **other):
    return UserAlias(**{"integration_id": "i", "id": id_, "apex_user_id": id_, "name": "Ann", **other})


def _apexes(*aliases):
    return {alias.id: alias.apex_user_id for alias in merged(aliases)}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"email": "Ann@Contoso.com"}, {"email": "ann@contoso.COM"}, True),
        ({"email": "ann@contoso.com"}, {"email": "ann@fabrikam.com"}, False),
        ({"email": None}, {"email": None}, False),
        ({"email": ""}, {"email": ""}, False),
        ({"descriptor": "aad.x"}, {"descriptor": "aad.x"}, True),
        ({"descriptor": "aad.x"}, {"descriptor": "aad.X"}, False),
        ({"origin": "aad", "origin_id": "ABC"}, {"origin": "AAD", "origin_id": "abc"}, True),
        ({"origin": "aad", "origin_id": "abc"}, {"origin": "msa", "origin_id": "abc"}, False),
        ({"origin": "aad", "origin_id": None}, {"origin": "aad", "origin_id": None}, False),
        # A name, or an account that only looks like an address, is no evidence.
        ({"name": "Ann Archer"}, {"name": "Ann Archer"}, False),
        ({"username": "ann@contoso.com"}, {"email": "ann@contoso.com"}, False),
        ({"email": "a@b.c", "is_service": True}, {"email": "a@b.c"}, False),
        ({"email": "a@b.c", "is_group": True}, {"email": "a@b.c"}, False),
    ],
)
def test_only_exact_evidence_merges(one, other, same):
    assert _apexes(_alias("1", **one), _alias("2", **other)) == {"1": "1", "2": "1" if same else "2"}


def test_a_chain_is_one_person_led_by_the_active_alias_with_the_smallest_id():
    chain = (
        _alias("1", email="a@b.c", is_active=False), _alias("3", email="A@b.c", descriptor="d"),
        _alias("2", descriptor="d"), _alias("4"),
    )  # fmt: skip
    assert _apexes(*chain) == {"1": "2", "3": "2", "2": "2", "4": "4"}


def test_an_earlier_merge_holds_and_keeps_its_apex():
    by_hand = (_alias("9"), _alias("1", apex_user_id="9"))
    assert _apexes(*by_hand) == {"9": "9", "1": "9"}
    assert _apexes(*by_hand, _alias("0", email="x"), _alias("2", email="X", apex_user_id="9"))["0"] == "9"
    assert _apexes(_alias("1", apex_user_id="of another integration")) == {"1": "of another integration"}


EMAILS, DESCRIPTORS = st.sampled_from(["a", "A", "b", "c", None]), st.sampled_from(["x", "y", None])
ALIASES = st.lists(st.tuples(EMAILS, DESCRIPTORS, st.booleans(), st.booleans()), max_size=8)


@given(ALIASES, st.randoms())
def test_merging_again_in_any_order_changes_nothing(rows, random):
    aliases = [
        _alias(str(n), email=email, descriptor=descriptor, is_active=active, is_service=service)
        for n, (email, descriptor, active, service) in enumerate(rows)
    ]
    once = merged(aliases)
    assert [replace(one, apex_user_id=one.id) for one in once] == aliases
    shuffled = list(once)
    random.shuffle(shuffled)
    assert sorted(merged(shuffled), key=lambda one: int(one.id)) == once
    assert {one.apex_user_id for one in once} <= {one.id for one in once}
