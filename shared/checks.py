"""The checks of a connection test: their order, their words, and the outcome that follows from them."""

from __future__ import annotations

from typing import Final

from shared.connection_answers import CheckAnswer, Outcome, ServiceAnswer, ServicesAnswer

BASE_URL: Final = "base_url"
ORGANIZATION: Final = "organization"
CREDENTIALS: Final = "credentials"
CONDITIONAL_ACCESS: Final = "conditional_access"
EMAIL: Final = "email"
CODE: Final = "scope.code"
BUILD: Final = "scope.build"
GRAPH: Final = "scope.graph"
IDENTITY: Final = "scope.identity"
PROJECT_AND_TEAM: Final = "scope.project_and_team"
WORK_ITEMS: Final = "scope.work_items"
VIEW_INSTANCE: Final = "permission.view_instance_level_information"
ADMINISTRATOR: Final = "permission.project_collection_administrator"
PROJECT_READER: Final = "permission.project_reader"
GIT_REPOS: Final = "git_repos"
TOKEN_EXPIRY: Final = "token_expiry"  # noqa: S105 - the name of a check

SCOPES: Final = {
    CODE: "Code (Read)",
    BUILD: "Build (Read)",
    GRAPH: "Graph (Read)",
    IDENTITY: "Identity (Read)",
    PROJECT_AND_TEAM: "Project and Team (Read)",
    WORK_ITEMS: "Work Items (Read)",
}
"""Scope check -> what Azure DevOps' token page calls the scope."""

ORDER: Final = (
    BASE_URL, ORGANIZATION, CREDENTIALS, CONDITIONAL_ACCESS, EMAIL, *SCOPES,
    VIEW_INSTANCE, ADMINISTRATOR, PROJECT_READER, GIT_REPOS, TOKEN_EXPIRY,
)  # fmt: skip

MESSAGES: Final[dict[Outcome, str]] = {
    "connected": "Successfully connected",
    "authorization_denied": "Authorization denied",
    "error": "An error has occurred",
}

_MEANS_ERROR: Final = frozenset({BASE_URL, ORGANIZATION, EMAIL})
_NEEDED_BY: Final = {
    "repos": (CODE, BUILD),
    "pull_requests": (CODE,),
    "tickets": (WORK_ITEMS,),
    "webhooks": (ADMINISTRATOR,),
}


class Checks:
    """Checks as they are decided, each once; what is never decided was blocked by an earlier one."""

    def __init__(self) -> None:
        self._found: dict[str, CheckAnswer] = {}
        self._undecided: set[str] = set()

    def passed(self, check: str, detail: str) -> None:
        self._put(CheckAnswer(check, "passed", detail))

    def warned(self, check: str, detail: str, remedy: str) -> None:
        self._put(CheckAnswer(check, "warning", detail, remedy))

    def failed(self, check: str, detail: str, remedy: str) -> None:
        self._put(CheckAnswer(check, "failed", detail, remedy))

    def skipped(self, check: str, detail: str) -> None:
        """Nothing to look at: no failure stands behind it."""
        self._put(CheckAnswer(check, "skipped", detail))

    def undecided(self, check: str, detail: str) -> None:
        """Trouble (a time-out, throttling) came in the way: the outcome cannot be a denial."""
        self._undecided.add(check)
        self._put(CheckAnswer(check, "skipped", detail))

    def in_trouble(self, check: str, detail: str, remedy: str) -> None:
        """Trouble came in the way of what must not be left open."""
        self._undecided.add(check)
        self.failed(check, detail, remedy)

    def _put(self, check: CheckAnswer) -> None:
        self._found.setdefault(check.id, check)

    def status(self, check: str) -> str | None:
        """The status of a decided check."""
        return self._found[check].status if check in self._found else None

    def all(self) -> list[CheckAnswer]:
        """Every check in the contract's order."""
        blocked = "Not checked, because an earlier check did not pass."
        return [self._found.get(check) or CheckAnswer(check, "skipped", blocked) for check in ORDER]

    @property
    def outcome(self) -> Outcome:
        """Connected only if nothing failed and the credentials and every scope were really checked.

        Trouble makes it an error even beside a denial: what is not known is not told as a wrong token.
        """
        failed = {check.id for check in self._found.values() if check.status == "failed"}
        if failed & {BASE_URL, ORGANIZATION} or self._undecided & {CREDENTIALS, *SCOPES}:
            return "error"
        if failed - _MEANS_ERROR and not self._undecided:
            return "authorization_denied"
        needed = {self.status(check) for check in (CREDENTIALS, *SCOPES)}
        return "error" if failed or needed & {None, "skipped"} else "connected"

    def services(self) -> ServicesAnswer:
        """Which services can be switched on, and what stands in the way of the others."""
        return ServicesAnswer(**{name: self._service(checks) for name, checks in _NEEDED_BY.items()})

    def _service(self, needs: tuple[str, ...]) -> ServiceAnswer:
        if self.outcome != "connected":
            return ServiceAnswer(False, "The connection test has not passed.")
        for check in needs:
            found = self._found.get(check)
            if found is None or found.status != "passed":
                return ServiceAnswer(False, found.detail if found else "It could not be checked.")
        return ServiceAnswer(True, None)
