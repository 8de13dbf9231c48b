"""What the HTTP functions say: answers, and problems as RFC 9457 has them. Knows nothing of the Functions runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from shared.errors import ConnectorError, TransientError

JSON = "application/json"
HTML = "text/html"
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body that msgspec can write as JSON (None: no body), and headers beside the content type.

    Bytes are sent as they are.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON

    def to_bytes(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else msgspec.json.encode(self.body)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that has passed the door: who asks, and what the route, the query and the headers say.

    ``query`` is an instance of the operation's query struct, None where it takes no parameters. ``headers`` has
    lower-case keys.
    """

    workspace: str
    path: Mapping[str, str]
    query: Any
    headers: Mapping[str, str]


class ApiProblem(Exception):  # noqa: N818 - it is the problem document itself
    """A request that is refused. ``code`` is stable and machine-readable; nothing in here may hold a secret."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        remedy: str | None = None,
        checks: Sequence[Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.remedy = remedy
        self.checks = checks
        self.retry_after = retry_after

    def answer(self) -> Answer:
        """The problem document; optional members only where they say something."""
        optional = {"field": self.field, "remedy": self.remedy, "checks": self.checks}
        body = {
            "type": f"urn:flow:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **{name: value for name, value in optional.items() if value is not None},
        }
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Answer(self.status, body, headers, PROBLEM_JSON)


def not_found() -> ApiProblem:
    """The one 404: what does not exist and what belongs to another workspace cannot be told apart."""
    return ApiProblem(404, "not_found", "There is nothing here under this address.")


def precondition_failed() -> ApiProblem:
    """The 412 of a change that was made against an older state than the stored one."""
    return ApiProblem(
        412, "precondition_failed", "It has changed since it was read.", remedy="Read it again, then repeat the change."
    )


def problem_of(error: ConnectorError) -> ApiProblem:
    """A failure below the API as its caller sees it: try again later, or ours to mend."""
    if isinstance(error, TransientError):
        wait = max(1, round(error.retry_after)) if error.retry_after is not None else 5
        return ApiProblem(503, error.code, str(error), remedy=error.remedy, retry_after=wait)
    return ApiProblem(500, error.code, str(error), remedy=error.remedy)
