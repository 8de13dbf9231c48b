"""The host's own endpoints under ``/admin``, for whoever has the master key.

Source: https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aiohttp import web

from local.host.functions import Function

Runner = Callable[[str], Awaitable[None]]


class Admin:
    """Answers requests that have passed the key check."""

    def __init__(self, functions: Sequence[Function], runners: Mapping[str, Runner]) -> None:
        """``runners``: by function name, what runs it with a text as its input; HTTP functions have none."""
        self._functions = {function.name.lower(): function for function in functions}
        self._runners = runners
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, method: str, path: str, body: bytes) -> web.Response:
        """The answer for a path under ``/admin``."""
        match method, path.lower().strip("/").split("/"):
            case "GET", ["admin", "host", "status"]:
                return web.json_response({"id": "local", "state": "Running"})
            case "GET" | "POST", ["admin", "host", "ping"]:
                return web.Response()
            case "GET", ["admin", "functions"]:
                return web.json_response([_describe(function) for function in self._functions.values()])
            case _, ["admin", "functions", name] if name in self._functions:
                function = self._functions[name]
                return web.json_response(_describe(function)) if method == "GET" else self._run(method, function, body)
        return web.Response(status=404)

    def _run(self, method: str, function: Function, body: bytes) -> web.Response:
        runner = self._runners.get(function.name)
        if method != "POST":
            return web.Response(status=404)
        try:
            text = json.loads(body or b"{}").get("input") or ""
        except (ValueError, AttributeError):
            return web.Response(status=400)
        if runner is None or not isinstance(text, str):
            return web.Response(status=400)
        task = asyncio.ensure_future(runner(text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.Response(status=202)


def _describe(function: Function) -> dict[str, Any]:
    trigger = asdict(function.trigger)
    if "methods" in trigger:
        trigger["methods"] = sorted(trigger["methods"])
    return {"name": function.name, "trigger": type(function.trigger).__name__, **trigger}
