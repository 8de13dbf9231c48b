"""Where the host's own settings come from: host.json, and the app settings that names and connections refer to.

Sources: https://learn.microsoft.com/azure/azure-functions/functions-host-json,
https://learn.microsoft.com/azure/azure-functions/functions-app-settings
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from local.host.errors import HostError

_OVERRIDE: Final = "AzureFunctionsJobHost__"
_TIMESPAN: Final = re.compile(
    r"(?:(?P<d>\d{1,7})\.)?(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:\.(?P<f>\d{1,7}))?)?"
)
_DEVELOPMENT_POLLING_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """``extensions.queues`` of host.json. Times are seconds."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_timeout: float
    """How long a message stays hidden after a **failed** run; not the lease of a running one."""
    max_polling_interval: float
    base64: bool


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """``extensions.http`` of host.json. -1 is unbounded."""

    route_prefix: str
    max_concurrent: int
    """HTTP calls that run at once; more wait."""
    max_outstanding: int
    """HTTP calls that run or wait; more are answered 429."""


@dataclass(frozen=True, slots=True)
class HostOptions:
    """What host.json says. ``function_timeout`` is seconds, None for unbounded."""

    http: HttpOptions
    function_timeout: float | None
    queues: QueueOptions
    log_levels: Mapping[str, str]


def parse_timespan(text: str) -> timedelta:
    """A .NET TimeSpan ``[d.]hh:mm[:ss[.fffffff]]``. Raises ValueError for anything else."""
    match = _TIMESPAN.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time span like 00:01:00")
    hours, minutes, seconds = (int(match[part] or 0) for part in "hms")
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(f"{text!r} is not a time span: hours up to 23, minutes and seconds up to 59")
    micros = int((match["f"] or "").ljust(7, "0")) // 10
    return timedelta(days=int(match["d"] or 0), hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)


def is_true(settings: Mapping[str, str], name: str) -> bool:
    """Whether a setting is on, as the platform reads switches."""
    return settings.get(name, "").strip().lower() in ("1", "true")


def is_disabled(function: str, settings: Mapping[str, str]) -> bool:
    """Source: https://learn.microsoft.com/azure/azure-functions/disable-function"""
    # The second spelling is for Linux, where a variable's name may have no dots.
    return any(is_true(settings, f"AzureWebJobs{dot}{function}{dot}Disabled") for dot in (".", "__"))


def resolve(text: str, settings: Mapping[str, str], function: str) -> str:
    """``text`` with each ``%NAME%`` replaced by that setting. Raises HostError naming what is missing and where."""

    def replace(match: re.Match[str]) -> str:
        value = settings.get(match[1])
        if not value:
            raise HostError(
                f"function {function}: setting {match[1]} is missing, and without it no function of the app runs"
            )
        return value

    return re.sub(r"%([^%]+)%", replace, text)


def connection_string(name: str, settings: Mapping[str, str], function: str) -> str:
    """The connection string that a trigger's ``connection`` names: ``AzureWebJobs{name}``, then ``{name}``."""
    for key in (f"AzureWebJobs{name}", name):
        if settings.get(key):
            return settings[key]
        if any(other.startswith(f"{key}__") for other in settings):
            raise HostError(
                f"function {function}: connection {key} needs a connection string: the local host has no identity"
            )
    raise HostError(f"function {function}: setting {name} is missing, and without it no function of the app runs")


def read_host_options(app_dir: Path, settings: Mapping[str, str]) -> HostOptions:
    """host.json of the app with the ``AzureFunctionsJobHost__a__b`` settings laid over it. Raises HostError."""
    try:
        document = json.loads((app_dir / "host.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HostError(f"no host.json in {app_dir}: it marks the folder of a function app") from None
    except ValueError as error:
        raise HostError(f"host.json in {app_dir} is not JSON: {error}") from None
    try:
        return _options(_lower(document), settings)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HostError(f"host.json in {app_dir}: {error}") from None


def _options(document: dict[str, Any], settings: Mapping[str, str]) -> HostOptions:
    if document.get("version") != "2.0":
        raise ValueError('"version" must be "2.0"')
    for key, value in settings.items():
        if key.lower().startswith(_OVERRIDE.lower()):
            _override(document, key[len(_OVERRIDE) :].lower().split("__"), value)
    extensions = document.get("extensions", {})
    timeout = str(document.get("functiontimeout", "00:30:00"))
    return HostOptions(
        http=_http(extensions.get("http", {})),
        function_timeout=None if timeout == "-1" else parse_timespan(timeout).total_seconds(),
        queues=_queues(extensions.get("queues", {}), settings),
        log_levels={str(k): str(v) for k, v in document.get("logging", {}).get("loglevel", {}).items()},
    )


def _http(section: dict[str, Any]) -> HttpOptions:
    options = HttpOptions(
        route_prefix=str(section.get("routeprefix", "api")).strip("/"),
        max_concurrent=int(section.get("maxconcurrentrequests", -1)),
        max_outstanding=int(section.get("maxoutstandingrequests", -1)),
    )
    for limit in (options.max_concurrent, options.max_outstanding):
        if limit != -1 and limit < 1:
            raise ValueError("http: maxConcurrentRequests and maxOutstandingRequests must be -1 or from 1")
    return options


def _queues(section: dict[str, Any], settings: Mapping[str, str]) -> QueueOptions:
    batch_size = int(section.get("batchsize", 16))
    polling = parse_timespan(str(section.get("maxpollinginterval", "00:01:00"))).total_seconds()
    if settings.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() == "development":
        polling = min(polling, _DEVELOPMENT_POLLING_SECONDS)
    options = QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=int(section.get("newbatchthreshold", batch_size // 2 * (os.cpu_count() or 1))),
        max_dequeue_count=int(section.get("maxdequeuecount", 5)),
        visibility_timeout=parse_timespan(str(section.get("visibilitytimeout", "00:00:00"))).total_seconds(),
        max_polling_interval=polling,
        base64=str(section.get("messageencoding", "base64")).lower() == "base64",
    )
    if not 1 <= options.batch_size <= 32:
        raise ValueError("queues.batchSize must be 1 to 32")
    if options.new_batch_threshold < 0 or options.max_dequeue_count < 1 or options.max_polling_interval < 0.1:
        raise ValueError("queues: newBatchThreshold from 0, maxDequeueCount from 1, maxPollingInterval from 00:00:00.1")
    return options


def _lower(value: Any) -> Any:
    """Keys are read without regard to case, as .NET configuration does."""
    if isinstance(value, dict):
        return {str(key).lower(): _lower(item) for key, item in value.items()}
    return value


def _override(document: dict[str, Any], path: list[str], value: str) -> None:
    for key in path[:-1]:
        document = document.setdefault(key, {})
    document[path[-1]] = value
