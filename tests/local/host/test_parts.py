"""Small parts: keys, polling delays, indexed functions, log lines."""

from __future__ import annotations

import logging
import sys

import pytest

from local.host.errors import HostError
from local.host.functions import Function, HttpTrigger, QueueTrigger, TimerTrigger, read_functions
from local.host.keys import Keys
from local.host.polling import PollingDelay
from local.host.worker_logs import OneLine

KEYS = Keys("fk", "mk")


@pytest.mark.parametrize(
    ("level", "header", "code", "allowed"),
    [
        ("anonymous", None, None, True),
        ("anonymous", "wrong", None, True),
        ("function", None, None, False),
        ("function", "", "", False),
        ("function", "fk", None, True),
        ("function", None, "fk", True),
        ("function", "wrong", "fk", False),
        ("function", "mk", None, True),
        ("admin", "fk", None, False),
        ("admin", "mk", None, True),
        ("admin", None, None, False),
    ],
)
def test_a_key_opens_its_level(level, header, code, allowed):
    assert KEYS.allow(level, header, code) is allowed


def test_keys_are_never_shown():
    assert "fk" not in repr(KEYS)
    assert "mk" not in repr(KEYS)


def test_polling_slows_down_to_the_longest_pause_and_starts_again():
    delay = PollingDelay(2)
    pauses = [delay.next() for _ in range(60)]
    assert pauses[0] == 0.1
    assert pauses == sorted(pauses)
    assert set(pauses[10:]) == {2}
    delay.reset()
    assert delay.next() == 0.1


OUT = {"type": "http", "name": "$return"}


def test_triggers_are_read_from_their_bindings():
    http = {
        "type": "httpTrigger",
        "name": "req",
        "methods": ["get", "POST"],
        "authLevel": "FUNCTION",
        "route": "x/{id}",
    }
    queue = {"type": "queueTrigger", "name": "msg", "queueName": "%Q%", "connection": "Store"}
    timer = {"type": "timerTrigger", "name": "t", "schedule": "%S%", "runOnStartup": True, "useMonitor": False}
    entries: list[dict[str, object]] = [
        {"name": "a", "bindings": [http, OUT]},
        {"name": "b", "bindings": [{"type": "httpTrigger", "name": "req", "authLevel": "anonymous"}, OUT]},
        {"name": "c", "bindings": [queue], "retry": False},
        {"name": "d", "bindings": [timer]},
    ]
    assert read_functions(entries) == [
        Function("a", HttpTrigger("req", "x/{id}", frozenset({"GET", "POST"}), "function")),
        Function("b", HttpTrigger("req", "b", frozenset(), "anonymous")),
        Function("c", QueueTrigger("msg", "%Q%", "Store")),
        Function("d", TimerTrigger("t", "%S%", use_monitor=False, run_on_startup=True)),
    ]


QUEUE = {"type": "queueTrigger", "name": "msg", "queueName": "q"}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"name": "f", "bindings": [QUEUE]}, {"name": "F", "bindings": [QUEUE]}], "functions f and F"),
        ([{"name": "1f", "bindings": [QUEUE]}], "1f"),
        ([{"name": "f", "bindings": [QUEUE], "retry": True}], "retry"),
        ([{"name": "f", "bindings": [QUEUE, {"type": "queue", "name": "out"}]}], "'queue'"),
        ([{"name": "f", "bindings": [{"type": "blobTrigger", "name": "b"}]}], "blobTrigger"),
        ([{"name": "f", "bindings": []}], "0 triggers"),
        ([{"name": "f", "bindings": [{"type": "httpTrigger", "name": "r", "authLevel": "odd"}]}], "authLevel"),
    ],
)
def test_what_the_host_does_not_carry_out_is_refused_by_name(entries, message):
    with pytest.raises(HostError, match=message):
        read_functions(entries)


def explode() -> None:
    raise ValueError("one\ntwo")


def test_a_log_record_is_one_line_that_says_where_it_failed_and_shows_no_extra_fields():
    record = logging.makeLogRecord(
        {"name": "app", "levelname": "INFO", "msg": "a\nb %s", "args": ("c",), "created": 0, "rows": 3}
    )
    try:
        explode()
    except ValueError:
        record.exc_info = sys.exc_info()
    line = OneLine(lambda: "ingest").format(record)
    assert line.startswith("1970-01-01T00:00:00.000Z INFO ingest app: a\\nb c | ValueError: one\\ntwo (")
    assert "test_parts.py:" in line
