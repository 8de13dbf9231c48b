"""The parent and epic of a ticket over the API, by links and over the borders of projects and integrations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.integration_store import new_integration_id
from tests.functions.entities import OTHER_PROJECT, PROJECT, T0, link, project, ticket
from tests.functions.test_status_mapping import _type


@pytest.fixture
def family(stored, store):
    """Feature 2 and bugs below it; epic 1 above it: by the tickets' own fields, as long as there are no links."""
    store(
        project(stored), _type(stored, "Epopöe", category="epic"),
        ticket(stored, 1, type="Epopöe"), ticket(stored, 2, type="Feature", parent_number=1),
        ticket(stored, 3, parent_number=2),
    )  # fmt: skip
    return stored


def _epic(api, integration, number="3"):
    got = api.get("get_ticket", integration.id, number)
    return got["parent_number"], got["epic_number"], got["epic_integration_id"], got["epic_outside"]


def test_the_epic_is_the_nearest_ancestor_of_the_epic_category(api, family, store):
    assert _epic(api, family) == (2, 1, family.id, None)
    assert _epic(api, family, "1") == (None, None, None, None)
    store(ticket(family, 2, type="EPOPÖE", parent_number=1))
    assert _epic(api, family) == (2, 2, family.id, None)


def test_links_know_better_than_the_ticket(api, family, store):
    store(ticket(family, 4, type="Epopöe"), link(family, 4, 3))
    assert _epic(api, family) == (4, 4, family.id, None)
    store(link(family, 4, 3, is_deleted=True))
    assert _epic(api, family) == (None, None, None, None)
    store(link(family, 2, 3, link_type="related", id="2/3/related", ado_rel="related"))
    assert _epic(api, family) == (None, None, None, None)


def test_a_type_that_is_only_called_epic_is_none(api, family, store):
    store(ticket(family, 1, type="Epic"))
    assert _epic(api, family) == (2, None, None, None)


@pytest.mark.parametrize(
    "above",
    [
        pytest.param({1: {"parent_number": 3, "type": "Feature"}}, id="a circle"),
        pytest.param({2: {"parent_number": 3}}, id="its own ancestor"),
        pytest.param({1: {"type": "Epopöe", "is_deleted": True}}, id="a deleted epic"),
        pytest.param({2: {"parent_number": None}}, id="nothing above"),
    ],
)
def test_a_ticket_without_an_epic_says_null(api, family, store, above):
    store(*(ticket(family, number, **{"type": "Feature", **other}) for number, other in above.items()))
    assert _epic(api, family) == (2, None, None, None)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], {"number": 9, "project_id": OTHER_PROJECT, "project_name": None}),
        ([{"is_imported": False}], {"number": 9, "project_id": OTHER_PROJECT, "project_name": "Other"}),
        ([{"unavailable_since": T0}], {"number": 9, "project_id": OTHER_PROJECT, "project_name": "Other"}),
        # In a project that is read it has only not come yet.
        ([{}], None),
    ],
)
def test_an_epic_in_a_project_that_is_not_read_is_said_to_be_outside(api, family, store, others, expected):
    store(link(family, 9, 2, source_project_id=OTHER_PROJECT, target_project_id=PROJECT))
    store(*(project(family, id=OTHER_PROJECT, name="Other", **other) for other in others))
    assert _epic(api, family) == (2, None, None, expected)


def test_an_epic_that_another_integration_of_the_organization_holds_is_found_there(api, family, store, parts):
    def another(**other):
        return parts.integrations.create(replace(family, id=new_integration_id(), **other))

    store(link(family, 9, 2, source_project_id=OTHER_PROJECT))
    foreign = [another(name="A", organization="else"), another(name="B", workspace="w-other")]
    for one in foreign:
        store(_type(one, "Epopöe", category="epic"), ticket(one, 9, type="Epopöe"))
    assert _epic(api, family)[1:3] == (None, None)
    other = another(name="C", organization=family.organization.upper())
    store(_type(other, "Epopöe", category="epic"), ticket(other, 9, type="Feature", parent_number=8))
    store(ticket(other, 8, type="Epopöe"))
    assert _epic(api, family) == (2, 8, other.id, None)


def test_links_to_pull_requests_and_commits_are_shown(api, family, store):
    pull_request, gone, commit = f"{PROJECT}/7", f"{PROJECT}/8", f"{PROJECT}/{'a' * 40}"
    rel = {"source_number": None, "ado_rel": "ArtifactLink", "target": 3}
    of_pull_request = {"link_type": "pull_request", **rel}
    store(
        link(family, id=f"3/pull_request/{pull_request}", pull_request_id=pull_request, **of_pull_request),
        link(family, id=f"3/pull_request/{gone}", pull_request_id=gone, is_deleted=True, **of_pull_request),
        link(family, id=f"3/commit/{commit}", link_type="commit", commit_id=commit, **rel),
    )
    got = api.get("get_ticket", family.id, "3")
    assert (got["pull_request_ids"], got["commit_ids"]) == ([pull_request], [commit])
    assert {row["id"] for row in api.rows("list_ticket_links", family.id)} == {
        f"3/pull_request/{pull_request}", f"3/commit/{commit}",
    }  # fmt: skip
    for id_ in (f"3/pull_request/{pull_request}", f"3/commit/{commit}"):
        answer = api.get("get_coverage", family.id, kind="ticket_links", source_id=id_)
        assert answer["status"] == "stored"
