"""The client against the fake Azure DevOps, which knows nothing of how refusals are read here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.fake_ado.testing import FakeAdo, start_fake
from shared.ado.auth import PatAuth
from shared.ado.caller import read_caller
from shared.ado.client import AdoClient
from shared.ado.endpoints import build, core, graph, ims, location
from shared.ado.hosts import Hosts
from shared.errors import ConnectorError


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAdo]:
    with start_fake(["demo"]) as fake:
        yield fake


def _client(fake: FakeAdo, token: str) -> AdoClient:
    return AdoClient("demo", PatAuth(fake.token(token)), hosts=Hosts(fake.hosts()))


def _refusals(client: AdoClient, project: str, identity: str) -> dict[str, str]:
    """The code of each refusal, by what was asked."""
    questions = {
        "teams": lambda: client.one(core.TEAMS),
        "definitions": lambda: client.one(build.DEFINITIONS, path={"project": project}),
        "users": lambda: client.one(graph.USERS),
        "identities": lambda: client.one(ims.IDENTITIES, query={"identityIds": identity}),
    }
    codes: dict[str, str] = {}
    for name, question in questions.items():
        try:
            question()
        except ConnectorError as e:
            codes[name] = e.code
    return codes


ALL = ("teams", "definitions", "users", "identities")


@pytest.mark.parametrize(
    ("token", "refused"),
    [
        ("good", {}),
        ("reader", {}),
        ("no_project", {"teams": "scope.missing"}),
        ("no_build", {"definitions": "scope.missing"}),
        ("no_graph", {"users": "scope.missing"}),
        ("no_identity", {"identities": "scope.missing"}),
        ("expired", dict.fromkeys(ALL, "credentials.expired")),
        ("revoked", dict.fromkeys(ALL, "credentials.rejected")),
        ("stranger", dict.fromkeys(ALL, "credentials.foreign")),
        ("conditional_access", dict.fromkeys(ALL, "conditional_access")),
    ],
)
def test_a_token_is_told_by_what_it_may_not(fake, token, refused):
    good = _client(fake, "good")
    (project, *_) = good.one(core.PROJECTS)["value"]
    identity = read_caller(good.one(location.CONNECTION_DATA)).id
    assert _refusals(_client(fake, token), project["id"], identity) == refused


def test_small_pages_hold_what_one_page_holds(fake):
    client = _client(fake, "good")
    for endpoint in (core.PROJECTS, core.TEAMS):
        whole = [item["id"] for page in client.pages(endpoint) for item in page.items]
        small = [item["id"] for page in client.pages(endpoint, query={"$top": 1}) for item in page.items]
        assert small == whole
