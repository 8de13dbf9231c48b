"""Graph, identities, profile, connectionData: the same people in their several forms."""

from __future__ import annotations

import pytest
import requests

from local.fake_ado.testing import start_fake
from tests.local.fake_ado.minimal import ALPHA, ANNA, GROUP, READERS, Client, basic, minimal_organization

VSSPS = "vssps.dev.azure.com"
LEFT = "00000000-0000-4000-8000-00000000000g"


def _identities(client, query):
    return client.get(f"_apis/identities?{query}", host=VSSPS).values()


def test_descriptor_and_storage_key_lead_to_each_other(client):
    descriptor = client.graph(f"descriptors/{ANNA}", version="7.1").json()["value"]
    assert client.graph(f"storagekeys/{descriptor}", version="7.1").json()["value"] == ANNA


def test_a_project_has_a_descriptor_by_id_but_not_by_name(client):
    scope = client.graph(f"descriptors/{ALPHA}", version="7.1").json()["value"]
    assert scope.startswith("scp.")
    assert client.graph("descriptors/Alpha", version="7.1").status == 400
    groups = client.graph(f"groups?scopeDescriptor={scope}").values()
    assert [row["principalName"] for row in groups] == ["[Alpha]\\Readers"]
    assert groups[0]["displayName"] == "Readers"
    assert groups[0]["domain"] == f"vstfs:///Classification/TeamProject/{ALPHA}"


def test_users_of_a_project_are_those_of_its_teams_and_groups(client):
    scope = client.graph(f"descriptors/{ALPHA}", version="7.1").json()["value"]
    assert [row["displayName"] for row in client.graph(f"users?scopeDescriptor={scope}").values()] == ["Person A"]


def test_subject_types_choose(client):
    assert client.graph("users?subjectTypes=msa").values() == []
    assert len(client.graph("users?subjectTypes=aad,svc").values()) == 3


def test_a_row_has_no_storage_key(client):
    assert ANNA not in str(client.graph("users").values()[0])


def test_who_left_is_told_by_the_membership_state_only(client, fake):
    left = fake.organization("demo").identities[LEFT]
    assert client.graph(f"membershipstates/{left.descriptor}").json()["active"] is False
    fake.settings.graph_page_size = 100
    assert left.descriptor in [row["descriptor"] for row in client.graph("users").values()]
    left.listed = False
    assert left.descriptor not in [row["descriptor"] for row in client.graph("users").values()]
    assert client.graph(f"users/{left.descriptor}").status == 200


def test_only_direct_memberships_count(client):
    anna, readers, admins = (
        client.graph(f"descriptors/{key}", version="7.1").json()["value"] for key in (ANNA, READERS, GROUP)
    )
    up = client.graph(f"memberships/{anna}").values()
    assert [row["containerDescriptor"] for row in up] == [readers]
    down = client.graph(f"memberships/{admins}?direction=down").values()
    assert readers in [row["memberDescriptor"] for row in down]
    assert (
        client.send("HEAD", f"_apis/graph/memberships/{anna}/{readers}", host=VSSPS, version="7.1-preview.1").status
        == 200
    )
    head = client.send("HEAD", f"_apis/graph/memberships/{anna}/{admins}", host=VSSPS, version="7.1-preview.1")
    assert (head.status, head.content) == (404, b"")
    assert client.graph(f"memberships/{anna}?depth=2").status == 400


def test_expanded_membership_goes_through_groups(client):
    row = _identities(client, f"identityIds={ANNA}&queryMembership=expandedUp")[0]
    assert [one.partition(";")[2] for one in row["memberOf"]] == [f"S-1-9-{READERS}", f"S-1-9-{GROUP}"]


def test_identities_by_id_keep_their_places(client):
    rows = _identities(client, f"identityIds={ANNA},00000000-0000-0000-0000-000000000000,{GROUP}")
    assert [row and row["id"] for row in rows] == [ANNA, None, GROUP]


@pytest.mark.parametrize(
    "query",
    [
        "searchFilter=General&filterValue=A@DEMO.example",
        "searchFilter=MailAddress&filterValue=a@demo.example",
        "searchFilter=AccountName&filterValue=a@demo.example",
        "searchFilter=DisplayName&filterValue=person a",
        "subjectDescriptors=aad.YWFhYWFhYWFh",
        "descriptors=Microsoft.IdentityModel.Claims.ClaimsIdentity%3B7e000000-0000-4000-8000-000000000001%5Ca@demo.example",
    ],
)
def test_identities_are_found_in_every_way(client, query):
    assert [row["id"] for row in _identities(client, query)] == [ANNA]


def test_identities_must_be_asked_for(client):
    assert client.get("_apis/identities", host=VSSPS).status == 400


def test_connection_data_is_the_identity_that_others_carry(client, fake):
    body = client.get("_apis/connectionData", version=None, token="reader").json()
    assert body["authenticatedUser"] == body["authorizedUser"]
    assert body["instanceId"] == fake.organization("demo").id
    who = body["authenticatedUser"]
    assert _identities(client, f"identityIds={who['id']}")[0]["descriptor"] == who["descriptor"]
    assert "Mail" not in who["properties"]


def test_the_profile_host_wants_a_bearer_or_a_global_token(client, fake):
    url = f"{fake.url}/app.vssps.visualstudio.com/_apis/profile/profiles/me?api-version=7.1"

    def ask(header):
        headers = {"Authorization": header, "X-TFS-FedAuthRedirect": "Suppress"}
        return requests.get(url, headers=headers, timeout=10)

    assert ask(f"Bearer {fake.token('bearer')}").json()["emailAddress"] == "Svc.Flow@demo.example"
    assert ask(basic(fake.token("global"))).status_code == 200
    assert ask(basic(fake.token("good"))).status_code == 401
    assert client.get("_apis/profile/profiles/me", host=VSSPS).status == 200


def test_accounts_are_those_of_the_member_in_every_organisation():
    organizations = [minimal_organization("one"), minimal_organization("other"), minimal_organization("third")]
    with start_fake(organizations) as fake:
        one, other = fake.organization("one"), fake.organization("other")
        owner = one.identities[one.tokens[fake.token("bearer", "one")].identity_id]
        other.identities[owner.id] = owner
        headers = {"Authorization": f"Bearer {fake.token('bearer', 'one')}"}
        base = f"{fake.url}/app.vssps.visualstudio.com/_apis/accounts?api-version=7.1"
        rows = requests.get(f"{base}&memberId={owner.id}", headers=headers, timeout=10).json()["value"]
        assert [(row["accountName"], row["accountStatus"]) for row in rows] == [
            ("one", "enabled"),
            ("other", "enabled"),
        ]
        assert requests.get(base, headers=headers, timeout=10).status_code == 400
        assert Client(fake, "other").get("_apis/projects", headers=headers, token=None).status == 200
        assert Client(fake, "third").get("_apis/projects", headers=headers, token=None).status == 401
