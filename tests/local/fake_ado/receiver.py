"""A web hook receiver on loopback that answers as it is told and keeps what it got."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.fake_ado import hooks
from tests.local.fake_ado.minimal import ALPHA, ANNA, REPOSITORY


@dataclass
class Delivery:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Receiver:
    """``statuses`` are used up one by one, then ``status`` is given."""

    url: str = ""
    status: int = 202
    statuses: list[int] = field(default_factory=list)
    got: list[Delivery] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Delivery]:
        """The deliveries, once there are ``count``."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.got) >= count, seconds), f"{len(self.got)} of {count} came"
            return list(self.got)

    def take(self, delivery: Delivery) -> int:
        with self.arrived:
            self.got.append(delivery)
            self.arrived.notify_all()
            return self.statuses.pop(0) if self.statuses else self.status


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): text for name, text in self.headers.items()}
            status = receiver.take(Delivery(self.path, headers, json.loads(content)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


PUSH = {
    "pushId": 14,
    "url": "https://dev.azure.com/demo/_apis/git/repositories/x/pushes/14",
    "refUpdates": [{"name": "refs/heads/main"}],
    "repository": {"id": REPOSITORY, "name": "Alpha", "project": {"id": ALPHA}},
    "pushedBy": {"id": ANNA, "displayName": "Person A"},
}


def eventually(test: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until ``test`` holds."""
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def push(fake, resource=None, project=ALPHA, **facts):
    hooks.publish(fake.organization("demo"), "git.push", resource or PUSH, project, text="A push", facts=facts)


def status_of(fake, made):
    return fake.organization("demo").subscriptions[made["id"]].status
