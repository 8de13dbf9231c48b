"""The app's functions as the worker indexed them, in the shape the host works with.

Source: https://learn.microsoft.com/azure/azure-functions/functions-triggers-bindings (function.json bindings)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from local.host.errors import HostError

AuthLevel = Literal["anonymous", "function", "admin"]
AUTH_LEVELS: Final[tuple[AuthLevel, ...]] = ("anonymous", "function", "admin")
# https://learn.microsoft.com/azure/azure-functions/functions-reference#function-app
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,126}")


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """``methods`` in capitals; empty means all. ``route`` has no prefix yet."""

    argument: str
    route: str
    methods: frozenset[str]
    auth_level: AuthLevel


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """``queue`` may still hold ``%SETTING%``; ``connection`` names a setting."""

    argument: str
    queue: str
    connection: str


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """``schedule`` may still hold ``%SETTING%``."""

    argument: str
    schedule: str
    use_monitor: bool
    run_on_startup: bool


Trigger = HttpTrigger | QueueTrigger | TimerTrigger


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app."""

    name: str
    trigger: Trigger


def read_functions(indexed: Iterable[Mapping[str, Any]]) -> list[Function]:
    """Functions from what the worker indexed: ``{"name", "bindings", "retry"}`` each, in its order.

    Raises HostError for a name the host does not take, two names that differ only in case (routes, logs and settings
    would clash), and for bindings or retry policies that this host does not carry out.
    """
    functions: list[Function] = []
    seen: dict[str, str] = {}
    for entry in indexed:
        name = str(entry["name"])
        if not _NAME.fullmatch(name):
            raise HostError(
                f"function name {name!r}: must begin with a letter, then letters, digits, - and _, 127 at most"
            )
        if name.lower() in seen:
            other = seen[name.lower()]
            raise HostError(f"functions {other} and {name}: names must differ in more than case")
        seen[name.lower()] = name
        if entry.get("retry"):
            raise HostError(
                f"function {name}: @app.retry is not carried out by the local host; queues retry by host.json"
            )
        functions.append(Function(name, _trigger(name, entry["bindings"])))
    return functions


def _trigger(name: str, bindings: Iterable[Mapping[str, Any]]) -> Trigger:
    triggers: list[Trigger] = []
    for binding in bindings:
        kind = str(binding["type"]).lower()
        if kind == "http" and binding["name"] == "$return":
            continue
        read = _READERS.get(kind)
        if read is None:
            raise HostError(
                f"function {name}: the local host has HTTP, queue and timer triggers, no {binding['type']!r}"
            )
        triggers.append(read(name, binding))
    if len(triggers) != 1:
        raise HostError(f"function {name}: has {len(triggers)} triggers instead of one")
    return triggers[0]


def _http(name: str, binding: Mapping[str, Any]) -> HttpTrigger:
    level = str(binding.get("authLevel", "function")).lower()
    for known in AUTH_LEVELS:
        if level == known:
            methods = frozenset(str(method).upper() for method in binding.get("methods") or ())
            return HttpTrigger(str(binding["name"]), str(binding.get("route") or name), methods, known)
    raise HostError(f"function {name}: unknown authLevel {level!r}")


def _queue(_: str, binding: Mapping[str, Any]) -> QueueTrigger:
    return QueueTrigger(str(binding["name"]), str(binding["queueName"]), str(binding.get("connection") or "Storage"))


def _timer(_: str, binding: Mapping[str, Any]) -> TimerTrigger:
    return TimerTrigger(
        argument=str(binding["name"]),
        schedule=str(binding["schedule"]),
        use_monitor=binding.get("useMonitor") is not False,
        run_on_startup=binding.get("runOnStartup") is True,
    )


_READERS: Final[dict[str, Callable[[str, Mapping[str, Any]], Trigger]]] = {
    "httptrigger": _http,
    "queuetrigger": _queue,
    "timertrigger": _timer,
}
