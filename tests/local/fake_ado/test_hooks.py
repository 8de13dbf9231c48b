"""Subscriptions: making, asking, changing, removing, and who may."""

from __future__ import annotations

import pytest

from local.fake_ado import access
from tests.local.fake_ado.minimal import ALPHA, BETA, HIDDEN

PATH = "_apis/hooks/subscriptions"
URL = "https://flow.example/api/v1/webhooks/azure-devops/1"


def subscription(event="git.push", project=ALPHA, url=URL, **consumer):
    return {
        "publisherId": "tfs",
        "eventType": event,
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "publisherInputs": {"projectId": project} if project else {},
        "consumerInputs": {"url": url, **consumer},
    }


def make(client, *args, token="good", **consumer):
    reply = client.post(PATH, subscription(*args, **consumer), token=token)
    assert reply.status == 200, reply.content
    return reply.json()


def grant(fake, resource, *bits, token="reader"):
    organization = fake.organization("demo")
    owner = organization.tokens[fake.token(token)].identity_id
    organization.grants.setdefault(owner, set()).update((access.HOOKS, resource, bit) for bit in bits)


def test_what_is_made_can_be_read_and_listed(client):
    made = make(client)
    assert (made["status"], made["resourceVersion"]) == ("enabled", "1.0")
    assert client.get(f"{PATH}/{made['id']}").json() == made
    assert client.get(PATH).values() == [made]


def test_the_same_may_be_made_twice(client):
    assert make(client)["id"] != make(client)["id"]
    assert len(client.get(PATH).values()) == 2


def test_the_password_is_masked_and_headers_are_not(client):
    made = make(client, basicAuthUsername="flow", basicAuthPassword="secret", httpHeaders="X-Key:visible")
    assert made["consumerInputs"]["basicAuthPassword"] == "********"
    assert made["consumerInputs"]["httpHeaders"] == "X-Key:visible"
    assert "secret" not in client.get(PATH).content.decode()


def test_a_mask_sent_back_becomes_the_password(client, fake):
    made = make(client, basicAuthUsername="flow", basicAuthPassword="secret")
    assert client.send("PUT", f"{PATH}/{made['id']}", body=made).status == 200
    kept = fake.organization("demo").subscriptions[made["id"]]
    assert kept.consumer_inputs["basicAuthPassword"] == "********"
    assert set(kept.publisher_inputs) == {"projectId"}


def test_it_can_be_switched_off_and_on_but_not_what_the_system_disabled(client, fake):
    made = make(client)
    for status in ("disabledByUser", "enabled"):
        assert client.send("PUT", f"{PATH}/{made['id']}", body={**made, "status": status}).json()["status"] == status
    fake.organization("demo").subscriptions[made["id"]].status = "disabledBySystem"
    changed = client.send("PUT", f"{PATH}/{made['id']}", body={**made, "status": "enabled"}).json()
    assert changed["status"] == "disabledBySystem"


def test_it_is_gone_after_a_delete(client):
    made = make(client)
    reply = client.send("DELETE", f"{PATH}/{made['id']}")
    assert (reply.status, reply.content) == (204, b"")
    assert client.get(f"{PATH}/{made['id']}").json()["typeKey"] == "SubscriptionNotFoundException"
    assert client.send("DELETE", f"{PATH}/{made['id']}").status == 404


def test_those_of_a_deleted_project_go_with_it(client, fake):
    kept, gone = make(client, "git.push", ALPHA), make(client, "git.push", BETA)
    fake.organization("demo").projects[BETA].state = "deleted"
    assert [row["id"] for row in client.get(PATH).values()] == [kept["id"]]
    assert client.get(f"{PATH}/{gone['id']}").status == 404


@pytest.mark.parametrize("project", [ALPHA, None])
def test_who_may_not_edit_is_told_which_permission_is_missing(client, project):
    reply = client.post(PATH, subscription(project=project), token="reader")
    resource = f"PublisherSecurity/{project}" if project else "PublisherSecurity"
    assert reply.status == 403
    assert reply.json()["message"] == (
        f"Access Denied: Flow Reader needs the following permission(s) on the resource {resource} "
        "to perform this action: Edit Subscription"
    )


def test_rights_in_a_project_are_for_that_project(client, fake):
    grant(fake, f"PublisherSecurity/{ALPHA}", 1, 2)
    make(client, "git.push", BETA)
    mine = make(client, "git.push", ALPHA, token="reader")
    assert client.post(PATH, subscription(project=BETA), token="reader").status == 403
    assert client.post(PATH, subscription(project=None), token="reader").status == 403
    assert [row["id"] for row in client.get(PATH, token="reader").values()] == [mine["id"]]
    assert client.send("DELETE", f"{PATH}/{mine['id']}", token="reader").status == 403
    grant(fake, f"PublisherSecurity/{ALPHA}", 4)
    assert client.send("DELETE", f"{PATH}/{mine['id']}", token="reader").status == 204


