"""A caller of the API whose every answer is held against the OpenAPI document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from shared.http import HTML
from shared.openapi import openapi
from shared.operations import Operation
from shared.routes import OPERATIONS
from tests.canaries import WATCH
from tests.functions.worker import Worker

BY_NAME: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """Calls functions by name through the worker."""

    def __init__(self, worker: Worker, workspace: str) -> None:
        self.worker = worker
        self.workspace = workspace

    def call(
        self,
        name: str,
        *ids: str,
        body: Any = None,
        raw: bytes | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        workspace: str | None = None,
    ) -> Reply:
        """``ids`` fill the route's parameters in order; ``raw`` is sent instead of ``body`` as JSON.

        ``headers`` are all that is sent if given, else the caller's workspace.
        """
        operation = BY_NAME[name]
        path = dict(zip(operation.parameters, ids, strict=True))
        sent = {"x-flow-workspace": self.workspace} if headers is None else dict(headers)
        if workspace is not None:
            sent["x-flow-workspace"] = workspace
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        status, given, answer = self.worker.http(
            name, operation.method, path=path, query=query, headers=sent, body=content
        )
        WATCH.look(answer, f"answer of {name}")
        WATCH.look(str(given), f"headers of {name}")
        reply = Reply(status, given, answer)
        check_described(operation, reply)
        return reply

    def get(self, name: str, *ids: str, **query: str) -> Any:
        """The JSON of a call that succeeds."""
        reply = self.call(name, *ids, query=query)
        assert reply.status == 200, reply.body
        return reply.json

    def rows(self, name: str, *ids: str, **query: str) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(name, *ids, **query, **({"cursor": cursor} if cursor else {}))
            found += page["results"]
            cursor = page["next_cursor"]
        return found


def check_described(operation: Operation, reply: Reply) -> None:
    """Status, content type, headers and body of an answer are those that OpenAPI promises."""
    document = openapi()
    responses = document["paths"][f"/{operation.path}"][operation.method.lower()]["responses"]
    assert str(reply.status) in responses, (operation.name, reply.status, reply.body)
    described = responses[str(reply.status)]
    content_type = reply.headers["content-type"].partition(";")[0]
    assert content_type in described["content"], (operation.name, reply.headers)
    schema = described["content"][content_type]["schema"]
    if content_type == HTML:
        return
    errors = list(Draft202012Validator({**schema, "components": document["components"]}).iter_errors(reply.json))
    assert not errors, (operation.name, reply.status, errors[0].message, list(errors[0].absolute_path))
    if reply.status < 300:
        assert {name.lower() for name in described.get("headers", {})} <= reply.headers.keys()
