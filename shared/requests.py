"""What callers may send: bodies and queries as structs that validate themselves and describe themselves in OpenAPI.

Every text has a bound and an unknown field is refused. The depth of a body is bounded by its type: where a text is
expected a list is refused at its first bracket.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from shared.http import ApiProblem

MAX_BODY: Final = 1024 * 1024
T = TypeVar("T")

BaseUrlText = Annotated[
    str, Meta(min_length=1, max_length=2048, description="`https://dev.azure.com/{organization}`, exactly.")
]
Email = Annotated[
    str,
    Meta(
        min_length=1, max_length=320, description="The token owner's address, in exactly the spelling Azure DevOps has."
    ),
]
Token = Annotated[
    str, Meta(min_length=1, max_length=2048, description="The personal access token. It never comes out.")
]
AuthorizationId = Annotated[str, Meta(min_length=1, max_length=100, description="A completed OAuth authorization.")]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^(?![\s\S]*[\x00-\x1f\x7f])[\s\S]*\S",
        description="Unique in the workspace, whatever its case. One line.",
    ),
]


class AccessToken(Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="access_token"):
    """A personal access token and its owner."""

    email: Email
    token: Token
    expires_on: Annotated[
        date | None, Meta(description="The expiry date chosen in Azure DevOps; a token cannot tell its own.")
    ] = None

    def __post_init__(self) -> None:
        if self.expires_on is not None and not 2000 <= self.expires_on.year <= 2100:
            raise ValueError("expires_on: is not between 2000 and 2100")

    def __repr__(self) -> str:
        return "AccessToken(***)"


class OAuth(Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="oauth"):
    """A sign-in with Microsoft Entra ID that was completed before."""

    authorization_id: AuthorizationId


class UrlTest(Struct, forbid_unknown_fields=True, frozen=True):
    """A base URL to look at."""

    base_url: BaseUrlText


class ConnectionTest(Struct, forbid_unknown_fields=True, frozen=True):
    """An organisation and the credentials to try on it."""

    base_url: BaseUrlText
    auth: AccessToken | OAuth


class ServiceSwitches(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Which services are on; what is absent stays as it is (on create: on, webhooks as available)."""

    repos: bool | UnsetType = UNSET
    pull_requests: bool | UnsetType = UNSET
    tickets: bool | UnsetType = UNSET
    webhooks: bool | UnsetType = UNSET

    def given(self) -> dict[str, bool]:
        """The switches that were named."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if isinstance(value, bool)}


class NewIntegration(Struct, forbid_unknown_fields=True, frozen=True):
    """An integration to create."""

    name: Name
    base_url: BaseUrlText
    auth: AccessToken | OAuth
    services: ServiceSwitches = ServiceSwitches()


class IntegrationChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change of an integration; at least one of them."""

    name: Name | UnsetType = UNSET
    services: ServiceSwitches | UnsetType = UNSET
    auth: AccessToken | OAuth | UnsetType = UNSET
    base_url: BaseUrlText | UnsetType = UNSET
    """The new one, after the organization was renamed."""

    def __post_init__(self) -> None:
        switches = False if self.services is UNSET else self.services.given()
        if not switches and all(one is UNSET for one in (self.name, self.auth, self.base_url)):
            raise ValueError("names nothing to change")


class SyncRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """How much to read: what changed, or everything again."""

    full: bool = False


class ImportChoice(Struct, forbid_unknown_fields=True, frozen=True):
    """Whether a project or repo is ingested."""

    is_imported: bool


Limit = Annotated[int, Meta(ge=1, le=1000, description="The most results in one answer.")]
Cursor = Annotated[str, Meta(min_length=1, max_length=4096, description="`next_cursor` of the answer before.")]
FilterText = Annotated[str, Meta(min_length=1, max_length=256)]
KeyText = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^(?![\s\S]*[^A-Za-z0-9-])")]
After = Annotated[datetime, Meta(tz=True, description="Only what is newer than this; RFC 3339 with a zone.")]


class NoQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """No query parameters at all."""


class PageQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """One page of a list."""

    limit: Limit = 100
    cursor: Cursor | None = None


class OneQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """One entity."""

    include_deleted: bool = False


class CoverageQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The thing that is asked about."""

    kind: Annotated[str, Meta(min_length=1, max_length=64, description="A list's name, such as `pull_requests`.")]
    source_id: Annotated[str, Meta(min_length=1, max_length=300, description="Its `id`.")]


def read_body(body: bytes, shape: type[T]) -> T:
    """Read a request body. Raises ApiProblem 400, naming the field, for one of another shape."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as e:
        raise _invalid(str(e), "body_invalid") from None
    except RecursionError:
        raise ApiProblem(400, "body_invalid", "The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ApiProblem(400, "body_unreadable", "The body is not JSON in UTF-8.") from None


def read_query(query: dict[str, str], shape: type[T]) -> T:
    """Read query parameters, texts to their types. Raises ApiProblem 400 naming the parameter."""
    try:
        return msgspec.convert(query, shape, strict=False)
    except msgspec.ValidationError as e:
        raise _invalid(str(e), "query_invalid") from None


_PLACE: Final = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_OWN: Final = re.compile(r"^(?P<name>[a-z_]+): (?P<text>.+)$")
"""What a struct of ours says about one of its fields."""
_ABOUT: Final = re.compile(r"^Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)
# No name of a field is longer; what is may be a token that has slipped into its place.
_LONGEST_NAME: Final = 40


def _invalid(message: str, code: str) -> ApiProblem:
    """msgspec's message as a problem that names the field, and never repeats a value that was sent."""
    place = _PLACE.search(message)
    path = place["path"] if place else ""
    reason = message[: place.start()] if place else message
    if own := _OWN.match(reason):
        field, detail = f"{path}.{own['name']}", own["text"]
    elif about := _ABOUT.match(reason):
        name = about["name"] if len(about["name"]) <= _LONGEST_NAME else "…"
        field = f"{path}.{name}" if path else name
        detail = "is missing" if about["what"] == "missing required" else "is not a field of this request"
    else:
        field, detail = path or "body", _without_values(reason)
    return ApiProblem(400, code, f"{field}: {detail}.", field=field)


def _without_values(reason: str) -> str:
    if reason.startswith(("Invalid value", "Invalid enum value")):
        return "is not one of the known values"
    if "matching regex" in reason:
        return "has characters that are not allowed"
    return reason.replace("`", "")