def test_one_that_the_caller_may_not_see_is_refused(client):
    made = make(client)
    assert client.get(f"{PATH}/{made['id']}", token="reader").status == 403
    assert client.get(PATH, token="reader").values() == []


def test_any_of_three_scopes_is_enough(client, fake):
    organization = fake.organization("demo")
    token = organization.tokens[fake.token("no_code")]
    for scope in ("vso.work", "vso.code", "vso.build"):
        token.scopes = frozenset({scope})
        assert client.get(PATH, token="no_code").status == 200
    token.scopes = frozenset({"vso.project", "vso.graph"})
    assert client.get(PATH, token="no_code").status == 401


@pytest.mark.parametrize(
    "change",
    [
        {"eventType": "project.created"},
        {"publisherId": "azure-devops"},
        {"consumerId": "zendesk"},
        {"consumerActionId": "httpPost"},
        {"resourceVersion": "9.9"},
        {"publisherInputs": None},
        {"consumerInputs": {}},
        {"consumerInputs": {"url": "http://flow.example/hook"}},
        {"consumerInputs": {"url": "https://10.0.0.1/hook"}},
        {"consumerInputs": {"url": "https://169.254.169.254/"}},
        {"consumerInputs": {"url": "ftp://127.0.0.1/"}},
        {"consumerInputs": {"url": "https:///hook"}},
        {"publisherInputs": {"projectId": HIDDEN}},
        {"publisherInputs": {"projectId": "Alpha"}},
    ],
)
def test_what_makes_no_sense_is_refused(client, change):
    assert client.post(PATH, {**subscription(), **change}).status == 400
    assert client.get(PATH).values() == []


def _query(client, **body):
    reply = client.post("_apis/hooks/subscriptionsquery", body).json()
    assert {name: reply[name] for name in body} == body
    return [row["id"] for row in reply["results"]]


def test_a_query_finds_by_inputs(client):
    push, other = make(client, "git.push", ALPHA), make(client, "workitem.updated", BETA, "https://other.example/")
    condition = {"inputId": "url", "operator": "equals", "inputValue": URL.upper(), "caseSensitive": False}
    assert _query(client, consumerInputFilters=[{"conditions": [condition]}]) == [push["id"]]
    assert _query(client, consumerInputFilters=[{"conditions": [{**condition, "caseSensitive": True}]}]) == []
    assert _query(client, consumerInputFilters=[{"conditions": [{**condition, "operator": "notEquals"}]}]) == [
        other["id"]
    ]
    project = {"inputId": "projectId", "operator": "equals", "inputValue": BETA}
    assert _query(client, publisherInputFilters=[{"conditions": [project]}]) == [other["id"]]
    both = [{"conditions": [condition, {**condition, "inputValue": "x"}]}]
    assert _query(client, consumerInputFilters=both) == []
    assert _query(client, publisherId="tfs", eventType="git.push") == [push["id"]]
    assert _query(client, consumerId="webHooks") == [push["id"], other["id"]]
    assert _query(client, subscriberId="00000000-0000-0000-0000-000000000000") == []


def test_the_list_is_filtered_by_kind(client):
    push, _ = make(client, "git.push"), make(client, "workitem.updated")
    assert [row["id"] for row in client.get(f"{PATH}?eventType=git.push").values()] == [push["id"]]
    assert client.get(f"{PATH}?consumerId=zendesk").values() == []


def test_the_catalogue_knows_the_events_and_the_inputs_of_the_consumer(client):
    events = {row["id"]: row for row in client.get("_apis/hooks/publishers/tfs/eventtypes").values()}
    assert events["ms.vss-code.git-pullrequest-comment-event"]["supportedResourceVersions"] == ["1.0", "2.0"]
    assert [row["id"] for row in events["git.pullrequest.merged"]["inputDescriptors"]][-1] == "mergeResult"
    one = client.get("_apis/hooks/publishers/tfs/eventtypes/git.push").json()
    assert one == events["git.push"]
    action = client.get("_apis/hooks/consumers/webHooks/actions/httpRequest").json()
    secret = [row["id"] for row in action["inputDescriptors"] if row["isConfidential"]]
    assert secret == ["basicAuthPassword"]
    for path in (
        "publishers/rm",
        "publishers/tfs/eventtypes/none",
        "consumers/none",
        "consumers/webHooks/actions/none",
    ):
        assert client.get(f"_apis/hooks/{path}").status == 404
