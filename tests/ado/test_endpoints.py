"""Every operation against Microsoft's specification, and against the replies published with it."""

from __future__ import annotations

import csv
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from shared.ado import endpoints
from shared.ado.endpoint import LEARN, Endpoint
from shared.ado.endpoints import account, core, git, graph, hooks, ims, location, wit, work
from shared.ado.wire import read_page
from tests.ado.recorded import recorded

OPERATIONS = Path(__file__).resolve().parents[3] / "shared" / "ado" / "specs" / "operations.tsv"

DECLARED: dict[str, Endpoint] = {
    f"{module.name}.{name}": value
    for module in pkgutil.iter_modules(endpoints.__path__)
    for name, value in vars(importlib.import_module(f"{endpoints.__name__}.{module.name}")).items()
    if isinstance(value, Endpoint)
}

NOT_SPECIFIED = {
    "location.CONNECTION_DATA": "in no specification file; every official client asks it",
    "location.ORGANIZATION_LOCATION": "in no specification file; documented on its own page",
}


def _operations() -> dict[tuple[str, str, str], tuple[str, str, set[str]]]:
    if not OPERATIONS.exists():
        pytest.skip("the specification's index is not there")
    with OPERATIONS.open(newline="") as f:
        return {
            (row["host"], row["method"], _plain(row["path"])): (
                row["operation"],
                row["api_version"],
                set(filter(None, row["oauth_scopes"].split(","))),
            )
            for row in csv.DictReader(f, delimiter="\t")
        }


def _plain(path: str) -> str:
    """A path without its organisation, its project and the names of its segments, in lower case.

    The specification's classification nodes end with a path, which the root of a tree does not have.
    """
    rest = path.removeprefix("/").removeprefix("{organization}/").removeprefix("{project}/")
    return re.sub(r"\{[^}]*\}", "{}", rest).lower().replace("/classificationnodes/{}/{}", "/classificationnodes/{}")


def test_there_is_something_to_hold_against_the_specification():
    assert len(DECLARED) > 40


@pytest.mark.parametrize("name", sorted(DECLARED.keys() - NOT_SPECIFIED.keys()))
def test_an_operation_is_as_specified(name):
    endpoint = DECLARED[name]
    operation, version, scopes = _operations()[(endpoint.host, endpoint.method, _plain(endpoint.path))]
    assert endpoint.api_version == version
    assert endpoint.scope in scopes if scopes else endpoint.scope is None
    group, _, what = operation.partition("_")
    page = f"{group}/{what}".lower().replace(" ", "-")
    assert endpoint.docs.removeprefix(LEARN).partition("/")[2] == page


def test_the_exceptions_are_declared_and_not_specified():
    known = _operations()
    for name in NOT_SPECIFIED:
        endpoint = DECLARED[name]
        assert (endpoint.host, endpoint.method, _plain(endpoint.path)) not in known


@pytest.mark.parametrize("endpoint", DECLARED.values(), ids=DECLARED.keys())
def test_an_operation_is_well_formed(endpoint):
    assert not endpoint.path.startswith("/")
    assert endpoint.docs.startswith("https://")
    assert "api-version" not in endpoint.query
    assert endpoint.method == "POST" or not endpoint.read_only


@pytest.mark.parametrize("endpoint", [e for e in DECLARED.values() if e.method == "POST"], ids=lambda e: e.route)
def test_only_what_reads_may_be_sent_twice(endpoint):
    assert endpoint.repeatable == (endpoint is not hooks.CREATE_SUBSCRIPTION)


