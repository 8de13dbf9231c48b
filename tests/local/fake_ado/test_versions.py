"""Which versions an operation takes."""

from __future__ import annotations

import pytest

from local.fake_ado.refusals import Refusal
from local.fake_ado.versions import check_version

PREVIEW, RANGE = "VssInvalidPreviewVersionException", "VssVersionOutOfRangeException"


@pytest.mark.parametrize(
    ("asked", "declared"),
    [
        ("7.1", "7.1"),
        ("6.0", "7.1"),
        ("7.1-preview", "7.1"),
        ("7.1-preview.1", "7.1"),
        ("7.2-preview.1", "7.1"),
        ("", "7.1"),
        ("", "7.1-preview.1"),
        ("7.1-preview.3", "7.1-preview.3"),
        ("7.1-preview", "7.1-preview.3"),
        ("5.0-preview.1", "7.1-preview.3"),
    ],
)
def test_a_version_is_taken(asked, declared):
    check_version(asked, declared, "GET")


@pytest.mark.parametrize(
    ("asked", "declared", "type_key"),
    [
        ("7.1", "7.1-preview.1", PREVIEW),
        ("7.2", "7.1", PREVIEW),
        ("0.0", "7.1", RANGE),
        ("8.0", "7.1", RANGE),
        ("7.1-preview.4", "7.1-preview.3", RANGE),
        ("seven", "7.1", "VssInvalidApiResourceVersionException"),
        ("7.1-beta", "7.1", "VssInvalidApiResourceVersionException"),
        ("7", "7.1", "VssInvalidApiResourceVersionException"),
    ],
)
def test_a_version_is_refused(asked, declared, type_key):
    with pytest.raises(Refusal) as raised:
        check_version(asked, declared, "GET")
    assert raised.value.answer.status == 400
    assert f'"typeKey":"{type_key}"' in raised.value.answer.content.decode()


def test_only_a_get_may_leave_it_out(client):
    assert client.get("_apis/projects", version=None).status == 200
    reply = client.post("_apis/security/permissionevaluationbatch", {"evaluations": []}, version=None)
    assert (reply.status, reply.json()["typeKey"]) == (400, "VssVersionNotSpecifiedException")


def test_it_may_stand_in_the_accept_header(client):
    refused = client.get("_apis/teams", version=None, headers={"Accept": "application/json;api-version=7.1"})
    assert refused.json()["typeKey"] == PREVIEW
    taken = client.get("_apis/teams", version=None, headers={"Accept": "application/json; api-version=7.1-preview.3"})
    assert taken.status == 200


def test_connection_data_refuses_7_1(client):
    assert client.get("_apis/connectionData", version="7.1").json()["typeKey"] == PREVIEW
    assert client.get("_apis/connectionData", version="7.1-preview.1").status == 200


def test_a_bad_version_is_refused_only_after_the_door(client):
    assert client.get("_apis/projects", version="0.0", token=None).status == 203
