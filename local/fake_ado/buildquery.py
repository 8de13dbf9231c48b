"""Filters, order and tokens of the list of builds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from local.fake_ado import refusals
from local.fake_ado.context import Query
from local.fake_ado.model import Build
from local.fake_ado.times import iso

_TIMES: dict[str, Callable[[Build], datetime | None]] = {
    "finishtime": lambda one: one.finished,
    "starttime": lambda one: one.started,
    "queuetime": lambda one: one.queued,
}
_NEVER = datetime.max.replace(tzinfo=UTC)


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",") if word.strip()}


@dataclass(frozen=True)
class BuildQuery:
    """One query. Rows without the time that orders them come last, whichever the direction."""

    order: str
    is_descending: bool
    minimum: datetime | None
    maximum: datetime | None
    definitions: set[str]
    ids: set[str]
    statuses: set[str]
    results: set[str]
    reasons: set[str]
    branch: str
    repository: str
    number: str

    @classmethod
    def read(cls, query: Query) -> BuildQuery:
        """From the parameters. Refused with 400 for an unknown order."""
        text = query.one("queryOrder", "finishTimeDescending").lower()
        is_descending = text.endswith("descending")
        order = text.removesuffix("descending").removesuffix("ascending")
        if order not in _TIMES or order == text:
            raise refusals.invalid_argument(f"The value '{text}' of queryOrder is invalid.")
        if query.one("repositoryId") and not query.one("repositoryType"):
            raise refusals.invalid_argument("A repository type is required to filter by repository.")
        return cls(
            order=order,
            is_descending=is_descending,
            minimum=query.time("minTime"),
            maximum=query.time("maxTime"),
            definitions=_words(query.one("definitions")),
            ids=_words(query.one("buildIds")),
            statuses=_words(query.one("statusFilter")) - {"all"},
            results=_words(query.one("resultFilter")),
            reasons=_words(query.one("reasonFilter")) - {"all"},
            branch=query.one("branchName"),
            repository=query.one("repositoryId").lower(),
            number=query.one("buildNumber"),
        )

    def select(self, builds: Iterable[Build]) -> list[Build]:
        """The builds that match, in order."""
        rows = [one for one in builds if self._matches(one)]
        rows.sort(key=self._key, reverse=self.is_descending)
        with_time = [one for one in rows if _TIMES[self.order](one) is not None]
        return with_time + [one for one in rows if _TIMES[self.order](one) is None]

    def _key(self, build: Build) -> tuple[datetime, int]:
        return _TIMES[self.order](build) or _NEVER, build.id

    def _matches(self, build: Build) -> bool:
        moment = _TIMES[self.order](build)
        if self.minimum is not None and (moment is None or moment < self.minimum):
            return False
        if self.maximum is not None and (moment is None or moment > self.maximum):
            return False
        sets = (
            (self.definitions, str(build.definition_id)),
            (self.ids, str(build.id)),
            (self.statuses, build.status.lower()),
            (self.results, (build.result or "none").lower()),
            (self.reasons, build.reason.lower()),
        )
        if any(wanted and found not in wanted for wanted, found in sets):
            return False
        if (self.branch and build.branch != self.branch) or (
            self.repository and build.repository_id != self.repository
        ):
            return False
        prefix = self.number.removesuffix("*")
        return build.number.startswith(prefix) if self.number.endswith("*") else not prefix or build.number == prefix

    def token(self, last: Build) -> str:
        """The place after ``last`` in this order: its time, with its id where times are equal."""
        return f"{iso(_TIMES[self.order](last))};{last.id}"

    def after_token(self, rows: list[Build], token: str) -> list[Build]:
        """What follows the token in ``rows``. Refused with 400 if it is none."""
        if not token:
            return rows
        text, _, number = token.rpartition(";")
        try:
            moment, last = datetime.fromisoformat(text), int(number)
        except ValueError:
            raise refusals.invalid_argument("The continuation token is invalid.") from None
        place = (_NEVER if moment.year == 1 else moment.astimezone(UTC), last)
        for at, row in enumerate(rows):
            if self._is_after(self._key(row), place):
                return rows[at:]
        return []

    def _is_after(self, key: tuple[datetime, int], place: tuple[datetime, int]) -> bool:
        if _NEVER in (key[0], place[0]) and key[0] != place[0]:
            return key[0] == _NEVER
        return key < place if self.is_descending else key > place
