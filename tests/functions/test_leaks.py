"""A token given in every place that takes one, well and badly: afterwards it lies in the vault and nowhere else."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest

from local.fake_ado.named_tokens import named_tokens
from shared.errors import TransientError
from shared.messages import QUEUES
from shared.storage import TABLES
from tests.canaries import traces
from tests.functions.draining import drain

BASE_URL = "https://dev.azure.com/contoso"


@pytest.fixture
def everything(caplog):
    """Whatever anybody logs, down to the last detail of every library."""
    caplog.set_level(logging.DEBUG)
    return caplog


def rows(parts):
    return [stored.row for table in TABLES for stored in parts.tables.query(table)]


def messages(parts):
    for queue in (*QUEUES, *(f"{queue}-poison" for queue in QUEUES)):
        for message in parts.queues._client(queue).peek_messages(max_messages=32):
            yield base64.b64decode(message.content)


def assert_no_trace(parts, everything):
    assert not traces(json.dumps(rows(parts), default=str).encode())
    assert not [message for message in messages(parts) if traces(message)]
    assert not traces("\n".join(str(vars(record)) for record in everything.records).encode())
    assert not traces(everything.text.encode())


def body(auth, **other):
    return {"name": "Demo", "base_url": BASE_URL, "auth": auth, **other}


def test_tokens_of_every_kind_are_tried_created_with_and_replaced(api, auth, fake, parts, everything):
    for name, token in named_tokens(fake.organization("contoso")).items():
        given = {"type": "access_token", "email": "a@example.com", "token": token.value}
        workspace = f"{api.workspace}-{name}".replace("_", "-")
        api.call("test_connection", body={"base_url": BASE_URL, "auth": given}, workspace=workspace)
        api.call("create_integration", body=body(given), workspace=workspace)
    created = api.call("create_integration", body=body(auth())).json
    for name in ("full", "expired", "no_code", "reader"):
        api.call("change_integration", created["id"], body={"auth": auth(name)})
    api.call("test_integration", created["id"])
    held = parts.integrations.load(api.workspace, created["id"])
    assert traces(parts.vault.get(held.secret_name).reveal().encode()), "the canary is no canary"
    assert_no_trace(parts, everything)


SHAPES: list[dict[str, Any]] = [
    {"type": "{}"},
    {"type": "access_token", "email": "{}", "token": "x"},
    {"type": "access_token", "email": "a@example.com", "token": ["{}"]},
    {"type": "access_token", "email": "a@example.com", "token": "x", "expires_on": "{}"},
    {"type": "access_token", "email": "a@example.com", "token": "x", "{}": 1},
    {"type": "oauth", "authorization_id": "{}"},
    {"type": "oauth", "authorization_id": "a", "token": "{}"},
]


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_a_token_in_the_wrong_place_comes_back_in_no_answer(api, auth, parts, everything, shape):
    given = json.loads(json.dumps(shape).replace("{}", auth()["token"]))
    for name in ("test_connection", "create_integration"):
        sent = {"base_url": BASE_URL, "auth": given} | ({"name": "x"} if name == "create_integration" else {})
        api.call(name, body=sent)
    assert_no_trace(parts, everything)


def test_a_token_as_a_base_url_comes_back_in_no_answer(api, auth, parts, everything):
    token = auth()["token"]
    for text in (token, f"https://{token}@dev.azure.com/contoso", f"https://dev.azure.com/contoso?pat={token}"):
        api.call("test_url", body={"base_url": text})
        api.call("test_connection", body={"base_url": text, "auth": auth()})
    assert_no_trace(parts, everything)


@pytest.mark.parametrize("trouble", ["vault", "azure_devops", "storage", "crash"])
def test_trouble_tells_no_token(api, auth, fake, parts, everything, monkeypatch, trouble):
    def fail(*_arguments, **_options):
        raise TransientError("does not answer", code="storage.unavailable")

    def crash(*_arguments, **_options):
        raise ValueError(auth()["token"])

    with monkeypatch.context() as patch:
        if trouble == "azure_devops":
            fake.set_fault("", reset=True, times=None)
        elif trouble == "vault":
            patch.setattr(parts.vault, "put", fail)
        elif trouble == "storage":
            patch.setattr(parts.integrations, "create", fail)
        else:
            patch.setattr(parts.integrations, "create", crash)
        headers = {"x-flow-workspace": api.workspace, "Idempotency-Key": "k-1"}
        replies = [api.call("create_integration", body=body(auth()), headers=headers) for _ in range(2)]
    fake.clear_faults()
    assert all(reply.status in (409, 422, 500, 503) for reply in replies)
    assert_no_trace(parts, everything)


def test_a_sync_that_ends_well_and_one_that_is_refused_tell_no_token(api, connect, fake, parts, everything):
    created = connect()
    drain(parts)
    token = named_tokens(fake.organization("contoso"))["good"]
    token.revoked = True
    try:
        api.call("sync_integration", created["id"])
        drain(parts)
    finally:
        token.revoked = False
    assert api.get("get_integration", created["id"])["data_status"] == "failed_integration"
    assert_no_trace(parts, everything)
    api.call("delete_integration", created["id"])
    drain(parts)
    assert_no_trace(parts, everything)
