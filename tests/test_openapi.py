"""The description of the API: valid, complete, and the same as what validates requests."""

from __future__ import annotations

import json

import msgspec
import pytest
from jsonschema import Draft202012Validator

from shared import requests
from shared.flow.catalog import LISTS
from shared.http import ApiProblem
from shared.openapi import openapi
from shared.requests import NewIntegration, read_body
from shared.routes import OPERATIONS, SHOWN

DOCUMENT = openapi()
METHODS = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}


def described(operation):
    return DOCUMENT["paths"][f"/{operation.path}"][operation.method.lower()]


def test_every_operation_is_described_and_nothing_else():
    assert {(f"/{operation.path}", operation.method.lower()) for operation in OPERATIONS} == METHODS
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS) == len(METHODS)


def test_it_says_openapi_3_1_and_is_json():
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert json.loads(msgspec.json.encode(DOCUMENT)) == DOCUMENT


def references(part):
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_reference_leads_somewhere_and_every_schema_is_used_and_valid():
    schemas = DOCUMENT["components"]["schemas"]
    used = {reference.removeprefix("#/components/schemas/") for reference in references(DOCUMENT)}
    assert used == schemas.keys()
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_parameters_are_those_of_route_and_query(operation):
    given = {(one["name"], one["in"]) for one in described(operation)["parameters"] if one["in"] != "header"}
    path = {(name, "path") for name in operation.parameters}
    assert given == path | {(name, "query") for name in operation.query.__struct_fields__}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_refusals_are_problem_documents(operation):
    for status, answer in described(operation)["responses"].items():
        is_problem = list(answer["content"]) == ["application/problem+json"]
        assert is_problem == (int(status) >= 400 and int(status) not in operation.also)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_who_may_call_is_said(operation):
    assert described(operation)["security"] == ([] if operation.level is None else [{"key": []}])


@pytest.mark.parametrize("name", LISTS)
def test_answers_leave_no_field_out(name):
    schema = DOCUMENT["components"]["schemas"][SHOWN.get(name, LISTS[name]).__name__]
    assert schema["required"] == list(schema["properties"])


AUTH = {"type": "access_token", "email": "a@example.com", "token": "t"}
GOOD = {"name": "x", "base_url": "https://dev.azure.com/x", "auth": AUTH}
BODIES = [
    GOOD,
    {**GOOD, "services": {"repos": True}},
    {**GOOD, "auth": {"type": "oauth", "authorization_id": "a"}},
    {**GOOD, "auth": {**AUTH, "expires_on": "2027-01-31"}},
    {**GOOD, "auth": {**AUTH, "expires_on": None}},
    {**GOOD, "name": ""},
    {**GOOD, "name": " "},
    {**GOOD, "name": "a\nb"},
    {**GOOD, "name": "a\n"},
    {**GOOD, "name": "x" * 201},
    {**GOOD, "name": None},
    {**GOOD, "more": 1},
    {**GOOD, "services": {"builds": True}},
    {**GOOD, "services": None},
    {**GOOD, "auth": {"type": "password"}},
    {**GOOD, "auth": {**AUTH, "type": "oauth"}},
    {**GOOD, "auth": {**AUTH, "token": ""}},
    {"name": "x"},
    [],
    None,
]


@pytest.mark.parametrize("body", BODIES)
def test_what_the_description_allows_is_what_is_accepted(body):
    schema = {"$ref": "#/components/schemas/NewIntegration", "components": DOCUMENT["components"]}
    try:
        read_body(json.dumps(body).encode(), NewIntegration)
        accepted = True
    except ApiProblem:
        accepted = False
    assert Draft202012Validator(schema).is_valid(body) == accepted


def test_a_token_is_no_part_of_a_text_form():
    body = read_body(json.dumps(GOOD | {"auth": {**AUTH, "token": "canary"}}).encode(), requests.NewIntegration)
    assert "canary" not in repr(body)
