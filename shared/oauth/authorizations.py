"""Authorizations: one sign-in from its beginning until an integration uses it, or until it is forgotten.

``pending`` -> ``exchanging`` (its state has been used) -> ``consented`` (a token set is in the vault) -> ``completed``
(the person who began it has shown the completion code) -> claimed by one integration; ``denied`` and ``expired`` are
ends. Every step is a replacement If-Match, so that each happens once. Tokens lie in the vault; a row holds hashes, and
until the browser comes back the verifier and nonce, which are worth nothing without the code and the app's credential.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from shared.storage import OAUTH_AUTHORIZATIONS
from shared.table_filter import Condition

if TYPE_CHECKING:
    from shared.oauth.answers import AuthorizationStatus
    from shared.tables import Row, Stored, Tables

SIGN_IN: Final = timedelta(minutes=10)
"""So long a state is good."""
UNUSED: Final = timedelta(hours=1)
"""So long tokens may wait for their integration."""
KEPT: Final = timedelta(days=1)
"""So long an ended authorization can be asked about."""

_ROW_KEY: Final = "authorization"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STATE = re.compile(rf"(?P<id>{_ID.pattern})\.[A-Za-z0-9_-]{{43}}")

State = Literal["pending", "exchanging", "consented", "completed", "denied", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A sign-in of one workspace. Its token set lies, or will lie, in the vault under ``secret_name``."""

    id: str
    workspace: str
    secret_name: str
    until: datetime
    """The end of this step: of the sign-in, of the wait for an integration, of the row."""
    state: State = "pending"
    state_hash: str | None = None
    verifier: str | None = field(default=None, repr=False)
    nonce: str | None = field(default=None, repr=False)
    completion_hash: str | None = None
    unused_until: datetime | None = None
    """From consent on: when the tokens are deleted unless an integration has claimed them."""
    display_name: str | None = None
    email: str | None = None
    organizations: tuple[str, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    error_remedy: str | None = None
    error_detail: str | None = None
    integration_id: str | None = None
    """The integration that has claimed it."""
    etag: str = field(default="", compare=False)

    def status(self, now: datetime) -> AuthorizationStatus:
        """As callers see it: over when its time is up, also before anybody has cleaned up."""
        if self.state in ("denied", "expired"):
            return self.state
        if self.integration_id is None and self.until <= now:
            return "expired"
        return "pending" if self.state == "exchanging" else self.state


def is_id(text: str) -> bool:
    """Whether a text has the form of an authorization's id, and may be looked up."""
    return _ID.fullmatch(text) is not None


def new_secret_word() -> str:
    """256 bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hashed(word: str) -> str:
    """What is stored of a word that is unguessable by itself."""
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()


def is_hash_of(stored: str | None, word: str) -> bool:
    return stored is not None and hmac.compare_digest(stored, hashed(word))


class AuthorizationStore:
    """Rows in table ``oauthauthorizations``, one partition each."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def create(self, authorization: Authorization) -> Authorization:
        etag = self._tables.create(OAUTH_AUTHORIZATIONS, _row(authorization))
        return replace(authorization, etag=etag)

    def replace(self, authorization: Authorization) -> Authorization:
        """Raises RowChangedError when it is not as read."""
        etag = self._tables.replace(OAUTH_AUTHORIZATIONS, _row(authorization), authorization.etag)
        return replace(authorization, etag=etag)

    def get(self, authorization_id: str) -> Authorization | None:
        """One of any workspace; the id must have passed a check of its form."""
        found = self._tables.get(OAUTH_AUTHORIZATIONS, authorization_id, _ROW_KEY)
        return _read(found) if found else None

    def of_state(self, state: str, now: datetime) -> Authorization | None:
        """The pending authorization of a state; None for one that is made up, used, or too old."""
        form = _STATE.fullmatch(state)
        found = self.get(form["id"]) if form else None
        if found is None or found.status(now) != "pending" or not is_hash_of(found.state_hash, state):
            return None
        return found

    def over(self, now: datetime) -> Iterator[Authorization]:
        """Those whose step has come to its end."""
        for stored in self._tables.query(OAUTH_AUTHORIZATIONS, where={"until": Condition("le", now)}):
            yield _read(stored)

    def remove(self, authorization: Authorization) -> None:
        self._tables.delete(OAUTH_AUTHORIZATIONS, [(authorization.id, _ROW_KEY)])


_NAMES: Final = tuple(one.name for one in fields(Authorization) if one.name not in ("organizations", "etag"))


def _row(authorization: Authorization) -> Row:
    row: Row = {"PartitionKey": authorization.id, "RowKey": _ROW_KEY}
    row |= {name: value for name in _NAMES if (value := getattr(authorization, name)) is not None}
    row["organizations"] = orjson.dumps(authorization.organizations).decode()
    return row


def _read(stored: Stored) -> Authorization:
    row = stored.row
    plain: dict[str, Any] = {name: row[name] for name in _NAMES if name in row}
    organizations = tuple(orjson.loads(str(row.get("organizations", "[]"))))
    return Authorization(**plain, organizations=organizations, etag=stored.etag)
