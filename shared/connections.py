"""The connection test: what is asked of Azure DevOps, in which order, and what comes out of it.

Three rounds, each side by side and all within one deadline: who is calling; what the token and the account may do;
what needs a project to be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from shared import checks as ids
from shared import probes, verdicts, visibility
from shared.ado.auth import Auth
from shared.ado.base_url import BaseUrlError, parse_base_url
from shared.ado.caller import Caller
from shared.ado.endpoints.build import DEFINITIONS
from shared.ado.endpoints.core import PROJECTS, TEAMS
from shared.ado.endpoints.git import PULL_REQUESTS, REPOSITORIES
from shared.ado.endpoints.wit import WORK_ITEM_RELATION_TYPES
from shared.checks import MESSAGES, Checks
from shared.connection_answers import AccountAnswer, ConnectionAnswer, UrlAnswer
from shared.errors import ConnectorError, CredentialError
from shared.probes import Found, Probes, Question

if TYPE_CHECKING:
    from shared.ado.client import AdoClient

DEADLINE_SECONDS: Final = 8.0
WHO_SHARE: Final = 0.4
"""Of the time that is left once the caller is known, for the directory: later rounds need the rest."""
RIGHTS_SHARE: Final = 0.55
"""Of the time that is left then, for what needs no project."""
TFVC_LOOKUPS: Final = 20
"""At most so many projects without Git are looked at for TFVC; the rest is said to be unchecked."""
READER_LOOKUPS: Final = 100
"""At most so many projects are asked about what the account may read in them."""

Connect = Callable[[str, Auth | None], "AdoClient"]
"""Make a client for an organisation; None: for questions that send no credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is tried: a base URL, the owner's address as typed, and how to prove who asks (raises CredentialError)."""

    base_url: str
    email: str | None
    """None: nothing was typed, a sign-in names its account."""
    auth: Callable[[], Auth]
    expires_on: date | None
    today: date


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer of a test, and what only we need of it."""

    answer: ConnectionAnswer
    organization_id: str | None = None
    account_id: str | None = None

    @property
    def connected(self) -> bool:
        return self.answer.outcome == "connected"

    @property
    def webhooks_available(self) -> bool:
        return self.answer.services.webhooks.available


def look_at(connect: Connect, text: str, deadline: float = DEADLINE_SECONDS) -> UrlAnswer:
    """Whether a base URL has the right form and its organisation exists. Sends no credential."""
    try:
        name = parse_base_url(text)
    except BaseUrlError as e:
        return UrlAnswer("error", _refused(e), None, None, e.suggested_base_url)
    with Probes(deadline) as asked, closing(connect(name, None)) as client:
        found = asked.ask({"location": partial(probes.location, client, name)})["location"]
    if found is None or verdicts.location_denies(found):
        message = f"There is no Azure DevOps organization {name}. Verify the base URL."
        return UrlAnswer("error", message, name, _url(name), None)
    if isinstance(found, ConnectorError):
        return UrlAnswer("error", verdicts.trouble(found), name, _url(name), None)
    return UrlAnswer("ok", f"The organization {name} exists.", name, _url(name), None)


def diagnose(connect: Connect, attempt: Attempt, deadline: float = DEADLINE_SECONDS) -> Diagnosis:
    """Every check of the contract, always with an answer: whatever Azure DevOps does becomes an outcome."""
    checks = Checks()
    try:
        organization = parse_base_url(attempt.base_url)
    except BaseUrlError as e:
        checks.failed(ids.BASE_URL, _refused(e), e.remedy or "Verify the base URL.")
        return _diagnosis(checks, None, None)
    checks.passed(ids.BASE_URL, "The base URL has the right form.")
    with Probes(deadline) as asked:
        return _Test(checks, attempt, organization, connect, asked).run()


def _refused(error: BaseUrlError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}. {error.remedy or ''}".rstrip()


def _url(organization: str) -> str:
    return f"https://dev.azure.com/{organization}"


def _diagnosis(checks: Checks, organization: str | None, caller: Caller | None) -> Diagnosis:
    outcome = checks.outcome
    answer = ConnectionAnswer(
        outcome=outcome,
        message=MESSAGES[outcome],
        organization=organization,
        base_url=_url(organization) if organization else None,
        account=AccountAnswer(caller.display_name or None, caller.account) if caller else None,
        checks=checks.all(),
        services=checks.services(),
    )
    return Diagnosis(answer, caller.organization_id or None, caller.id) if caller else Diagnosis(answer)


@dataclass(slots=True)
class _Test:
    """One test on its way through the rounds."""

    checks: Checks
    attempt: Attempt
    organization: str
    connect: Connect
    asked: Probes

    def run(self) -> Diagnosis:
        auth = self.asked.ask({"auth": self.attempt.auth})["auth"]
        if isinstance(auth, ConnectorError):
            verdicts.judge_credentials(self.checks, auth)
            return _diagnosis(self.checks, self.organization, None)
        with closing(self.connect(self.organization, auth)) as client:
            caller = self._who(client)
            if caller is not None:
                self._rights(client, caller)
        return _diagnosis(self.checks, self.organization, caller)

    def _who(self, client: AdoClient) -> Caller | None:
        found = self.asked.ask({
            "location": partial(probes.location, client, self.organization),
            "caller": partial(probes.caller, client),
        }, share=WHO_SHARE, first="caller")  # fmt: skip
        caller = found["caller"]
        if isinstance(caller, Caller) and caller.is_anonymous:
            # Organisations with public projects answer anybody, whatever the token.
            caller = CredentialError("Azure DevOps does not recognise the token", code="credentials.rejected")
        verdicts.judge_organization(self.checks, self.organization, found["location"], caller)
        if isinstance(caller, ConnectorError):
            if self.checks.status(ids.ORGANIZATION) != "failed":
                verdicts.judge_credentials(self.checks, caller)
                verdicts.judge_date(self.checks, self.attempt.expires_on, self.attempt.today)
            return None
        self.checks.passed(ids.CREDENTIALS, f"Azure DevOps accepts the token of {caller.display_name}.")
        verdicts.judge_expiry(self.checks, self.attempt.expires_on, self.attempt.today)
        return caller  # type: ignore[no-any-return]

    def _rights(self, client: AdoClient, caller: Caller) -> None:
        listed = partial(partial, probes.listed, client)
        found = self.asked.ask({
            "projects": listed(PROJECTS, {"$top": "1000"}),
            "teams": listed(TEAMS, {"$top": "1"}),
            "repos": listed(REPOSITORIES, {}),
            "work": listed(WORK_ITEM_RELATION_TYPES, {}),
            "identity": partial(probes.addresses, client, caller.id),
            "graph": partial(probes.descriptor, client, caller.id),
            "view": partial(probes.may, client, probes.VIEW_INSTANCE_BIT),
            "edit": partial(probes.may, client, probes.EDIT_INSTANCE_BIT),
        }, share=RIGHTS_SHARE)  # fmt: skip
        further = self.asked.ask(self._further(client, caller, found))
        verdicts.judge_permissions(self.checks, found["view"], found["edit"])
        judge = partial(verdicts.judge_scope, self.checks)
        judge(ids.CODE, further.get("code", found["repos"]))
        if "build" in further:
            judge(ids.BUILD, further["build"])
        judge(ids.GRAPH, found["graph"])
        judge(ids.IDENTITY, found["identity"])
        judge(ids.PROJECT_AND_TEAM, found["teams"])
        judge(ids.WORK_ITEMS, found["work"])
        visibility.judge_projects(self.checks, found["projects"], further.get("readers"), found["edit"])
        looked_at = [found["identity"], *([further["directory"]] if "directory" in further else [])]
        verdicts.judge_email(self.checks, self.attempt.email, _addresses(caller, found, further), looked_at)
        self._repos(found, further)
        self.checks.passed(ids.CONDITIONAL_ACCESS, "No conditional access policy stands in the way.")

    def _further(self, client: AdoClient, caller: Caller, found: dict[str, Found]) -> dict[str, Question]:
        """What can be asked only now: in a project, of projects without Git, or of the directory."""
        questions: dict[str, Question] = {}
        listed = partial(partial, probes.listed, client)
        project = verdicts.first_id(found["projects"]) or verdicts.first_id(found["repos"], "project")
        if project:
            questions["build"] = listed(DEFINITIONS, {"$top": "1"}, project=project)
            if isinstance(found["repos"], ConnectorError) and not isinstance(found["repos"], CredentialError):
                # The list of all repositories may be too long to come in time.
                everything = {"$top": "1", "searchCriteria.status": "all"}
                questions["code"] = listed(PULL_REQUESTS, everything, project=project)
        typed = self.attempt.email
        if typed is not None and typed not in _addresses(caller, found, {}) and caller.subject_descriptor:
            questions["directory"] = partial(probes.graph_addresses, client, caller.subject_descriptor)
        if isinstance(found["projects"], list) and project:
            shown = [str(item["id"]) for item in found["projects"] if item.get("id")][:READER_LOOKUPS]
            questions["readers"] = partial(probes.readable, client, shown)
        for item in _without_git(found)[:TFVC_LOOKUPS]:
            questions[f"tfvc {item['id']}"] = partial(probes.is_tfvc_only, client, item["id"])
        return questions

    def _repos(self, found: dict[str, Found], further: dict[str, Found]) -> None:
        candidates = _without_git(found)
        tfvc = {str(item.get("name")): further.get(f"tfvc {item['id']}") for item in candidates[:TFVC_LOOKUPS]}
        visibility.judge_repos(self.checks, found["repos"], tfvc, max(0, len(candidates) - TFVC_LOOKUPS))


def _addresses(caller: Caller, found: dict[str, Found], further: dict[str, Found]) -> list[str]:
    """Every spelling of the caller's address that came."""
    lists = (found["identity"], further.get("directory"))
    return [
        *([caller.account] if caller.account else []),
        *(a for some in lists if isinstance(some, list) for a in some),
    ]


def _without_git(found: dict[str, Found]) -> list[dict[str, Any]]:
    """The projects in which no Git repository is visible."""
    projects, repos = found["projects"], found["repos"]
    if isinstance(projects, ConnectorError) or isinstance(repos, ConnectorError):
        return []
    with_git = {(repo.get("project") or {}).get("id") for repo in repos}
    return [item for item in projects if isinstance(item.get("id"), str) and item["id"] not in with_git]
