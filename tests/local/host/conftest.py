"""A host of a test app on a thread of its own, and what tests look at it with."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from local.host.host import Host

APPS = Path(__file__).parent / "apps"


def eventually(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """What ``condition`` gives once that is true; fails when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    pytest.fail("it did not happen")


class LoopThread:
    """An event loop on a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, awaitable: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(awaitable, self._loop).result(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Notes:
    """The lines that the test app leaves."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self, **facts: Any) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        lines = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if facts.items() <= line.items()]


class WorkQueue:
    """The test app's queue, from outside."""

    def __init__(self, connection: str, name: str) -> None:
        self.connection = connection
        self.name = name
        self.client = self._client(name)

    def _client(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(self.connection, name, api_version="2022-11-02")

    def send(self, body: str) -> str:
        return self.send_raw(base64.b64encode(body.encode()).decode())

    def send_raw(self, text: str) -> str:
        return str(self.client.send_message(text).id)

    def count(self) -> int:
        return int(self.client.get_queue_properties().approximate_message_count or 0)


Start = Callable[..., Host]


@pytest.fixture(scope="module")
def loop_thread() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "notes.jsonl")


@pytest.fixture
def settings(azurite: str, prefix: str, notes: Notes) -> dict[str, str]:
    """Settings that the basic app needs, for one test."""
    return basic_settings(azurite, prefix, notes.path)


def basic_settings(connection: str, prefix: str, notes: Path) -> dict[str, str]:
    """Settings that the basic app needs; its timer is due in years."""
    return {
        "AzureWebJobsStorage": connection,
        "PREFIX": prefix,
        "SCHEDULE": "0 0 0 29 2 *",
        "NOTES": str(notes),
        "PYTHON_THREADPOOL_THREAD_COUNT": "8",
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "AzureWebJobs.off.Disabled": "true",
    }


@pytest.fixture
def start(loop_thread: LoopThread, settings: dict[str, str]) -> Iterator[Start]:
    """Starts a host of an app in ``apps``; it is stopped after the test. Settings may be given by name."""
    hosts: list[Host] = []

    def begin(app: str = "basic", more: dict[str, str] | None = None, **options: Any) -> Host:
        host = Host(APPS / app, {**settings, **(more or {})}, 0, **options)
        loop_thread.run(host.start())
        hosts.append(host)
        return host

    yield begin
    for host in hosts:
        loop_thread.run(host.stop(0))


@pytest.fixture
def work(settings: dict[str, str]) -> WorkQueue:
    return WorkQueue(settings["AzureWebJobsStorage"], f"{settings['PREFIX']}-work")
