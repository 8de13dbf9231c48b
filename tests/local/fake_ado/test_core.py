"""Projects, teams, places: what lists show and how one is found."""

from __future__ import annotations

import pytest
import requests

from tests.local.fake_ado.minimal import ALPHA, ANNA, BETA, DELETED, TEAM

CORE_AREA = "79134C72-4A58-4B42-976C-04E7115F32BF"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Alpha", "Beta Straße"]),
        ("?stateFilter=wellFormed", ["Alpha", "Beta Straße"]),
        ("?stateFilter=deleted", ["Gone"]),
        ("?stateFilter=all", ["Alpha", "Beta Straße"]),
        ("?stateFilter=new", []),
    ],
)
def test_projects_by_state(client, query, names):
    assert [row["name"] for row in client.get(f"_apis/projects{query}").values()] == names


def test_an_unknown_state_is_refused(client):
    assert client.get("_apis/projects?stateFilter=odd").status == 400


@pytest.mark.parametrize("name", [ALPHA, ALPHA.upper(), "Alpha", "alpha"])
def test_a_project_is_found_by_id_and_name(client, name):
    body = client.get(f"_apis/projects/{name}").json()
    assert (body["id"], body["defaultTeam"]["id"]) == (ALPHA, TEAM)
    assert "capabilities" not in body


def test_a_former_name_leads_on(client):
    assert client.get("_apis/projects/Old%20Alpha").status == 404
    assert client.get("_apis/projects/Old%20Alpha?includeHistory=true").json()["id"] == ALPHA
    assert client.get("Old%20Alpha/_apis/build/builds").status == 200


def test_a_name_taken_again_is_the_new_projects(client, fake):
    fake.organization("demo").projects[BETA].name = "Old Alpha"
    assert client.get("_apis/projects/Old%20Alpha").json()["id"] == BETA


def test_a_deleted_project_can_be_read_but_not_worked_in(client):
    assert client.get(f"_apis/projects/{DELETED}").json()["state"] == "deleted"
    assert client.get(f"{DELETED}/_apis/build/builds").status == 400


def test_capabilities_are_words(client):
    git, tfvc = (
        client.get(f"_apis/projects/{one}?includeCapabilities=true").json()["capabilities"] for one in (ALPHA, BETA)
    )
    assert git["versioncontrol"] == {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"}
    assert tfvc["versioncontrol"] == {"sourceControlType": "Tfvc", "gitEnabled": "False", "tfvcEnabled": "True"}
    assert (git["processTemplate"]["templateName"], tfvc["processTemplate"]["templateName"]) == ("Agile", "Scrum")


def test_properties_by_key(client):
    path = f"_apis/projects/{ALPHA}/properties?keys=System.SourceControl*,System.ProcessTemplateType"
    names = [row["name"] for row in client.get(path, version="7.1-preview.1").values()]
    assert sorted(names) == [
        "System.ProcessTemplateType",
        "System.SourceControlGitEnabled",
        "System.SourceControlTfvcEnabled",
    ]


def test_a_team_has_its_members(client):
    rows = client.get("_apis/projects/Alpha/teams/Alpha%20Team/members").values()
    assert [(row["identity"]["id"], row["isTeamAdmin"]) for row in rows] == [(ANNA, True)]
    assert client.get("_apis/projects/Alpha/teams/none").json()["typeKey"] == "TeamNotFoundException"
    assert client.get("_apis/teams?$mine=true", version="7.1-preview.3").values() == []


def test_an_organisation_is_found_without_a_credential(fake):
    def look(query):
        url = f"{fake.url}/dev.azure.com/_apis/resourceAreas/{CORE_AREA}?{query}&api-version=5.0-preview.1"
        return requests.get(url, timeout=10).json()["locationUrl"]

    organization = fake.organization("demo")
    assert look("accountName=DEMO") == "https://dev.azure.com/demo"
    assert look(f"hostId={organization.id}") == "https://dev.azure.com/demo"
    assert look("accountName=nobody") is None
    organization.is_legacy_url = True
    assert look("accountName=demo") == "https://demo.visualstudio.com/"


def test_public_projects_are_open_to_anybody_where_the_organisation_allows_it(client, fake):
    bogus = {"Authorization": "Bearer bogus"}
    assert client.get("_apis/connectionData", version=None, token=None).status == 203
    fake.organization("demo").public_access = True
    for headers in ({}, bogus):
        who = client.get("_apis/connectionData", version=None, token=None, headers=headers).json()["authenticatedUser"]
        assert who["descriptor"] == "System:PublicAccess;aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
        assert [row["id"] for row in client.get("_apis/projects", token=None, headers=headers).values()] == [BETA]
    assert client.graph("users", token=None).status == 203
    assert client.get(f"{ALPHA}/_apis/build/builds", token=None).status == 400
