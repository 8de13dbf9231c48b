"""Replies of the areas of identity, projects, builds and hooks against the official specification and its examples."""

from __future__ import annotations

import re

import pytest

from local.fake_ado import areas
from local.fake_ado.routing import ROUTES
from tests.local.fake_ado.minimal import ALPHA, ANNA, GROUP, READERS, TEAM
from tests.local.fake_ado.specification import check, example, needs_specification, operations, undeclared

pytestmark = needs_specification
VSSPS = "vssps.dev.azure.com"
PROFILE = "app.vssps.visualstudio.com"
ANNA_DESCRIPTOR = "aad.YWFhYWFhYWFh"
SUBSCRIPTION = {
    "publisherId": "tfs",
    "eventType": "git.push",
    "consumerId": "webHooks",
    "consumerActionId": "httpRequest",
    "publisherInputs": {"projectId": ALPHA},
    "consumerInputs": {"url": "https://127.0.0.1:1/hook"},
}

_SECURITY = "security/7.1/httpExamples/"

# Area, definition, host, path, version; the rows of lists are checked one by one.
LISTS = [
    ("core", "TeamProjectReference", "dev.azure.com", "_apis/projects", "7.1"),
    ("core", "ProjectProperty", "dev.azure.com", f"_apis/projects/{ALPHA}/properties", "7.1-preview.1"),
    ("core", "WebApiTeam", "dev.azure.com", "_apis/teams", "7.1-preview.3"),
    ("core", "WebApiTeam", "dev.azure.com", f"_apis/projects/{ALPHA}/teams", "7.1"),
    ("core", "TeamMember", "dev.azure.com", f"_apis/projects/{ALPHA}/teams/{TEAM}/members", "7.1"),
    ("graph", "GraphUser", VSSPS, "_apis/graph/users", "7.1-preview.1"),
    ("graph", "GraphGroup", VSSPS, "_apis/graph/groups", "7.1-preview.1"),
    ("graph", "GraphMembership", VSSPS, f"_apis/graph/memberships/{ANNA_DESCRIPTOR}", "7.1-preview.1"),
    ("build", "Build", "dev.azure.com", f"{ALPHA}/_apis/build/builds", "7.1"),
    ("build", "BuildDefinitionReference", "dev.azure.com", f"{ALPHA}/_apis/build/definitions", "7.1"),
    ("hooks", "Publisher", "dev.azure.com", "_apis/hooks/publishers", "7.1"),
    ("hooks", "EventTypeDescriptor", "dev.azure.com", "_apis/hooks/publishers/tfs/eventtypes", "7.1"),
    ("hooks", "Consumer", "dev.azure.com", "_apis/hooks/consumers", "7.1"),
    ("hooks", "ConsumerAction", "dev.azure.com", "_apis/hooks/consumers/webHooks/actions", "7.1"),
    ("security", "SecurityNamespaceDescription", "dev.azure.com", "_apis/securitynamespaces", "7.1"),
]
SINGLES = [
    ("core", "TeamProject", "dev.azure.com", f"_apis/projects/{ALPHA}?includeCapabilities=true", "7.1"),
    ("core", "WebApiTeam", "dev.azure.com", f"_apis/projects/{ALPHA}/teams/{TEAM}", "7.1"),
    ("graph", "GraphUser", VSSPS, f"_apis/graph/users/{ANNA_DESCRIPTOR}", "7.1-preview.1"),
    ("graph", "GraphDescriptorResult", VSSPS, f"_apis/graph/descriptors/{ANNA}", "7.1"),
    ("graph", "GraphStorageKeyResult", VSSPS, f"_apis/graph/storagekeys/{ANNA_DESCRIPTOR}", "7.1"),
    ("graph", "GraphMembershipState", VSSPS, f"_apis/graph/membershipstates/{ANNA_DESCRIPTOR}", "7.1-preview.1"),
    ("build", "Build", "dev.azure.com", f"{ALPHA}/_apis/build/builds/5", "7.1"),
    ("build", "Timeline", "dev.azure.com", f"{ALPHA}/_apis/build/builds/5/timeline", "7.1"),
    ("build", "BuildDefinition", "dev.azure.com", f"{ALPHA}/_apis/build/definitions/1", "7.1"),
    ("hooks", "Publisher", "dev.azure.com", "_apis/hooks/publishers/tfs", "7.1"),
    ("hooks", "Consumer", "dev.azure.com", "_apis/hooks/consumers/webHooks", "7.1"),
]


@pytest.mark.parametrize(("name", "definition", "host", "path", "version"), LISTS)
def test_rows_of_lists_fit_their_definition(client, name, definition, host, path, version):
    rows = client.get(path, host=host, version=version).values()
    assert rows
    for row in rows:
        check(name, definition, row)
        assert undeclared(name, definition, row) == set()


@pytest.mark.parametrize(("name", "definition", "host", "path", "version"), SINGLES)
def test_single_objects_fit_their_definition(client, name, definition, host, path, version):
    body = client.get(path, host=host, version=version).json()
    check(name, definition, body)
    assert undeclared(name, definition, body) == set()


def test_identities_fit_but_for_their_descriptor(client):
    # The specification gives the legacy descriptor as an object; every recorded answer has it as text.
    rows = client.get(f"_apis/identities?identityIds={ANNA},{GROUP}", host=VSSPS).values()
    recorded = example("ims/7.1/httpExamples/Identities/SearchByIds.json")["value"][0]
    for row in rows:
        assert isinstance(row["descriptor"], type(recorded["descriptor"]))
        check("ims", "IdentityBase", {name: one for name, one in row.items() if name not in ("descriptor", "memberOf")})
        assert undeclared("ims", "IdentityBase", row) == set()


