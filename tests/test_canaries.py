"""The watch over tokens sees them in every form."""

from __future__ import annotations

import base64
import logging
from urllib.parse import quote

import pytest

from local.fake_ado.named_tokens import CANARY
from shared.storage import API_REQUESTS
from tests.canaries import WATCH, traces

TOKEN = CANARY + "4f1e" * 17 + "AZDO0004"


@pytest.fixture
def seen():
    """What the watch sees during the test; forgotten afterwards, as it was meant."""
    before = len(WATCH.seen)
    yield lambda: WATCH.seen[before:]
    del WATCH.seen[before:]


@pytest.mark.parametrize("before", ["", "a", "ab", ":", '{"token": "', "user:", "Bearer "])
@pytest.mark.parametrize("part", [TOKEN, TOKEN[:6], TOKEN[:40]])
def test_a_token_is_found_in_every_form(before, part):
    text = before + part
    encoded = base64.b64encode(text.encode())
    for form in (
        text.encode(),
        encoded,
        quote(text).encode(),
        quote(encoded).encode(),
        base64.b64encode(text.encode()),
    ):
        assert traces(b"<QueueMessage>" + form + b"</QueueMessage>")


@pytest.mark.parametrize("text", ["", "token ***", "00000000-0000-4000-8000-000000000000", "qzx7kw", CANARY[:5]])
def test_nothing_is_found_where_there_is_nothing(text):
    assert not traces(text.encode())


def as_message(log):
    log.info("connecting with %s", TOKEN)


def as_field(log):
    log.info("connecting", extra={"credential": TOKEN})


def as_traceback(log):
    try:
        int(TOKEN)
    except ValueError:
        log.exception("failed")


@pytest.mark.parametrize("leak", [as_message, as_field, as_traceback])
def test_a_log_record_with_a_token_is_seen(seen, leak):
    leak(logging.getLogger("shared.anything"))
    assert seen()


def test_a_row_with_a_token_is_seen(seen, tables):
    tables.upsert(API_REQUESTS, [{"PartitionKey": "p", "RowKey": "r", "text": f"Basic {TOKEN}"}])
    tables.create(API_REQUESTS, {"PartitionKey": "p", "RowKey": "s", "text": TOKEN})
    assert len(seen()) == 2


def test_a_queue_message_with_a_token_is_seen(seen, queues):
    queues._client("ingest").send_message(f'{{"token": "{TOKEN}"}}'.encode())
    assert seen()
