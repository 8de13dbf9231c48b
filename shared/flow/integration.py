"""An integration: one Azure DevOps organisation as one customer workspace sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from shared.tables import Row

AuthType = Literal["access_token", "oauth"]
State = Literal["active", "stopped", "deleting"]

SERVICES: Final = ("repos", "pull_requests", "tickets", "webhooks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What an integration is. Its credential lies in the vault under ``secret_name``.

    ``state``: ``stopped`` when the credential does not work (``stopped_*`` say why and what to do), ``deleting`` from
    the moment of its deletion, when callers no longer see it.
    """

    id: str
    workspace: str
    name: str
    organization: str
    organization_id: str | None = None
    """GUID, which a rename keeps."""
    auth_type: AuthType = "access_token"
    username: str
    account_id: str | None = None
    """Identity GUID of the token's owner."""
    services: Mapping[str, bool]
    secret_name: str
    auto_import_projects: bool = True
    auto_import_repos: bool = True
    webhooks_available: bool = False
    created_at: datetime
    updated_at: datetime
    token_expires_at: datetime | None = None
    former_username: str | None = None
    """Whose credential it was before ``identity_changed_at``, when one of another account took its place."""
    identity_changed_at: datetime | None = None
    state: State = "active"
    stopped_code: str | None = None
    stopped_message: str | None = None
    stopped_remedy: str | None = None
    etag: str = field(default="", compare=False)
    """As it was read; not part of the row."""

    @property
    def base_url(self) -> str:
        return f"https://dev.azure.com/{self.organization}"

    @property
    def token_owner(self) -> str:
        """Whose request budget a read uses: Azure DevOps counts by identity."""
        return self.account_id or self.username.lower()

    def service_on(self, service: str | None) -> bool:
        """Whether streams of the service are read. Pull requests need repos; None stands for what is always on."""
        if service is None:
            return True
        needed = ("repos", "pull_requests") if service == "pull_requests" else (service,)
        return all(self.services.get(name, False) for name in needed)


_TEXT: Final = (
    "name", "organization", "organization_id", "auth_type", "username", "account_id", "secret_name", "state",
    "former_username", "stopped_code", "stopped_message", "stopped_remedy",
)  # fmt: skip
_PLAIN: Final = (
    *_TEXT, "auto_import_projects", "auto_import_repos", "webhooks_available", "created_at", "updated_at",
    "token_expires_at", "identity_changed_at",
)  # fmt: skip


def integration_properties(integration: Integration) -> Row:
    """Its row without keys."""
    row: Row = {name: value for name in _PLAIN if (value := getattr(integration, name)) is not None}
    row["id"] = integration.id
    row["workspace"] = integration.workspace
    row.update({f"service_{name}": bool(integration.services.get(name, False)) for name in SERVICES})
    return row


def integration_from_row(row: Row, etag: str) -> Integration:
    """The integration of a row written by this or a neighbouring release."""
    plain: dict[str, Any] = {name: row[name] for name in ("id", "workspace", *_PLAIN) if name in row}
    services = {name: bool(row.get(f"service_{name}", False)) for name in SERVICES}
    return Integration(**plain, services=services, etag=etag)
