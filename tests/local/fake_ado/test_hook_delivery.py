"""Events on their way: who gets them, in which form, and what happens when they are not taken."""

from __future__ import annotations

import base64

import pytest

from local.fake_ado import hooks
from tests.local.fake_ado.minimal import ALPHA, ANNA, BETA, REPOSITORY
from tests.local.fake_ado.receiver import PUSH, eventually, push, status_of
from tests.local.fake_ado.test_hooks import make, subscription


def test_an_event_arrives_with_everything_that_identifies_it(client, fake, receiver):
    made = make(client, "git.push", ALPHA, receiver.url)
    push(fake)
    push(fake)
    first, second = receiver.wait_for(2)
    body = first.body
    assert list(body) == [
        "subscriptionId", "notificationId", "id", "eventType", "publisherId", "message", "detailedMessage",
        "resource", "resourceVersion", "resourceContainers", "createdDate",
    ]  # fmt: skip
    assert (body["subscriptionId"], body["eventType"], body["publisherId"]) == (made["id"], "git.push", "tfs")
    assert {first.body["notificationId"], second.body["notificationId"]} == {1, 2}
    assert first.body["id"] != second.body["id"]
    assert body["resource"] == PUSH
    assert body["message"] == {"text": "A push", "html": "A push", "markdown": "A push"}
    containers = body["resourceContainers"]
    assert containers["project"] == {"id": ALPHA, "baseUrl": "https://dev.azure.com/demo/"}
    assert containers["account"]["id"] == fake.organization("demo").id
    assert first.headers["x-vss-subscriptionid"] == made["id"]
    assert "authorization" not in first.headers


def test_credentials_and_headers_are_those_of_the_subscription(client, fake, receiver):
    lines = "X-One:1\nX-Two: two words"
    make(client, "git.push", ALPHA, receiver.url, basicAuthUsername="flow", basicAuthPassword="ä:b", httpHeaders=lines)
    push(fake)
    headers = receiver.wait_for(1)[0].headers
    assert headers["authorization"] == "Basic " + base64.b64encode("flow:ä:b".encode()).decode()
    assert (headers["x-one"], headers["x-two"]) == ("1", "two words")
    assert headers["content-type"] == "application/json; charset=utf-8"


def test_details_can_be_reduced(client, fake, receiver):
    wish = {"resourceDetailsToSend": "minimal", "messagesToSend": "none", "detailedMessagesToSend": "text"}
    make(client, "git.push", ALPHA, receiver.url, **wish)
    push(fake)
    body = receiver.wait_for(1)[0].body
    assert body["resource"] == {
        "pushId": 14,
        "url": PUSH["url"],
        "repository": {"id": REPOSITORY, "project": {"id": ALPHA}},
        "pushedBy": {"id": ANNA},
    }
    assert (body["message"], body["detailedMessage"]) == (None, {"text": "A push"})


def test_the_resource_can_be_left_out(client, fake, receiver):
    make(client, "git.push", ALPHA, receiver.url, resourceDetailsToSend="none")
    push(fake)
    assert "resource" not in receiver.wait_for(1)[0].body


def test_payloads_carry_the_primary_url(client, fake, receiver):
    fake.organization("demo").is_legacy_url = True
    make(client, "git.push", ALPHA, receiver.url)
    push(fake)
    where = receiver.wait_for(1)[0].body["resourceContainers"]["account"]["baseUrl"]
    assert where == "https://demo.visualstudio.com/"


def test_a_resource_can_be_made_when_it_is_delivered(client, fake, receiver):
    make(client, "git.push", ALPHA, receiver.url)
    state = {"value": "old"}

    def resource():
        return {"state": state["value"]}

    organization = fake.organization("demo")
    fake.settings.hook_copies = 1
    state["value"] = "new"
    hooks.publish(organization, "git.push", resource, ALPHA)
    assert receiver.wait_for(1)[0].body["resource"] == {"state": "new"}


