"""Renewing token sets: in time, by one worker, and the newest is what is stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.errors import ConnectorError, CredentialError, TransientError
from shared.oauth.token_set import AHEAD, TokenSet
from shared.oauth.token_sets import TokenSets
from shared.oauth.turns import REFUSED, TURN
from shared.storage import OAUTH_TOKENS

OWNER = "integration-1"
WORKERS = 16


def stored(parts, name):
    return TokenSet.read(parts.vault.read(name)[0])


def newest(fake):
    """The refresh token that was given last."""
    return list(fake.model.entra.refresh_tokens)[-1]


def at_once(calls):
    """What each call gives, or the error that it raises."""

    def outcome(call):
        try:
            return call()
        except ConnectorError as e:
            return e

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


def test_a_token_is_used_until_shortly_before_its_end(parts, fake, clock, granted, name):
    source = parts.token_sets.source(OWNER, name)
    clock.now = granted.expires_at - AHEAD - timedelta(seconds=1)
    assert source() == granted.access_token
    assert fake.model.entra.refreshes == 0
    clock.pass_(seconds=1)
    renewed = source()
    assert renewed != granted.access_token
    assert source() == renewed
    assert fake.model.entra.refreshes == 1
    assert stored(parts, name).access_token == renewed
    assert stored(parts, name).refresh_token.reveal() == newest(fake)


def test_the_version_before_is_disabled(parts, clock, granted, name):
    _, old = parts.vault.read(name)
    clock.now = granted.expires_at
    parts.token_sets.source(OWNER, name)()
    _, new = parts.vault.read(name)
    assert new != old
    assert parts.vault._client.get_secret(name, new).properties.enabled
    listed = {one.version: one.enabled for one in parts.vault._client.list_properties_of_secret_versions(name)}
    assert listed == {old: False, new: True}


@pytest.mark.parametrize("workers", ["each its own", "one for all"])
def test_workers_with_one_expired_token_renew_it_at_most_twice(parts, worker, fake, clock, granted, name, workers):
    clock.now = granted.expires_at
    each = [worker() if workers == "each its own" else parts for _ in range(WORKERS)]
    sources = [one.token_sets.source(OWNER, name) for one in each]
    found = at_once(sources)
    assert 1 <= fake.model.entra.refreshes <= 2
    assert {one.reveal() for one in found} == {stored(parts, name).access_token.reveal()}
    assert stored(parts, name).refresh_token.reveal() == newest(fake)
    # And again at the end of that one, from what each remembers.
    clock.now = stored(parts, name).expires_at
    found = at_once(sources)
    assert fake.model.entra.refreshes <= 4
    assert {one.reveal() for one in found} == {stored(parts, name).access_token.reveal()}
    assert stored(parts, name).refresh_token.reveal() == newest(fake)


def test_a_dead_grant_is_asked_for_at_most_twice_and_ends_for_everybody(parts, worker, fake, clock, granted, name):
    fake.settings.entra_refresh_is_dead = True
    clock.now = granted.expires_at
    found = at_once([worker().token_sets.source(OWNER, name) for _ in range(WORKERS)])
    assert {(type(one), one.code) for one in found} == {(CredentialError, "oauth.reconnect_needed")}
    assert all("Sign in with Microsoft again" in one.remedy for one in found)
    assert 1 <= fake.model.entra.refreshes <= 2
    assert stored(parts, name) == granted


def test_a_policy_that_is_mended_lets_the_grant_live_on(parts, worker, fake, clock, granted, name):
    fake.settings.entra_token_error = "interaction_required|53003|Access has been blocked by Conditional Access."
    clock.now = granted.expires_at
    with pytest.raises(CredentialError) as error:
        worker().token_sets.source(OWNER, name)()
    assert error.value.code == "oauth.reconnect_needed"
    assert "conditional access" in str(error.value)
    fake.settings.entra_token_error = ""
    clock.now += REFUSED
    assert worker().token_sets.source(OWNER, name)() != granted.access_token


@pytest.mark.parametrize(
    "error", ["invalid_client|7000222|The secret is expired.", "temporarily_unavailable|90033|A transient error."]
)
def test_what_the_person_cannot_mend_does_not_end_the_grant(parts, fake, clock, granted, name, error):
    fake.settings.entra_token_error = error
    clock.now = granted.expires_at
    with pytest.raises(TransientError) as raised:
        parts.token_sets.source(OWNER, name)()
    assert raised.value.remedy
    assert stored(parts, name) == granted


def test_a_worker_that_died_in_its_turn_holds_nobody_up_for_long(parts, worker, clock, granted, name):
    clock.now = granted.expires_at
    dead = parts.token_sets._turns
    assert dead.take(OWNER, name, dead.look(OWNER, name))
    clock.pass_(seconds=TURN.total_seconds())
    assert worker().token_sets.source(OWNER, name)() != granted.access_token


def test_a_turn_is_given_to_one(parts, worker, clock):
    turns = [worker().token_sets._turns for _ in range(8)]
    looks = [one.look(OWNER, "secret") for one in turns]
    taken = at_once(
        [lambda one=one, look=look: one.take(OWNER, "secret", look) for one, look in zip(turns, looks, strict=True)]
    )
    (mine,) = [turn for turn in taken if turn]
    assert turns[0].may_write(mine)
    clock.pass_(seconds=TURN.total_seconds() - 5)
    assert not turns[0].may_write(mine)


class Slow:
    """Microsoft, with something that happens before its answer arrives."""

    def __init__(self, entra, meanwhile):
        self.entra, self.meanwhile = entra, meanwhile

    def refresh(self, tokens):
        renewed = self.entra.refresh(tokens)
        self.meanwhile()
        return renewed


def slowed(parts, meanwhile):
    """Token sets of a worker whose answers from Microsoft come late."""
    return TokenSets(parts.vault, parts.tables, lambda: Slow(parts.entra, meanwhile), parts.clock)


def test_a_worker_that_was_held_up_never_stores_over_a_newer_set(parts, worker, fake, clock, granted, name):
    clock.now = granted.expires_at

    def another_renews():
        clock.pass_(seconds=TURN.total_seconds())
        worker().token_sets.source(OWNER, name)()

    used = slowed(parts, another_renews).source(OWNER, name)()
    assert fake.model.entra.refreshes == 2
    assert stored(parts, name).refresh_token.reveal() == newest(fake)
    assert stored(parts, name).access_token == used


def test_a_worker_whose_turn_is_over_stores_nothing(parts, fake, clock, granted, name):
    clock.now = granted.expires_at
    used = slowed(parts, lambda: clock.pass_(seconds=TURN.total_seconds())).source(OWNER, name)()
    assert used != granted.access_token
    assert stored(parts, name) == granted


def test_while_the_vault_does_not_answer_the_old_set_stays_and_works_later(
    parts, fake, vault_server, clock, granted, name
):
    clock.now = granted.expires_at
    with pytest.raises(TransientError) as error:
        slowed(parts, lambda: vault_server.throttle(30, retry_after=0)).source(OWNER, name)()
    assert error.value.code == "vault.unavailable"
    vault_server.throttle(0)
    assert stored(parts, name) == granted
    assert parts.token_sets.source(OWNER, name)() == stored(parts, name).access_token


def test_a_set_that_is_gone_or_spoilt_asks_for_a_new_sign_in(parts, name):
    from shared.vault import Secret

    parts.vault.put(name, Secret("{}"))
    with pytest.raises(CredentialError) as error:
        parts.token_sets.source(OWNER, name)()
    assert error.value.code == "oauth.reconnect_needed"
    parts.vault.delete(name)
    with pytest.raises(CredentialError):
        parts.token_sets.source(OWNER, name)()


def test_the_turns_row_holds_no_token(parts, clock, granted, name):
    clock.now = granted.expires_at
    parts.token_sets.source(OWNER, name)()
    (row,) = [one.row for one in parts.tables.query(OAUTH_TOKENS)]
    assert row.keys() == {"PartitionKey", "RowKey"}
    parts.token_sets.forget(OWNER, name)
    assert not list(parts.tables.query(OAUTH_TOKENS))


def test_a_very_short_life_is_used_for_most_of_it(parts, fake, clock):
    issued = TokenSet.issued(parts.vault.read("flow-app")[0], parts.vault.read("flow-app")[0], "t", clock(),
                             timedelta(seconds=60))  # fmt: skip
    assert issued.is_fresh(clock() + timedelta(seconds=47))
    assert not issued.is_fresh(clock() + timedelta(seconds=48))
    assert "***" in repr(issued)
