"""Log records as Azure's worker shows them: by the standard library's formatter."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator

import pytest

import functions
from shared.log_fields import MAX_TEXT
from shared.vault import Secret


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    """As after a start of the app, and then as before."""
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    importlib.reload(functions)
    yield
    logging.setLogRecordFactory(before)


def _shown(name: str, message: str, *arguments: object, **fields: object) -> str:
    record = logging.getLogger(name).makeRecord(name, logging.INFO, "", 1, message, arguments, None, extra=fields)
    text = logging.Formatter().format(record)
    assert logging.Formatter("%(asctime)s %(message)s").format(record).endswith(text), "a second handler shows the same"
    return text


@pytest.mark.parametrize("name", ["shared.ingest", "functions.sync", "flow.http"])
def test_the_fields_of_a_record_are_in_its_text(name):
    assert _shown(name, "slice.%s", "done", rows=12, stream="tickets") == "slice.done rows=12 stream=tickets"


def test_a_field_stays_in_its_line_and_is_bounded():
    assert _shown("shared.x", "odd", text="a\r\nb") == "odd text=a\\r\\nb"
    assert _shown("shared.x", "odd", text="a" * 9999) == "odd text=" + "a" * MAX_TEXT


def test_a_secret_in_a_field_is_not_shown():
    assert _shown("shared.x", "odd", token=Secret("made-up")) == "odd token=***"


def test_records_of_other_libraries_are_left_alone():
    assert _shown("azure.core", "sent", header="value") == "sent"