def test_only_those_who_asked_get_it(client, fake, receiver):
    make(client, "git.push", BETA, receiver.url)
    make(client, "workitem.updated", ALPHA, receiver.url)
    wanted = [make(client, "git.push", ALPHA, receiver.url), make(client, "git.push", None, receiver.url)]
    push(fake)
    got = receiver.wait_for(2)
    assert {one.body["subscriptionId"] for one in got} == {one["id"] for one in wanted}
    assert len({one.body["id"] for one in got}) == 1


PULL_REQUEST = {
    "pullRequestId": 7,
    "repository": {"id": REPOSITORY},
    "targetRefName": "refs/heads/main",
    "createdBy": {"id": ANNA},
    "reviewers": [{"id": BETA}],
}
ITEM = {
    "System.AreaPath": "Alpha\\Web",
    "System.WorkItemType": "Bug",
    "System.Tags": "red; blue",
    "System.History": "see it",
}
FILTERS = [
    ("git.push", {"branch": "main"}, PUSH, True),
    ("git.push", {"branch": "refs/heads/main"}, PUSH, True),
    ("git.push", {"branch": "other"}, PUSH, False),
    ("git.push", {"repository": REPOSITORY.upper()}, PUSH, True),
    ("git.push", {"repository": BETA}, PUSH, False),
    ("git.push", {"repository": "", "branch": ""}, PUSH, True),
    ("git.push", {"pushedBy": ANNA}, PUSH, True),
    ("git.push", {"pushedBy": BETA}, PUSH, False),
    ("git.pullrequest.updated", {"notificationType": "PushNotification"}, PULL_REQUEST, True),
    ("git.pullrequest.updated", {"notificationType": "ReviewerVoteNotification"}, PULL_REQUEST, False),
    ("git.pullrequest.merged", {"mergeResult": "Conflicts"}, PULL_REQUEST, False),
    ("git.pullrequest.created", {"pullrequestCreatedBy": ANNA}, PULL_REQUEST, True),
    ("git.pullrequest.created", {"pullrequestReviewersContains": BETA}, PULL_REQUEST, True),
    ("git.pullrequest.created", {"pullrequestReviewersContains": ANNA}, PULL_REQUEST, False),
    ("ms.vss-code.git-pullrequest-comment-event", {"branch": "main"}, {"pullRequest": PULL_REQUEST}, True),
    ("ms.vss-code.git-pullrequest-comment-event", {"repository": BETA}, {"pullRequest": PULL_REQUEST}, False),
    ("workitem.created", {"areaPath": "Alpha", "workItemType": "Bug", "tag": "Blue"}, {"fields": ITEM}, True),
    ("workitem.created", {"areaPath": "Alpha\\We"}, {"fields": ITEM}, False),
    ("workitem.created", {"workItemType": "Task"}, {"fields": ITEM}, False),
    ("workitem.updated", {"changedFields": "System.State", "tag": "red"},
     {"fields": {"System.State": {}}, "revision": {"fields": ITEM}}, True),
    ("workitem.updated", {"changedFields": "System.Title"}, {"fields": {"System.State": {}}}, False),
    ("workitem.updated", {"linksChanged": "true"}, {"fields": {}}, False),
    ("workitem.updated", {"linksChanged": "true"}, {"fields": {}, "relations": {"added": [{}]}}, True),
    ("workitem.commented", {"commentPattern": "see"}, {"fields": ITEM}, True),
    ("build.complete", {"buildStatus": "Stopped", "definitionName": "CI"},
     {"result": "canceled", "definition": {"name": "CI"}}, True),
    ("build.complete", {"buildStatus": "Succeeded"}, {"result": "failed"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("event", "inputs", "resource", "expected"), FILTERS)
def test_filters(client, fake, receiver, event, inputs, resource, expected):
    wanted = subscription(event, ALPHA, receiver.url)
    wanted["publisherInputs"] |= inputs
    filtered = client.post("_apis/hooks/subscriptions", wanted).json()
    everything = make(client, event, ALPHA, receiver.url)
    facts = {"notificationType": "PushNotification", "mergeResult": "Succeeded"}
    hooks.publish(fake.organization("demo"), event, resource, ALPHA, facts=facts)
    got = {one.body["subscriptionId"] for one in receiver.wait_for(2 if expected else 1)}
    assert got == ({filtered["id"], everything["id"]} if expected else {everything["id"]})


def test_a_subscription_ends_with_the_membership_of_its_owner(client, fake, receiver):
    made = make(client, "git.push", ALPHA, receiver.url)
    organization = fake.organization("demo")
    organization.identities[made["createdBy"]["id"]].is_active = False
    push(fake)
    eventually(lambda: status_of(fake, made) == "disabledByInactiveIdentity")
    assert receiver.got == []


def test_what_the_owner_cannot_see_does_not_fire(client, fake, receiver):
    made = make(client, "git.push", None, receiver.url)
    fake.organization("demo").projects[ALPHA].hidden_from.add(made["createdBy"]["id"])
    push(fake)
    push(fake, project=BETA)
    assert [one.body["resourceContainers"]["project"]["id"] for one in receiver.wait_for(1)] == [BETA]


def test_deliveries_can_be_repeated_and_lost(client, fake, receiver):
    make(client, "git.push", ALPHA, receiver.url)
    fake.settings.hook_copies = 3
    push(fake)
    assert len({(one.body["id"], one.body["notificationId"]) for one in receiver.wait_for(3)}) == 1
    fake.settings.hooks_are_lost = True
    push(fake)
    eventually(lambda: fake.model.hub.lost == 1)


def test_the_log_shows_request_response_and_result(client, fake, receiver):
    made = make(client, "git.push", ALPHA, receiver.url, basicAuthPassword="secret")
    receiver.statuses = [202, 410]
    push(fake)
    receiver.wait_for(1)
    push(fake)
    eventually(lambda: status_of(fake, made) == "disabledBySystem")
    path = f"_apis/hooks/subscriptions/{made['id']}/notifications"
    rows = client.get(path).values()
    assert [(row["id"], row["result"]) for row in rows] == [(2, "failed"), (1, "succeeded")]
    assert rows[0]["details"]["response"].startswith("Status Code: 410")
    assert b"secret" not in client.get(path).content
    assert [row["id"] for row in client.get(f"{path}?result=succeeded").values()] == [1]
    assert [row["id"] for row in client.get(f"{path}?maxResults=1").values()] == [2]
    asked = {"subscriptionIds": [made["id"]], "resultType": "failed", "includeDetails": False}
    found = client.post("_apis/hooks/notificationsquery", asked).json()["results"]
    assert [(row["id"], "details" in row) for row in found] == [(2, False)]
    assert client.get(f"{path}/9").status == 404


def test_a_test_notification_sends_the_same_sample_each_time(client, receiver):
    details = subscription("workitem.updated", ALPHA, receiver.url)
    for status, result in ((202, "succeeded"), (500, "failed")):
        receiver.statuses = [status]
        reply = client.post("_apis/hooks/testnotifications", {"details": details})
        assert (reply.status, reply.json()["result"]) == (200, result)
    first, second = receiver.wait_for(2)
    assert first.body["id"] == second.body["id"]
    assert (first.body["resource"]["workItemId"], first.body["resource"]["revisedBy"]) == (0, None)
    assert client.post("_apis/hooks/testnotifications", {"details": details}, token="reader").status == 403
    assert client.post("_apis/hooks/testnotifications", {}).status == 400


def test_without_a_running_fake_an_event_goes_nowhere():
    from tests.local.fake_ado.minimal import minimal_organization

    hooks.publish(minimal_organization(), "git.push", PUSH, ALPHA)