def test_profile_and_accounts_fit(client, fake):
    import requests

    headers = {"Authorization": f"Bearer {fake.token('bearer')}"}
    base = f"{fake.url}/{PROFILE}/_apis"
    me = requests.get(f"{base}/profile/profiles/me?api-version=7.1", headers=headers, timeout=10).json()
    check("profile", "Profile", me)
    assert set(me) == set(example("profile/7.1/httpExamples/profiles/GET__profile_profiles_me.json"))
    url = f"{base}/accounts?memberId={me['publicAlias']}&api-version=7.1"
    rows = requests.get(url, headers=headers, timeout=10).json()["value"]
    assert [row["accountName"] for row in rows] == ["demo"]
    check("account", "Account", rows[0])
    recorded = example("account/7.1/httpExamples/accounts/GET__Accounts_memberId-_userId_.json")["value"][0]
    assert set(recorded) <= set(rows[0])


def test_permissions_and_their_batch_fit(client):
    namespace, token = "52d39943-cb85-4d7f-8fa8-c6baac873819", f"$PROJECT:vstfs:///Classification/TeamProject/{ALPHA}"
    assert client.get(f"_apis/permissions/{namespace}/1?tokens={token}").values() == [True]
    # The recorded request spells the names in lower case.
    recorded = (
        _SECURITY + "permissionEvaluationBatch/POST__security_permissionevaluationbatch__api-version-3.0-preview.json"
    )
    evaluation = {"securitynamespaceid": namespace, "token": token, "permissions": 1}
    asked = {"alwaysallowadministrators": False, "evaluations": [evaluation]}
    body = client.post("_apis/security/permissionevaluationbatch", asked).json()
    check("security", "PermissionEvaluationBatch", body)
    assert set(body["evaluations"][0]) == set(example(recorded)["evaluations"][0])


def test_a_looked_up_subject_is_keyed_by_its_descriptor(client):
    asked = {"lookupKeys": [{"descriptor": ANNA_DESCRIPTOR}, {"descriptor": "aad.nobody"}]}
    body = client.post("_apis/graph/subjectlookup", asked, host=VSSPS, version="7.1-preview.1").json()
    recorded = example("graph/7.1/httpExamples/Subjectlookup/LookupSubjects.json")
    assert set(body) == set(recorded)
    assert list(body["value"]) == [ANNA_DESCRIPTOR]
    check("graph", "GraphSubject", body["value"][ANNA_DESCRIPTOR])


def test_a_subscription_and_its_notifications_fit(client):
    made = client.post("_apis/hooks/subscriptions", SUBSCRIPTION)
    assert made.status == 200
    body = made.json()
    recorded = example("hooks/7.1/httpExamples/subscriptions/POST__hooks_subscriptions.json")
    assert set(recorded) <= set(body)
    assert set(recorded["publisherInputs"]) - {"buildStatus", "definitionName"} == set(body["publisherInputs"])
    # Counted as text in the specification, as a number by the service.
    check("hooks", "Subscription", {**body, "probationRetries": str(body["probationRetries"])})
    assert undeclared("hooks", "Subscription", body) == set()
    tested = client.post("_apis/hooks/testnotifications", {"details": SUBSCRIPTION}).json()
    check("hooks", "Notification", tested)
    assert undeclared("hooks", "Notification", tested) == set()


# Example file, our host, path, version, and what recorded rows have and ours leave out.
EXAMPLES = [
    ("core", "projects/GET__projects.json", "dev.azure.com", "_apis/projects", set()),
    ("core", "teams/GET__projects__projectId__teams.json", "dev.azure.com", f"_apis/projects/{ALPHA}/teams", set()),
    ("graph", "Users/GetAllUsers.json", VSSPS, "_apis/graph/users", set()),
    ("graph", "Groups/GetAllGroups.json", VSSPS, "_apis/graph/groups", set()),
    ("hooks", "consumers/GET__hooks_consumers.json", "dev.azure.com", "_apis/hooks/consumers", {"imageUrl"}),
    ("hooks", "publishers/GET__hooks_publishers.json", "dev.azure.com", "_apis/hooks/publishers", set()),
]


@pytest.mark.parametrize(("name", "file", "host", "path", "left_out"), EXAMPLES)
def test_rows_have_what_recorded_rows_have(client, name, file, host, path, left_out):
    recorded = example(f"{name}/7.1/httpExamples/{file}")["value"][0]
    version = "7.1-preview.1" if name == "graph" else "7.1"
    ours = client.get(path, host=host, version=version).values()[0]
    assert set(recorded) - set(ours) <= left_out


def test_links_of_a_user_are_those_recorded(client):
    recorded = example("graph/7.1/httpExamples/Users/GetAllUsers.json")["value"][1]["_links"]
    ours = client.graph("users").values()[0]["_links"]
    assert set(ours) == set(recorded)


def test_a_membership_is_as_recorded(client):
    recorded = example("graph/7.1/httpExamples/Memberships/GetMembershipUser.json")
    container = client.graph(f"descriptors/{READERS}", version="7.1").json()["value"]
    ours = client.graph(f"memberships/{ANNA_DESCRIPTOR}/{container}").json()
    assert (set(ours), set(ours["_links"])) == (set(recorded), set(recorded["_links"]))


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).lower().rstrip("/")


def test_every_route_has_the_version_and_a_scope_of_the_specification():
    areas.load()
    known = {(host, method, _shape(path)): (version, scopes) for host, method, path, version, scopes in operations()}
    for one in ROUTES:
        found = known.get((one.host, one.method, _shape(one.template)))
        if found is not None:
            assert one.version == found[0], one.template
            assert set(one.scopes) <= set(found[1]) or not found[1], one.template
            assert one.scopes or not found[1], one.template
