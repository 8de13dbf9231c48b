"""What becomes of a subscription whose events are not taken."""

from __future__ import annotations

import pytest

from tests.local.fake_ado.minimal import ALPHA
from tests.local.fake_ado.receiver import eventually, push, running_receiver, status_of
from tests.local.fake_ado.test_hooks import make

TRANSIENT_ATTEMPTS, PROBATION_RETRIES = 9, 7


@pytest.mark.parametrize("status", [408, 502, 503, 504])
def test_trouble_that_passes_is_tried_again_with_the_same_event(client, fake, receiver, status):
    made = make(client, "git.push", ALPHA, receiver.url)
    receiver.statuses = [status] * 3
    push(fake)
    got = receiver.wait_for(4)
    assert {(one.body["id"], one.body["notificationId"]) for one in got} == {(got[0].body["id"], 1)}
    eventually(
        lambda: client.get(f"_apis/hooks/subscriptions/{made['id']}/notifications/1").json()["result"] == "succeeded"
    )
    assert status_of(fake, made) == "enabled"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 500, 302])
def test_anything_else_puts_the_subscription_on_probation_where_events_are_lost(client, fake, receiver, status):
    fake.settings.hook_time_scale = 1.0  # the first retry is twenty minutes away
    made = make(client, "git.push", ALPHA, receiver.url)
    receiver.statuses = [status]
    push(fake)
    receiver.wait_for(1)
    eventually(lambda: status_of(fake, made) == "onProbation")
    push(fake)
    eventually(lambda: fake.model.hub.lost == 1)
    assert len(receiver.got) == 1


def test_success_ends_the_probation(client, fake, receiver):
    fake.settings.hook_time_scale = 0.00001
    made = make(client, "git.push", ALPHA, receiver.url)
    receiver.statuses = [500, 404, 500]
    push(fake)
    receiver.wait_for(4)
    eventually(lambda: status_of(fake, made) == "enabled")
    push(fake)
    got = receiver.wait_for(5)
    assert len({one.body["id"] for one in got[:4]}) == 1
    assert got[4].body["notificationId"] == 2


def test_seven_failures_more_disable_it(client, fake, receiver):
    fake.settings.hook_time_scale = 0.00001
    made = make(client, "git.push", ALPHA, receiver.url)
    receiver.status = 500
    push(fake)
    eventually(lambda: status_of(fake, made) == "disabledBySystem")
    assert len(receiver.got) == 1 + PROBATION_RETRIES
    assert client.get(f"_apis/hooks/subscriptions/{made['id']}").json()["probationRetries"] == PROBATION_RETRIES


def test_trouble_that_does_not_pass_becomes_enduring(client, fake, receiver):
    fake.settings.hook_time_scale = 0.00001
    made = make(client, "git.push", ALPHA, receiver.url)
    receiver.statuses = [503] * TRANSIENT_ATTEMPTS
    push(fake)
    receiver.wait_for(TRANSIENT_ATTEMPTS + 1)
    eventually(lambda: status_of(fake, made) == "enabled")


def test_410_disables_it_at_once(client, fake, receiver):
    made = make(client, "git.push", ALPHA, receiver.url)
    receiver.statuses = [410]
    push(fake)
    eventually(lambda: status_of(fake, made) == "disabledBySystem")
    assert len(receiver.got) == 1


def test_nobody_listening_is_trouble_that_may_pass(client, fake):
    with running_receiver() as gone:
        url = gone.url
    fake.settings.hook_time_scale = 0.00001
    made = make(client, "git.push", ALPHA, url)
    push(fake)
    eventually(lambda: status_of(fake, made) == "disabledBySystem")
    note = client.get(f"_apis/hooks/subscriptions/{made['id']}/notifications/1").json()
    assert note["details"]["requestAttempts"] == TRANSIENT_ATTEMPTS + PROBATION_RETRIES


def test_a_public_address_is_never_called(client, fake):
    fake.settings.hook_time_scale = 0.0
    made = make(client, "git.push", ALPHA)
    push(fake)
    eventually(lambda: status_of(fake, made) == "disabledBySystem")
    note = client.get(f"_apis/hooks/subscriptions/{made['id']}/notifications/1").json()
    assert "loopback addresses only" in note["details"]["errorMessage"]
