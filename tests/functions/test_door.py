"""What every HTTP function does before and after its own work."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from shared.principals import Level
from shared.requests import MAX_BODY
from shared.routes import OPERATIONS

WORKSPACE = "11111111-aaaa-4bbb-8ccc-222222222222"
PROTECTED = [operation for operation in OPERATIONS if operation.level is not None]
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def ids_of(operation):
    return [UNKNOWN if "id" in name else "7" for name in operation.parameters]


def principal(*roles, tid=WORKSPACE, **other):
    claims = [{"typ": "roles", "val": role} for role in roles]
    claims += [{"typ": "http://schemas.microsoft.com/identity/claims/tenantid", "val": tid}] if tid else []
    body = {"auth_typ": "aad", "name_typ": "name", "role_typ": "roles", "claims": claims, **other}
    return {"x-ms-client-principal": base64.b64encode(json.dumps(body).encode()).decode()}


@pytest.fixture
def signed_in(monkeypatch):
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


@pytest.mark.parametrize("workspace", ["UPPER", "a b", "", "x" * 64, "ü", "default\n"])
def test_a_workspace_is_a_short_plain_word(api, workspace):
    reply = api.call("list_integrations", workspace=workspace)
    assert (reply.status, reply.json["code"], reply.json["field"]) == (400, "workspace_invalid", "x-flow-workspace")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "body"),
        (b"{}", "base_url"),
        (b'{"base_url": 7}', "base_url"),
        (b'{"base_url": ""}', "base_url"),
        (b'{"base_url": "' + b"x" * 3000 + b'"}', "base_url"),
        (b'{"base_url": "x", "extra": 1}', "extra"),
        (b'{"base_url": ' + b"[" * 500_000, "base_url"),
        (b'{"extra": ' + b"[" * 500_000, "extra"),
    ],
)
def test_a_body_of_another_shape_is_refused_by_the_fields_name(api, body, field):
    reply = api.call("test_url", raw=body)
    assert (reply.status, reply.json["field"]) == (400, field)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"base_url": "\xff"}', b"\x00"])
def test_a_body_that_is_no_json_is_refused(api, body):
    assert (api.call("test_url", raw=body).status) == 400


def test_a_nested_tagged_field_is_named_by_its_path(api):
    auth = {"type": "access_token", "email": "a@example.com", "token": 7}
    reply = api.call("test_connection", body={"base_url": "https://dev.azure.com/x", "auth": auth})
    assert (reply.status, reply.json["field"]) == (400, "auth.token")


def test_a_value_of_a_query_is_not_repeated(api, stored):
    reply = api.call("list_pull_requests", stored.id, query={"status": "canary-7f3a"})
    assert (reply.status, reply.json["code"], reply.json["field"]) == (400, "query_invalid", "status")
    assert reply.json["detail"] == "status: is not one of the known values."


@pytest.mark.parametrize("name", ["extra", "x" * 40])
def test_a_field_that_is_unknown_is_named(api, name):
    assert api.call("test_url", body={"base_url": "x", name: 1}).json["field"] == name


def test_a_value_that_slipped_into_the_place_of_a_name_does_not_come_back(api):
    reply = api.call("test_url", body={"base_url": "x", "canary-7f3a" * 5: 1})
    assert (reply.status, b"canary" in reply.body) == (400, False)


def test_values_never_come_back_in_a_problem(api):
    auth = {"type": "canary-7f3a", "email": "a@example.com", "token": "canary-7f3a"}
    reply = api.call("test_connection", body={"base_url": "https://dev.azure.com/x", "auth": auth})
    assert reply.status == 400
    assert b"canary" not in reply.body


def test_depth_before_the_tag_is_bounded(api):
    raw = b'{"base_url": "x", "auth": {"token": ' + b"[" * 400_000
    assert api.call("test_connection", raw=raw).status == 400


# The webhook receiver has bounds and callers of its own: Azure DevOps, which knows no workspace (test_webhooks.py).
CALLED = [operation for operation in OPERATIONS if not operation.raw_body]


@pytest.mark.parametrize("operation", CALLED, ids=lambda operation: operation.name)
def test_a_body_over_one_mebibyte_is_refused_everywhere(api, operation):
    reply = api.call(operation.name, *ids_of(operation), raw=b" " * (MAX_BODY + 1), query=needed(operation))
    assert (reply.status, reply.json["code"]) == (413, "body_too_large")


def needed(operation):
    return {"kind": "tickets", "source_id": "1"} if operation.name == "get_coverage" else {}


# A redirect may carry more than we know, which OAuth wants ignored.
STRICT = [operation for operation in CALLED if operation.name != "oauth_callback"]


@pytest.mark.parametrize("operation", STRICT, ids=lambda operation: operation.name)
def test_an_unknown_query_parameter_is_refused_everywhere(api, operation):
    reply = api.call(operation.name, *ids_of(operation), query={"surprise": "1", **needed(operation)})
    assert (reply.status, reply.json["field"]) == (400, "surprise")


def test_the_hosts_own_key_parameter_is_not_ours_to_refuse(api):
    assert api.call("list_integrations", query={"code": "a-key"}).status == 200


@pytest.mark.parametrize("text", ["0", "1001", "-1", "x", "1,2", "1.5"])
def test_a_limit_is_a_number_from_1_to_1000(api, text):
    reply = api.call("list_integrations", query={"limit": text})
    assert (reply.status, reply.json["field"]) == (400, "limit")


def body_of(operation):
    """A body that is well-formed, so that nothing but the id is wrong."""
    auth = {"type": "oauth", "authorization_id": "a"}
    bodies = {
        "change_integration": {"name": "x"},
        "change_ticket_project": {"is_imported": False},
        "change_repo": {"is_imported": False},
        "put_status_mapping": {"statuses": []},
        "sync_integration": {"full": False},
        "test_url": {"base_url": "https://dev.azure.com/contoso"},
        "test_connection": {"base_url": "https://dev.azure.com/contoso", "auth": auth},
        "complete_authorization": {"completion_code": "x"},
        "create_integration": {"name": "x", "base_url": "https://dev.azure.com/contoso", "auth": auth},
    }
    return bodies.get(operation.name)


OF_ONE = [operation for operation in CALLED if operation.parameters]


@pytest.mark.parametrize("operation", OF_ONE, ids=lambda operation: operation.name)
def test_what_belongs_to_another_workspace_is_as_unknown_as_what_never_was(api, connect, parts, operation):
    elsewhere = f"{api.workspace}-b"
    foreign = connect(workspace=elsewhere)["id"]
    if operation.name == "get_deletion":
        api.call("delete_integration", foreign, workspace=elsewhere)
    others = ids_of(operation)[1:]
    replies = [
        api.call(operation.name, id_, *others, body=body_of(operation), query=needed(operation))
        for id_ in (foreign, UNKNOWN, "no-guid", foreign.upper(), "a/../b", "%00", "'")
    ]
    assert {reply.status for reply in replies} == {404}
    assert len({reply.body for reply in replies}) == 1


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("operation", PROTECTED, ids=lambda operation: operation.name)
@pytest.mark.parametrize("level", Level)
def test_each_level_may_do_what_it_says(api, operation, level):
    headers = principal(f"Integrations.{level.name.capitalize()}", "Something.Else")
    reply = api.call(operation.name, *ids_of(operation), body=body_of(operation), query=needed(operation),
                     headers=headers)  # fmt: skip
    assert (reply.status == 403) == (level < operation.level)


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("operation", PROTECTED, ids=lambda operation: operation.name)
def test_nobody_comes_in_without_a_sign_in(api, operation):
    reply = api.call(operation.name, *ids_of(operation), body=body_of(operation), query=needed(operation), headers={})
    assert (reply.status, reply.json["code"]) == (401, "not_signed_in")


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(
    "header",
    ["", "!", "e30", base64.b64encode(b"[1]").decode(), base64.b64encode(b'{"claims": 7}').decode(), "A" * 70_000],
)
def test_an_unreadable_principal_is_no_sign_in(api, header):
    assert api.call("list_integrations", headers={"x-ms-client-principal": header}).status == 401


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("tid", [None, "UPPER CASE", "a/b"])
def test_a_sign_in_that_names_no_workspace_is_refused(api, tid):
    reply = api.call("list_integrations", headers=principal("Integrations.View", tid=tid))
    assert (reply.status, reply.json["code"]) == (403, "workspace_unknown")


@pytest.mark.usefixtures("signed_in")
def test_roles_are_claims_of_the_role_type_only(api):
    body = {"claims": [{"typ": "tid", "val": WORKSPACE}, {"typ": "name", "val": "Integrations.Delete"}]}
    header = base64.b64encode(json.dumps({**body, "role_typ": "roles"}).encode()).decode()
    assert api.call("list_integrations", headers={"x-ms-client-principal": header}).status == 403


@pytest.mark.usefixtures("signed_in")
def test_the_workspace_is_the_claims_and_another_one_in_the_header_is_not_there(api, parts):
    headers = principal("Integrations.View")
    assert api.call("list_integrations", headers=headers).status == 200
    assert api.call("list_integrations", headers=headers, workspace=WORKSPACE).status == 200
    assert api.call("list_integrations", headers=headers, workspace="default").status == 404


@pytest.mark.usefixtures("signed_in")
def test_the_claim_can_be_chosen(api, parts, monkeypatch):
    monkeypatch.setattr(parts, "settings", replace(parts.settings, workspace_claim="flow_workspace"))
    claims = [{"typ": "flow_workspace", "val": "acme"}, {"typ": "roles", "val": "Integrations.View"}]
    header = base64.b64encode(json.dumps({"claims": claims, "role_typ": "roles"}).encode()).decode()
    assert api.call("list_integrations", headers={"x-ms-client-principal": header}, workspace="acme").status == 200


def test_without_the_platforms_sign_in_a_principal_header_means_nothing(api, connect):
    created = connect()
    spoofed = principal("Integrations.View", tid="spoofed")
    assert api.call("delete_integration", created["id"], headers=spoofed, workspace=api.workspace).status == 202


def test_a_caller_that_names_no_workspace_is_in_the_default_one(api, connect):
    created = connect(workspace="default")
    assert api.call("get_integration", created["id"], headers={}).status == 200


def test_answers_are_not_kept_by_anybody_on_the_way(api):
    headers = api.call("list_integrations").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_a_crash_tells_the_caller_nothing(api, monkeypatch, caplog):
    def crash(*_arguments):
        raise ValueError("canary-7f3a")

    monkeypatch.setattr("shared.integration_store.IntegrationStore.list", crash)
    reply = api.call("list_integrations")
    assert (reply.status, reply.json["code"]) == (500, "internal")
    assert b"canary" not in reply.body
    assert "canary" not in caplog.text
