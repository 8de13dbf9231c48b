"""The three ways in which lists are cut, read to their ends."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from local.fake_ado.model import Project, Team
from tests.local.fake_ado.minimal import ALPHA

COUNT = 120


@pytest.fixture
def many(fake):
    organization = fake.organization("demo")
    for number in range(COUNT):
        key = f"{number:08d}-0000-4000-8000-000000000000"
        organization.projects[key] = Project(key, f"P{number:03d}")
        organization.teams[key] = Team(key, ALPHA, f"T{number:03d}")
    return organization


def _follow(client, path, version="7.1", host="dev.azure.com"):
    """All rows by continuation token, and the sizes of the pages."""
    rows, sizes, token = [], [], None
    while True:
        suffix = "" if token is None else ("&" if "?" in path else "?") + f"continuationToken={quote(token, safe='')}"
        reply = client.get(path + suffix, version=version, host=host)
        page = reply.values()
        rows += page
        sizes.append(len(page))
        token = reply.headers.get("x-ms-continuationtoken")
        if token is None:
            return rows, sizes


def test_projects_by_token_give_every_one_once(client, many):
    rows, sizes = _follow(client, "_apis/projects?$top=50")
    assert sizes == [50, 50, 22]
    assert len({row["id"] for row in rows}) == COUNT + 2


def test_the_token_of_projects_counts_what_was_given(client, many):
    assert client.get("_apis/projects?$top=7").headers["x-ms-continuationtoken"] == "7"
    assert "x-ms-continuationtoken" not in client.get("_apis/projects?$top=1000").headers


def test_projects_come_a_hundred_at_a_time_unless_asked(client, many):
    assert len(client.get("_apis/projects").values()) == 100


def test_projects_by_skip_end_with_an_empty_page(client, many):
    seen, skip = [], 0
    while page := client.get(f"_apis/projects?$top=40&$skip={skip}").values():
        seen += [row["id"] for row in page]
        skip += len(page)
    assert len(seen) == len(set(seen)) == COUNT + 2


def test_teams_page_by_skip_only(client, many):
    reply = client.get(f"_apis/projects/{ALPHA}/teams?$top=100")
    assert len(reply.values()) == 100
    assert "x-ms-continuationtoken" not in reply.headers
    assert len(client.get(f"_apis/projects/{ALPHA}/teams?$top=100&$skip=100").values()) == COUNT + 1 - 100


def test_graph_has_its_own_page_size_and_an_opaque_token(client, fake):
    rows, sizes = _follow(client, "_apis/graph/users", "7.1-preview.1", "vssps.dev.azure.com")
    assert set(sizes[:-1]) == {fake.settings.graph_page_size}
    listed = [one for one in fake.organization("demo").identities.values() if one.kind != "group" and one.listed]
    assert [row["descriptor"] for row in rows] == [one.descriptor for one in listed]
    assert (
        client.get("_apis/graph/users?$top=1", host="vssps.dev.azure.com", version="7.1-preview.1").values() == rows[:3]
    )


@pytest.mark.parametrize(
    ("path", "host", "version"),
    [
        ("_apis/projects?continuationToken=x", "dev.azure.com", "7.1"),
        ("_apis/projects?continuationToken=-1", "dev.azure.com", "7.1"),
        ("_apis/graph/users?continuationToken=x", "vssps.dev.azure.com", "7.1-preview.1"),
        (f"{ALPHA}/_apis/build/builds?continuationToken=x", "dev.azure.com", "7.1"),
        ("_apis/projects?$top=-1", "dev.azure.com", "7.1"),
        ("_apis/projects?$skip=many", "dev.azure.com", "7.1"),
    ],
)
def test_a_token_or_number_that_is_none_is_refused(client, path, host, version):
    assert client.get(path, host=host, version=version).status == 400


@pytest.mark.parametrize(
    "order", ["finishTimeAscending", "finishTimeDescending", "queueTimeAscending", "startTimeDescending"]
)
def test_builds_by_token_give_every_one_once_in_order(client, order):
    path = f"{ALPHA}/_apis/build/builds?queryOrder={order}"
    rows, sizes = _follow(client, f"{path}&$top=3")
    assert sizes == [3, 3, 3, 1]
    assert [row["id"] for row in rows] == [row["id"] for row in client.get(path).values()]
    field = order.removesuffix("Ascending").removesuffix("Descending")
    times = [row[field] for row in rows if field in row]
    assert times == sorted(times, reverse=order.endswith("Descending"))
    assert [row for row in rows[: len(times)] if field not in row] == []


def test_definitions_give_a_token_after_a_full_page(client):
    rows, sizes = _follow(client, f"{ALPHA}/_apis/build/definitions?$top=1&queryOrder=definitionNameAscending")
    assert (sizes, [row["name"] for row in rows]) == ([1, 1], ["CI", "Pipeline 2"])
