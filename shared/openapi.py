"""OpenAPI 3.1 of the HTTP API, made from the operations and from the very structs that validate requests.

Source: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any, Final

import msgspec

from shared.answers import Problem
from shared.http import JSON, PROBLEM_JSON
from shared.operations import BASE, Operation
from shared.requests import MAX_BODY
from shared.routes import OPERATIONS

_REFS: Final = "#/components/schemas/{name}"
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "x-flow-workspace": {
        "description": "The customer workspace. With App Service Authentication the sign-in names it.",
        "schema": {"type": "string", "pattern": "^[a-z0-9-]{1,63}$", "default": "default"},
    },
    "Idempotency-Key": {
        "description": "A text of the caller's own; for 24 hours the same key and body give the same answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    "If-Match": {
        "description": "An ETag: the change is made only if nothing else was changed since.",
        "schema": {"type": "string", "maxLength": 1000},
    },
    "Location": {"description": "Where it is.", "schema": {"type": "string"}},
    "ETag": {"description": "For `If-Match`.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
}
_TEXTS: Final = {
    400: "The request is not well-formed; `field` names what is wrong.",
    401: "No function key (empty body, by the host), or nobody is signed in.",
    403: "The caller's permission level is too low.",
    404: "It does not exist, or belongs to another workspace.",
    409: "It conflicts with what is there.",
    410: "It was deleted, and wants no more events.",
    412: "It has changed since it was read.",
    413: f"The body is larger than {MAX_BODY} bytes.",
    422: "It was understood and cannot be done; `checks` say why.",
    429: "Too many connection tests in this workspace.",
    500: "Our fault.",
    503: "Something that is needed does not answer; try again.",
}


@cache
def openapi() -> dict[str, Any]:
    """The whole document."""
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for op in OPERATIONS:
        paths.setdefault(f"/{op.path}", {})[op.method.lower()] = _operation(op, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Flow: Azure DevOps Services",
            "version": "1",
            "description": "Connect Azure DevOps organizations and read what was stored of them. Refusals are RFC 9457"
            " problem documents; a missing value is null, never left out.",
        },
        "servers": [{"url": BASE}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
        },
    }


def _schemas() -> tuple[dict[Any, Any], dict[str, Any]]:
    """What to write where a type is meant, and the schemas by name."""
    bodies = [op.body for op in OPERATIONS if op.body]
    answers = [kind for op in OPERATIONS for kind in (op.answer, *op.also.values())]
    _, answered = msgspec.json.schema_components(answers, ref_template=_REFS)
    for schema in answered.values():
        # Answers leave nothing out, whatever has a default when it is made.
        schema["required"] = list(schema["properties"])
    kinds = [Problem, *bodies]
    _, sent = msgspec.json.schema_components(kinds, ref_template=_REFS)
    places, _ = msgspec.json.schema_components([*kinds, *answers], ref_template=_REFS)
    return dict(zip([*kinds, *answers], places, strict=True)), {**sent, **answered}


def _operation(op: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": op.name,
        "tags": [op.tag],
        "summary": op.summary,
        "parameters": [*_path(op), *_query(op), *_headers(op)],
        "responses": _responses(op, schemas),
        "security": [] if op.level is None else [{"key": []}],
    }
    if op.level is not None:
        described["description"] = f"Needs the permission level Integrations.{op.level.name.capitalize()}."
    if op.body:
        content = {JSON: {"schema": schemas[op.body]}}
        described["requestBody"] = {"required": op.body_required, "content": content}
    return described


def _path(op: Operation) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": text} for name in op.parameters]


def _query(op: Operation) -> list[dict[str, Any]]:
    (_,), components = msgspec.json.schema_components([op.query], ref_template=_REFS)
    schema = components[op.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": _given(inner)}
        for name, inner in schema["properties"].items()
    ]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is absent or a text: never null."""
    either = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**rest, **either[0]} if len(either) == 1 else schema


def _headers(op: Operation) -> list[dict[str, Any]]:
    names = [*op.headers, *(["x-flow-workspace"] if op.level is not None else [])]
    return [{"name": name, "in": "header", "required": False, **_HEADERS[name]} for name in names]


def _responses(op: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    answered = {op.status: op.answer, **op.also}
    found: dict[str, Any] = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {op.content_type: {"schema": schemas[kind]}},
            **({"headers": {name: _HEADERS[name] for name in op.answer_headers}} if op.answer_headers else {}),
        }
        for status, kind in answered.items()
    }
    for status in sorted({*_usual(op), *op.problems} - answered.keys()):
        headers = {"headers": {"Retry-After": _HEADERS["Retry-After"]}} if status in (429, 503) else {}
        content = {PROBLEM_JSON: {"schema": schemas[Problem]}}
        found[str(status)] = {"description": _TEXTS[status], "content": content, **headers}
    return found


def _usual(op: Operation) -> set[int]:
    if op.raw_body:
        return {413}
    everywhere = {400, 413, 500}
    return everywhere if op.level is None else everywhere | {401, 403, 404, 503}
