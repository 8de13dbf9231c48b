"""A small organisation written out by hand, and a client that says nothing but what it is told to."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from local.fake_ado.model import Build, Definition, Identity, Node, Organization, Project, Repository, Team
from local.fake_ado.testing import FakeAdo

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALPHA = "a1000000-0000-4000-8000-000000000001"
BETA = "b2000000-0000-4000-8000-000000000002"
HIDDEN = "c3000000-0000-4000-8000-000000000003"
DELETED = "d4000000-0000-4000-8000-000000000004"
TEAM = "7ea00000-0000-4000-8000-000000000001"
REPOSITORY = "4e900000-0000-4000-8000-000000000001"
AREA_ROOT = "0de00000-0000-4000-8000-000000000001"
ANNA = "00000000-0000-4000-8000-00000000000a"
GROUP = "00000000-0000-4000-8000-0000000000f0"
READERS = "00000000-0000-4000-8000-0000000000f1"


def minimal_organization(name: str = "demo") -> Organization:
    """Two visible projects, one hidden from everybody, one deleted; seven people, a group of groups, ten builds."""
    organization = Organization(
        name=name,
        id=f"0f000000-0000-4000-8000-{len(name):012d}",
        tenant_id="7e000000-0000-4000-8000-000000000001",
        now=NOW,
    )
    for index, letter in enumerate("abcdefg"):
        person = _person(letter, index)
        organization.identities[person.id] = person
    organization.identities["00000000-0000-4000-8000-00000000000g"].is_active = False
    admins = _group(GROUP, f"[{name}]\\Project Collection Administrators", [READERS])
    readers = _group(READERS, "[Alpha]\\Readers", [ANNA], ALPHA)
    organization.identities |= {admins.id: admins, readers.id: readers}
    for project in (
        Project(ALPHA, "Alpha", "First", last_update_time=NOW, former_names=["Old Alpha"]),
        Project(BETA, "Beta Straße", process="Scrum", git_enabled=False, tfvc_enabled=True, visibility="public"),
        Project(HIDDEN, "Hidden"),
        Project(DELETED, "Gone", state="deleted"),
    ):
        organization.projects[project.id] = project
    organization.teams[TEAM] = Team(TEAM, ALPHA, "Alpha Team", "", [ANNA])
    organization.repositories[REPOSITORY] = Repository(REPOSITORY, ALPHA, "Alpha")
    organization.nodes[AREA_ROOT] = Node(1, AREA_ROOT, ALPHA, "area", "Alpha", None)
    organization.definitions[1] = Definition(1, ALPHA, "CI", NOW, REPOSITORY)
    organization.builds |= {number: _build(number) for number in range(1, 11)}
    return organization


def hide(organization: Organization) -> None:
    """Nobody sees the project that is to be hidden. After ``equip``, so that it holds for its accounts too."""
    organization.projects[HIDDEN].hidden_from = set(organization.identities)


def _person(letter: str, index: int) -> Identity:
    address = f"{letter}@demo.example"
    return Identity(
        id=f"00000000-0000-4000-8000-00000000000{letter}",
        descriptor=f"aad.{base64.b64encode(letter.encode() * 9).decode()}",
        display_name=f"Person {letter.upper()}",
        account=address,
        mail=address,
        origin_id=f"11111111-0000-4000-8000-00000000000{index}",
        domain="7e000000-0000-4000-8000-000000000001",
    )


def _group(key: str, account: str, members: list[str], project_id: str | None = None) -> Identity:
    return Identity(
        id=key,
        descriptor=f"vssgp.{key[-4:]}",
        display_name=account,
        account=account,
        mail=None,
        origin_id=key,
        kind="group",
        member_ids=members,
        scope_project_id=project_id,
    )


def _build(number: int) -> Build:
    queued = NOW - timedelta(hours=number)
    is_done = number > 2
    return Build(
        id=number,
        project_id=ALPHA,
        definition_id=1 if number % 2 else 2,
        number=f"20260301.{number}",
        status="completed" if is_done else "inProgress",
        result=("failed" if number % 3 == 0 else "succeeded") if is_done else None,
        reason="manual",
        branch="refs/heads/main",
        commit=f"{number:040x}",
        queued=queued,
        started=queued + timedelta(seconds=30) if number != 1 else None,
        finished=queued + timedelta(minutes=10) if is_done else None,
        requested_for=ANNA,
        repository_id=REPOSITORY,
    )


@dataclass(frozen=True)
class Reply:
    """An answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    def values(self) -> list[Any]:
        body = self.json()
        assert body["count"] == len(body["value"])
        return list(body["value"])


class Client:
    """Sends one request at a time, with a named token unless told."""

    def __init__(self, fake: FakeAdo, organization: str = "demo") -> None:
        self.fake = fake
        self.organization = organization

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None = "good",
        host: str = "dev.azure.com",
        version: str | None = "7.1",
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """``path`` follows the organisation. ``token`` is a name; None sends no credential."""
        sent = {"Accept": "application/json", **(headers or {})}
        if token is not None:
            sent.setdefault("Authorization", basic(self.fake.token(token, self.organization)))
        url = f"{self.fake.url}/{host}/{self.organization}/{path}"
        if version is not None:
            url += ("&" if "?" in url else "?") + f"api-version={version}"
        answer = requests.request(method, url, json=body, headers=sent, allow_redirects=False, timeout=10)
        return Reply(answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, answer.content)

    def get(self, path: str, **options: Any) -> Reply:
        return self.send("GET", path, **options)

    def graph(self, path: str, *, version: str = "7.1-preview.1", **options: Any) -> Reply:
        return self.send("GET", f"_apis/graph/{path}", host="vssps.dev.azure.com", version=version, **options)

    def post(self, path: str, body: Any, **options: Any) -> Reply:
        return self.send("POST", path, body=body, **options)


def basic(token: str) -> str:
    """The header of a personal access token."""
    return "Basic " + base64.b64encode(f":{token}".encode()).decode()
