"""One request as the handlers see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from local.fake_ado import access, refusals
from local.fake_ado.model import Identity, Organization, Project, Token
from local.fake_ado.times import current

if TYPE_CHECKING:
    from local.fake_ado.routing import Route
    from local.fake_ado.state import Fake


class Query(dict[str, list[str]]):
    """Query parameters by lower-case name; several values are kept in order."""

    def one(self, name: str, default: str = "") -> str:
        """The first value of ``name`` (any case), or ``default``."""
        values = self.get(name.lower())
        return values[0] if values else default

    def number(self, name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
        """An integer, at most ``maximum`` (larger ones are lowered). Refused with 400 if it is none or too small."""
        text = self.one(name)
        if not text:
            return default
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise refusals.invalid_argument(f"The parameter '{name}' has the wrong value: {text}")
        return number if maximum is None else min(number, maximum)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True for ``true`` in any case."""
        text = self.one(name)
        return text.lower() == "true" if text else default

    def time(self, name: str) -> datetime | None:
        """An aware UTC time, or None if absent. Refused with 400 if it is none."""
        text = self.one(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise refusals.invalid_argument(f"The parameter '{name}' is no date: {text}") from None
        # A time without a zone counts as UTC: the service keeps all its times in it.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(slots=True)
class Call:
    """A request that has passed authentication, versions and scopes.

    ``parameters`` are the percent-decoded values of the template's names; ``headers`` has lower-case names.
    """

    fake: Fake
    route: Route
    method: str
    parameters: Mapping[str, str]
    query: Query
    headers: Mapping[str, str]
    content: bytes
    caller: Identity
    token: Token | None
    home: Organization | None

    @property
    def organization(self) -> Organization:
        """The organisation in the path. Only for routes that have one."""
        assert self.home is not None, self.route.template
        return self.home

    @property
    def now(self) -> datetime:
        """The organisation's clock."""
        return current(self.organization)

    @property
    def base_url(self) -> str:
        """``https://dev.azure.com/{organization}``: what URLs in answers begin with."""
        return f"https://dev.azure.com/{self.organization.name}"

    @property
    def project(self) -> Project:
        """The project in the path, by id, name or former name. Refused if the caller does not see it."""
        return self.project_named(self.parameters["project"])

    def project_named(self, name: str) -> Project:
        """As ``project``, for a name from elsewhere."""
        found = self.find_project(name)
        if found is None or found.state != "wellFormed":
            raise refusals.build_project_not_found(name) if self.route.is_build else refusals.project_not_found(name)
        return found

    def find_project(self, name: str) -> Project | None:
        """A project that the caller sees, in whatever state. An id wins over a name, a name over a former name."""
        wanted = name.lower()
        projects = [project for project in self.organization.projects.values() if self.sees(project)]
        for project in projects:
            if project.id == wanted:
                return project
        for project in projects:
            if project.name.lower() == wanted and project.state != "deleted":
                return project
        for project in projects:
            if wanted in [former.lower() for former in project.former_names] and project.state != "deleted":
                return project
        return None

    def sees(self, project: Project) -> bool:
        """True if the project is in the caller's lists."""
        return access.sees(self.organization, self.caller, project)

    def visible_projects(self) -> Iterator[Project]:
        """The well-formed projects that the caller sees."""
        for project in self.organization.projects.values():
            if project.state == "wellFormed" and self.sees(project):
                yield project

    def require(self, namespace: str, token: str, bit: int, permission: str) -> None:
        """Refuse with 403 unless the caller has the permission."""
        if not access.has(self.organization, self.caller, namespace, token, bit):
            who = self.caller
            raise refusals.permission_missing(who.display_name, who.descriptor, namespace, token, permission, bit)

    def json(self) -> Any:
        """The request's body. Refused with 400 if it is no JSON."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            raise refusals.invalid_argument(
                "TF400898: The request body could not be read as JSON.", type_key="VssPropertyValidationException"
            ) from None

    def json_object(self) -> dict[str, Any]:
        """The request's body as an object. Refused with 400 if it is anything else."""
        body = self.json()
        if not isinstance(body, dict):
            raise refusals.invalid_argument("Value cannot be null.", type_key="ArgumentNullException")
        return body
