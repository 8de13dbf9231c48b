"""An integration whose grant has ended is stopped, keeps its data, and says what to do."""

from __future__ import annotations

import base64
import json
import logging

import pytest

from shared.ado.client import AdoClient
from shared.ado.endpoints.core import PROJECTS
from shared.errors import CredentialError
from shared.messages import Ingest, Plan
from tests.engine import new_integration


@pytest.fixture
def integration(parts, queues, clock, name):
    return parts.integrations.create(new_integration(clock, auth_type="oauth", secret_name=name))


def projects(client: AdoClient) -> list[str]:
    return [item["name"] for page in client.pages(PROJECTS) for item in page.items]


def test_an_integration_reads_with_its_sign_in_and_renews_it_on_the_way(parts, fake, clock, granted, integration):
    client = parts.ado_client(integration)
    assert projects(client)
    clock.now = granted.expires_at
    fake.organization("contoso").tokens[granted.access_token.reveal()].revoked = True
    assert projects(client)
    assert fake.model.entra.refreshes == 1
    client.close()


def first_message(parts, integration):
    parts.handle_plan(Plan(integration.workspace, integration.id, parts.start_sync(integration).id))
    (message, *_) = parts.queues._client(Ingest.QUEUE).receive_messages()
    return Ingest.from_json(base64.b64decode(message.content))


def test_a_dead_grant_stops_the_integration(parts, fake, clock, caplog, granted, integration):
    caplog.set_level(logging.DEBUG)
    fake.settings.entra_refresh_is_dead = True
    clock.now = granted.expires_at
    parts.handle_ingest(first_message(parts, integration))
    stopped = parts.integrations.load(integration.workspace, integration.id)
    assert (stopped.state, stopped.stopped_code) == ("stopped", "oauth.reconnect_needed")
    assert stopped.stopped_remedy == "Sign in with Microsoft again."
    status, details = parts.status(stopped)
    assert (status, details[0]["code"]) == ("failed_integration", "oauth.reconnect_needed")
    told = json.dumps(details) + "\n".join(f"{one.getMessage()} {vars(one)}" for one in caplog.records)
    for token in (granted.access_token, granted.refresh_token):
        assert token.reveal() not in told


def test_trouble_of_the_operator_stops_nothing(parts, fake, clock, granted, integration):
    fake.settings.entra_token_error = "invalid_client|7000222|The secret is expired."
    clock.now = granted.expires_at
    parts.handle_ingest(first_message(parts, integration))
    assert parts.integrations.load(integration.workspace, integration.id).state == "active"


def test_a_claims_challenge_asks_for_a_new_sign_in(parts, fake, integration):
    header = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3MifQ=="'}
    fake.set_fault("_apis/", status=401, headers=header, times=9)
    with pytest.raises(CredentialError) as error:
        projects(parts.ado_client(integration))
    assert error.value.code == "oauth.reconnect_needed"
    assert error.value.remedy == "Sign in with Microsoft again."
