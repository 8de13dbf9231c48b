"""A state, a code and a verifier belong together and work once; of everything else nothing is stored."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.functions.oauth.sign_in import SignIn, completion_is_absent, nothing_is_stored, secret_of
from tests.oauth.browser import parameters, sent_back


def test_two_sign_ins_share_nothing(api):
    first, second = (parameters(SignIn(api).url) for _ in range(2))
    assert {name for name in first if first[name] == second[name]}.isdisjoint({"state", "nonce", "code_challenge"})


def test_a_state_works_once(parts, sign_in):
    sent = sent_back(sign_in.url)
    assert sign_in.at_callback(**sent).status == 200
    before = parts.vault.read(secret_of(parts, sign_in))
    again = sign_in.at_callback(**sent_back(sign_in.url))
    replayed = sign_in.at_callback(**sent)
    assert (again.status, replayed.status) == (400, 400)
    assert completion_is_absent(again)
    assert completion_is_absent(replayed)
    assert parts.vault.read(secret_of(parts, sign_in)) == before
    assert sign_in.status == "consented"


def test_of_two_browsers_with_one_state_one_gets_the_code(sign_in):
    sent = sent_back(sign_in.url)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: sign_in.at_callback(**sent), range(6)))
    assert sorted(reply.status for reply in replies) == [200, 400, 400, 400, 400, 400]


def test_swapped_states_are_refused_and_nothing_is_stored(api, parts):
    mine, other = SignIn(api), SignIn(api)
    foreign = sent_back(other.url)
    reply = mine.at_callback(**{**foreign, "state": mine.state})
    assert reply.status == 400
    assert mine.status == "denied"
    assert nothing_is_stored(parts, mine)
    assert other.status == "pending"
    assert nothing_is_stored(parts, other)


def test_halves_of_two_states_make_none(api, parts):
    mine, other = SignIn(api), SignIn(api)
    mixed = mine.id + other.state[len(other.id) :]
    assert mine.come_back(state=mixed).status == 400
    assert {mine.status, other.status} == {"pending"}


def test_a_state_is_good_for_ten_minutes(clock, parts, sign_in):
    sent = sent_back(sign_in.url)
    clock.added = timedelta(minutes=10)
    assert sign_in.at_callback(**sent).status == 400
    assert sign_in.status == "expired"
    assert nothing_is_stored(parts, sign_in)


@pytest.mark.parametrize(
    "state", [None, "", "x", "a/b", "'", "\x00", "x" * 5000, "00000000-0000-4000-8000-000000000000." + "A" * 43]
)
def test_a_made_up_state_is_refused(parts, sign_in, state):
    reply = sign_in.come_back(state=state)
    assert reply.status == 400
    assert sign_in.status == "pending"


def test_a_code_that_was_got_without_our_verifier_is_refused(parts, fake, sign_in):
    """Somebody else's sign-in, brought into ours: another challenge stands behind its code."""
    asked = {**parameters(sign_in.url), "code_challenge": base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    reply = sign_in.at_callback(**sent_back(f"{sign_in.url.partition('?')[0]}?{query}"))
    assert reply.status == 400
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)


def test_a_code_without_challenge_is_refused_too(parts, sign_in):
    asked = {name: value for name, value in parameters(sign_in.url).items() if not name.startswith("code_challenge")}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    assert sign_in.at_callback(**sent_back(f"{sign_in.url.partition('?')[0]}?{query}")).status == 400
    assert nothing_is_stored(parts, sign_in)


def test_a_code_with_another_nonce_is_refused(parts, sign_in):
    asked = {**parameters(sign_in.url), "nonce": "somebody-elses"}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    reply = sign_in.at_callback(**sent_back(f"{sign_in.url.partition('?')[0]}?{query}"))
    assert reply.status == 400
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)


def test_a_code_that_was_redeemed_before_is_refused(api, parts):
    first, second = SignIn(api), SignIn(api)
    code = sent_back(first.url)["code"]
    assert first.at_callback(code=code, state=first.state).status == 200
    assert second.at_callback(code=code, state=second.state).status == 400
    assert second.status == "denied"
    assert nothing_is_stored(parts, second)


@pytest.mark.parametrize("changes", [{"code": None}, {"code": ""}, {"code": "x" * 9000}])
def test_a_return_without_a_code_is_refused(parts, sign_in, changes):
    assert sign_in.come_back(**changes).status == 400
    assert sign_in.status == "denied"
    assert nothing_is_stored(parts, sign_in)
