"""Filters and orders of builds."""

from __future__ import annotations

import pytest

from tests.local.fake_ado.minimal import ALPHA, REPOSITORY


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("statusFilter=completed", [3, 4, 5, 6, 7, 8, 9, 10]),
        ("statusFilter=inProgress,notStarted", [2, 1]),
        ("resultFilter=failed", [3, 6, 9]),
        ("definitions=1&statusFilter=completed", [3, 5, 7, 9]),
        ("buildIds=4,9", [4, 9]),
        ("buildNumber=20260301.1*", [10, 1]),
        ("buildNumber=20260301.1", [1]),
        ("branchName=refs/heads/none", []),
        ("reasonFilter=manual&statusFilter=inProgress", [2, 1]),
        (f"repositoryId={REPOSITORY}&repositoryType=TfsGit&buildIds=4", [4]),
        ("minTime=2026-03-01T07:00:00Z", [3, 4, 5]),
        ("maxTime=2026-03-01T04:00:00Z", [9, 10]),
        ("minTime=2026-03-01T10:00:00Z&queryOrder=queueTimeAscending", [2, 1]),
    ],
)
def test_filters(client, query, numbers):
    assert [row["id"] for row in client.get(f"{ALPHA}/_apis/build/builds?{query}").values()] == numbers


def test_the_default_order_leads_with_completed_builds(client):
    assert [row["id"] for row in client.get(f"{ALPHA}/_apis/build/builds?$top=3").values()] == [3, 4, 5]


def test_times_that_were_not_reached_are_absent(client):
    waiting = client.get(f"{ALPHA}/_apis/build/builds/1").json()
    assert {"startTime", "finishTime", "result"}.isdisjoint(waiting)
    assert client.get(f"{ALPHA}/_apis/build/builds/1/timeline").status == 204
    running = client.get(f"{ALPHA}/_apis/build/builds/2").json()
    assert "startTime" in running
    assert "finishTime" not in running


@pytest.mark.parametrize("query", ["queryOrder=odd", "repositoryId=x", "minTime=yesterday"])
def test_a_query_that_cannot_be_is_refused(client, query):
    assert client.get(f"{ALPHA}/_apis/build/builds?{query}").status == 400


def test_what_there_is_not_is_not_found(client):
    assert client.get(f"{ALPHA}/_apis/build/builds/99").json()["typeKey"] == "BuildNotFoundException"
    assert client.get(f"{ALPHA}/_apis/build/definitions/99").json()["typeKey"] == "DefinitionNotFoundException"


def test_the_repository_comes_with_all_properties_only(client):
    path = f"{ALPHA}/_apis/build/definitions?definitionIds=1"
    assert "repository" not in client.get(path).values()[0]
    assert client.get(f"{path}&includeAllProperties=true").values()[0]["repository"]["id"] == REPOSITORY
    assert [row["id"] for row in client.get(f"{ALPHA}/_apis/build/definitions?name=pipe*").values()] == [2]
