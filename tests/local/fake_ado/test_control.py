"""The control API, over HTTP as the demo and other programs use it."""

from __future__ import annotations

import pytest
import requests

from local.fake_ado.testing import start_fake
from tests.local.fake_ado.minimal import Client, minimal_organization


def _call(fake, method, path, body=None):
    return requests.request(method, f"{fake.url}/_fake/{path}", json=body, timeout=10)


def test_health_names_the_organisations(fake):
    assert _call(fake, "GET", "health").json() == {"status": "ok", "organizations": ["demo"]}


def test_an_organisation_says_how_to_connect(client, fake):
    body = _call(fake, "GET", "demo").json()
    assert body["base_url"] == "https://dev.azure.com/demo"
    assert set(body["tokens"]) >= {
        "good", "reader", "no_code", "no_build", "no_graph", "no_identity", "no_project", "no_work",
        "expired", "revoked", "stranger", "limited", "conditional_access", "stakeholder", "global_blocked",
    }  # fmt: skip
    account = client.get("_apis/connectionData", version=None).json()["authenticatedUser"]["properties"]["Account"]
    assert account["$value"] == body["email"]
    assert len(body["tokens"]["good"]) == 84
    assert body["tokens"]["good"][76:80] == "AZDO"
    assert len(set(body["tokens"].values())) == len(body["tokens"])


def test_several_organisations_have_their_own_tokens():
    with start_fake([minimal_organization("one"), minimal_organization("other")]) as fake:
        one, other = (_call(fake, "GET", name).json()["tokens"] for name in ("one", "other"))
        assert set(one.values()).isdisjoint(other.values())
        assert Client(fake, "One").get("_apis/projects").status == 200


def test_a_defect_of_the_fake_is_told_apart_from_faults(client, fake):
    fake.organization("demo").projects["broken"] = None
    assert client.get("_apis/projects").status == 500
    defects = _call(fake, "GET", "requests").json()["defects"]
    assert len(defects) == 1
    assert "Traceback" in defects[0]


def test_faults_are_set_listed_and_cleared(client, fake):
    rows = [{"match": {"path": "projects", "method": "get"}, "status": 500, "times": 1}, {"match": {"path": "x"}}]
    assert _call(fake, "POST", "faults", rows).json() == {"faults": 2}
    assert client.get("_apis/projects").status == 500
    assert _call(fake, "GET", "faults").json()[0] == {"path": "projects", "seen": 1, "done": 1}
    assert _call(fake, "DELETE", "faults").status_code == 204
    assert _call(fake, "GET", "faults").json() == []


def test_requests_are_counted_by_route_status_and_size(client, fake):
    sizes = [len(client.get("_apis/projects").content) for _ in range(2)]
    client.get("_apis/projects/absent")
    body = _call(fake, "GET", "requests").json()
    assert body["total"] == 3
    assert body["by_route"]["GET dev.azure.com/{organization}/_apis/projects"] == 2
    assert body["by_status"] == {"200": 2, "404": 1}
    assert body["bytes"] > sum(sizes)
    assert body["latest"][0] == ["GET", "/dev.azure.com/demo/_apis/projects?api-version=7.1", 200]
    assert _call(fake, "DELETE", "requests").status_code == 204
    assert _call(fake, "GET", "requests").json()["total"] == 0


@pytest.mark.parametrize("who", ["token", "account", "id"])
def test_a_limit_is_set_for_one_identity_by_token_account_or_id(client, fake, who):
    organization = fake.organization("demo")
    owner = organization.identities[organization.tokens[fake.token()].identity_id]
    key = {"token": fake.token(), "account": owner.account, "id": owner.id}[who]
    limit = {"identity": key, "limit": 1, "block_factor": 1, "cost": 1, "delay_seconds": 0}
    assert _call(fake, "POST", "throttle", limit).json() == {"identity": owner.id}
    assert [client.get("_apis/projects").status for _ in range(2)] == [200, 429]
    assert client.get("_apis/projects", token="reader").status == 200
    _call(fake, "DELETE", "throttle")
    assert client.get("_apis/projects").status == 200


def test_latency_and_settings_are_set(fake):
    assert _call(fake, "POST", "latency", {"seconds": 0.01}).json() == {"seconds": 0.01}
    assert fake.settings.latency_seconds == 0.01
    assert _call(fake, "POST", "settings", {"graph_page_size": 2}).json()["graph_page_size"] == 2
    assert fake.settings.graph_page_size == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "latency", {}),
        ("POST", "latency", {"seconds": "long"}),
        ("POST", "settings", {"no_such": 1}),
        ("POST", "throttle", {"limitt": 1}),
        ("POST", "faults", [{"match": {"path": "("}}]),
        ("POST", "faults", [{"statsu": 1}]),
        ("GET", "demo/truth?initial_processed_at=yesterday", None),
    ],
)
def test_a_slip_is_a_400_that_says_what_is_wrong(fake, method, path, body):
    reply = _call(fake, method, path, body)
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_an_organisation_is_made_changed_and_summed_up():
    with start_fake(["made"], seed=3, size="tiny") as fake:
        before = _call(fake, "GET", "made/truth?counts=true").json()
        done = _call(fake, "POST", "made/mutate", {"seed": 1, "changes": 3, "kinds": ["ticket_created"]}).json()
        after = _call(fake, "GET", "made/truth?counts=true").json()
        assert done == {"done": {"ticket_created": 3}}
        assert after["tickets"] == before["tickets"] + 3
        rows = _call(fake, "GET", "made/truth").json()
        assert len(rows["tickets"]) == after["tickets"]
        assert _call(fake, "POST", "made/mutate", {"kinds": ["odd"]}).status_code == 400
        assert fake.requests()["defects"] == []


@pytest.mark.parametrize("path", ["nobody", "nobody/truth", "demo/what", ""])
def test_what_there_is_not_is_a_404(fake, path):
    assert _call(fake, "GET", path).status_code == 404
