"""host.json and app settings."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from local.host.errors import HostError
from local.host.settings import (
    HttpOptions,
    QueueOptions,
    connection_string,
    is_disabled,
    parse_timespan,
    read_host_options,
    resolve,
)


def options(folder, document, **settings):
    (folder / "host.json").write_text(json.dumps(document), encoding="utf-8")
    return read_host_options(folder, settings)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00:01:00", timedelta(minutes=1)),
        ("00:00:00.25", timedelta(milliseconds=250)),
        ("2.03:04:05", timedelta(days=2, hours=3, minutes=4, seconds=5)),
        ("01:30", timedelta(hours=1, minutes=30)),
    ],
)
def test_a_time_span(text, value):
    assert parse_timespan(text) == value


@pytest.mark.parametrize(
    "text", ["", "5", "24:00:00", "00:60:00", "00:00:60", "-00:00:01", "1 minute", "00:00:00.12345678"]
)
def test_no_time_span(text):
    with pytest.raises(ValueError, match="time span"):
        parse_timespan(text)


def test_the_platforms_defaults(tmp_path):
    found = options(tmp_path, {"version": "2.0"})
    assert (found.http, found.function_timeout) == (HttpOptions("api", -1, -1), 1800)
    assert (found.queues.batch_size, found.queues.max_dequeue_count, found.queues.base64) == (16, 5, True)
    assert (found.queues.visibility_timeout, found.queues.max_polling_interval) == (0, 60)


def test_host_json_is_read_whatever_its_case(tmp_path):
    queues = {"BatchSize": 4, "newBatchThreshold": 2, "maxDequeueCount": 3, "visibilityTimeout": "00:01:00"}
    document = {
        "Version": "2.0",
        "functionTimeout": "-1",
        "extensions": {
            "HTTP": {"routePrefix": ""},
            "queues": {**queues, "maxPollingInterval": "00:00:10", "messageEncoding": "none"},
        },
        "logging": {"logLevel": {"default": "Debug"}},
    }
    found = options(tmp_path, document)
    assert (found.http.route_prefix, found.function_timeout, found.log_levels) == ("", None, {"default": "Debug"})
    assert found.queues == QueueOptions(4, 2, 3, 60, 10, base64=False)


def test_polling_is_quick_in_development(tmp_path):
    found = options(tmp_path, {"version": "2.0"}, AZURE_FUNCTIONS_ENVIRONMENT="Development")
    assert found.queues.max_polling_interval == 2


def test_an_app_setting_overrides_host_json(tmp_path):
    name = "AzureFunctionsJobHost__extensions__queues__visibilityTimeout"
    document = {"version": "2.0", "extensions": {"queues": {"visibilityTimeout": "00:01:00"}}}
    assert options(tmp_path, document, **{name: "00:00:02"}).queues.visibility_timeout == 2


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "version"),
        ({"version": "2.0", "functionTimeout": "soon"}, "time span"),
        ({"version": "2.0", "extensions": {"queues": {"batchSize": 33}}}, "batchSize"),
        ({"version": "2.0", "extensions": {"queues": {"batchSize": "many"}}}, "many"),
        ({"version": "2.0", "extensions": {"queues": {"maxDequeueCount": 0}}}, "maxDequeueCount"),
        ({"version": "2.0", "extensions": {"http": {"maxConcurrentRequests": 0}}}, "maxConcurrentRequests"),
        ({"version": "2.0", "extensions": []}, "host.json"),
        ([], "host.json"),
    ],
)
def test_a_host_json_that_cannot_be_used_is_refused_with_its_path(tmp_path, document, message):
    with pytest.raises(HostError, match=message) as caught:
        options(tmp_path, document)
    assert str(tmp_path) in str(caught.value)


def test_a_folder_without_host_json_is_no_app(tmp_path):
    with pytest.raises(HostError, match=r"no host\.json"):
        read_host_options(tmp_path, {})


def test_names_are_filled_in_from_settings():
    assert resolve("%A%-work-%B%", {"A": "x", "B": "y"}, "f") == "x-work-y"
    assert resolve("plain", {}, "f") == "plain"
    with pytest.raises(HostError, match=r"function f: setting B is missing"):
        resolve("%A%-%B%", {"A": "x"}, "f")


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"AzureWebJobsX": "one", "X": "two"}, "one"),
        ({"X": "two"}, "two"),
    ],
)
def test_a_connection_is_looked_up_with_the_prefix_first(settings, found):
    assert connection_string("X", settings, "f") == found


def test_a_connection_that_is_missing_or_an_identity_is_refused():
    with pytest.raises(HostError, match="function f: setting X is missing"):
        connection_string("X", {}, "f")
    with pytest.raises(HostError, match="connection X needs a connection string"):
        connection_string("X", {"X__accountName": "store"}, "f")


@pytest.mark.parametrize(
    ("value", "disabled"), [("true", True), ("1", True), ("True", True), ("false", False), ("", False)]
)
def test_a_function_is_disabled_by_its_setting(value, disabled):
    assert is_disabled("f", {"AzureWebJobs.f.Disabled": value}) is disabled
    assert is_disabled("f", {"AzureWebJobs__f__Disabled": value}) is disabled
    assert is_disabled("g", {"AzureWebJobs.f.Disabled": value}) is False