@pytest.mark.parametrize(
    ("endpoint", "name", "count"),
    [
        (core.PROJECTS, "core/GET_projects.json", 3),
        (core.TEAMS, "core/GET_teams_mine_mine.json", 2),
        (core.PROJECT_TEAMS, "core/GET_projects_projectId_teams.json", 2),
        (git.REPOSITORIES, "git/GET_repositories.json", 3),
        (git.REFS, "git/GET_refs_heads.json", 3),
        (git.PULL_REQUESTS, "git/GET_pullRequests.json", 3),
        (git.PULL_REQUEST_THREADS, "git/GET_pullRequestThreads.json", 8),
        (git.PULL_REQUEST_ITERATION_CHANGES, "git/GET_pullRequestIterationChanges.json", 2),
        (wit.WORK_ITEM_REVISIONS, "wit/GET_wit_reporting_workItemRevisions.json", 3),
        (wit.WORK_ITEM_LINKS, "wit/GET_wit_reporting_workItemLinks_50.json", 3),
        (wit.WORK_ITEM_TYPE_STATES, "wit/GET_workitem_type_states.json", 5),
        (wit.WORK_ITEM_TYPE_CATEGORIES, "wit/GET_wit_workItemTypeCategories.json", 14),
        (wit.WORK_ITEM_RELATION_TYPES, "wit/GET_relation_types.json", 18),
        (wit.DELETED_WORK_ITEMS, "wit/GET_wit_recyclebin.json", 3),
        (work.TEAM_ITERATIONS, "work/GET_work_teamsettings_iterations_timeframe_timeframe.json", 1),
        (work.BOARD_COLUMNS, "work/GET_work_boards_boardId_columns.json", 4),
        (graph.USERS, "graph/GetAllUsers.json", 5),
        (graph.MEMBERSHIPS, "graph/BatchGetMembershipsUserUp.json", 1),
        (ims.IDENTITIES, "ims/SearchByIds.json", 2),
        (ims.IDENTITIES, "ims/SearchBySubjectDescriptors.json", 2),
        (hooks.SUBSCRIPTIONS, "hooks/GET_hooks_subscriptions.json", 12),
        (account.ACCOUNTS, "account/GET_Accounts_memberId_userId.json", 2),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_recorded_list_is_read_whole(endpoint, name, count):
    page = read_page(endpoint, recorded(name))
    assert len(page.items) == count
    assert page.body.get("count", count) == count


@pytest.mark.parametrize(
    ("endpoint", "name", "field"),
    [
        (git.PULL_REQUEST, "git/GET_pullRequest.json", "pullRequestId"),
        (wit.FIELD, "wit/GET_wit_fields_fieldName.json", "referenceName"),
        (wit.CLASSIFICATION_NODES, "wit/GET_wit_classificationNodes_iterations_depth_2.json", "identifier"),
        (wit.ARTIFACT_URI_QUERY, "wit/POST_wit_artifacturiquery.json", "artifactUrisQueryResult"),
        (graph.DESCRIPTOR, "graph/GetDescriptorById.json", "value"),
        (graph.STORAGE_KEY, "graph/GetStorageKeyBySubjectDescriptor.json", "value"),
        (graph.SUBJECT_LOOKUP, "graph/LookupSubjects.json", "value"),
        (account.PROFILE, "profile/GET_profile_profiles_me.json", "publicAlias"),
        (hooks.CREATE_SUBSCRIPTION, "hooks/POST_hooks_subscriptions.json", "id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_recorded_thing_is_read(endpoint, name, field):
    assert read_page(endpoint, recorded(name)).body[field]


def test_a_deletion_has_no_body():
    page = read_page(hooks.DELETE_SUBSCRIPTION, recorded("hooks/DELETE_hooks_subscriptions_newSubscriptionId.json"))
    assert (page.body, page.items, page.last) == ({}, [], True)


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("wit/POST_wit_reporting_workItemRevisions_watermark_794.json", "842;5;3"),
        ("wit/GET_wit_reporting_workItemLinks_50.json", "6281123"),
    ],
)
def test_the_token_of_a_recorded_batch(name, token):
    assert read_page(wit.WORK_ITEM_REVISIONS, recorded(name)).token == token


def test_anonymous_and_organization_free_operations_are_few():
    assert [e for e in DECLARED.values() if e.anonymous] == [location.ORGANIZATION_LOCATION]
    free = {e.path for e in DECLARED.values() if not e.in_organization}
    assert free == {location.ORGANIZATION_LOCATION.path, account.PROFILE.path, account.ACCOUNTS.path}
