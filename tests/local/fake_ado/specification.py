"""The official specification, where it lies beside the repository: replies are held against its definitions."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SPECIFICATION = Path(__file__).resolve().parents[4] / "shared" / "ado" / "specs"
needs_specification = pytest.mark.skipif(not SPECIFICATION.exists(), reason="no specification beside the repository")

FILES = {
    "core": "core/7.1/core.json",
    "graph": "graph/7.1/graph.json",
    "ims": "ims/7.1/identities.json",
    "security": "security/7.1/security.json",
    "profile": "profile/7.1/profile.json",
    "account": "account/7.1/accounts.json",
    "hooks": "hooks/7.1/serviceHooks.json",
    "build": "build/7.1/build.json",
    "wit": "wit/7.1/workItemTracking.json",
    "work": "work/7.1/work.json",
    "git": "git/7.1/git.json",
}


@cache
def area(name: str) -> dict[str, Any]:
    """The Swagger document of one area."""
    return dict(_open_objects(json.loads((SPECIFICATION / FILES[name]).read_text(encoding="utf-8"))))


def _open_objects(node: Any) -> Any:
    """A bare ``object`` stands for the type of the same name in C#, and format ``T`` for a type parameter: anything."""
    if isinstance(node, list):
        return [_open_objects(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "T":
        return {}
    if node.get("type") == "object" and not {"properties", "additionalProperties", "allOf"} & set(node):
        node = {name: one for name, one in node.items() if name != "type"}
    return {name: _open_objects(one) for name, one in node.items()}


def example(path: str) -> Any:
    """The body of the recorded 200 answer in one file, below ``SPECIFICATION``."""
    return json.loads((SPECIFICATION / path).read_text(encoding="utf-8"))["responses"]["200"]["body"]


def check(name: str, definition: str, value: Any) -> None:
    """Fail unless ``value`` fits the definition. The service writes null for what is absent, so nulls are left out."""
    document = area(name)
    schema = {"$ref": f"#/definitions/{definition}", "definitions": document["definitions"]}
    jsonschema.Draft4Validator(schema).validate(without_nulls(value))


def undeclared(name: str, definition: str, value: dict[str, Any]) -> set[str]:
    """The names in ``value`` that the definition does not have."""
    return set(value) - _declared(area(name), definition)


def _declared(document: dict[str, Any], definition: str) -> set[str]:
    found = document["definitions"][definition]
    names = set(found.get("properties", ()))
    for part in found.get("allOf", ()):
        names |= _declared(document, part["$ref"].rpartition("/")[2])
    return names


def without_nulls(value: Any) -> Any:
    """The value without null members, at every depth."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return value


def operations() -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    """Host, method, path, version and scopes of each operation in the index."""
    rows = []
    for line in (SPECIFICATION / "operations.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        _, host, _, method, path, version, scopes = line.split("\t")
        rows.append((host, method, path, version, tuple(one for one in scopes.split(",") if one)))
    return rows
