"""Key Vault's JSON: what clients send, and the bundles and errors they get.

Shapes: https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret/set-secret
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from local.vault.store import RETENTION_DAYS, Attributes, Record, VaultError, Version, purge_time


class AttributesBody(msgspec.Struct):
    enabled: bool | None = None
    nbf: int | None = None
    exp: int | None = None


class UpdateBody(msgspec.Struct, rename="camel"):
    """Of a PATCH: what is absent stays as it is."""

    attributes: AttributesBody | None = None
    content_type: str | None = None
    tags: dict[str, str] | None = None

    def applied_to(self, old: Attributes) -> Attributes:
        given = self.attributes or AttributesBody()
        changes: dict[str, Any] = {
            "enabled": given.enabled,
            "nbf": given.nbf,
            "exp": given.exp,
            "content_type": self.content_type,
            "tags": self.tags,
        }
        return replace(old, **{name: value for name, value in changes.items() if value is not None})


class SetBody(UpdateBody, kw_only=True, rename="camel"):
    value: str


class ThrottleBody(msgspec.Struct, forbid_unknown_fields=True):
    """Of the control call: how many requests to refuse from now on, and the seconds to put into ``Retry-After``."""

    times: int
    retry_after: int = 1


Body = TypeVar("Body", bound=msgspec.Struct)


def read_body(body: bytes, kind: type[Body]) -> Body:
    """Raises VaultError 400 for anything but the documented shape."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as e:
        # The decoder's message names the place and the type, never the value.
        raise VaultError(400, "BadParameter", f"The request body is not valid: {e}") from None


def item(base_url: str, record: Record, version: Version, *, with_version: bool) -> dict[str, Any]:
    """A secret without its value, as lists show it; ``base_url`` is the vault's address."""
    attributes = version.attributes
    shown: dict[str, Any] = {
        "id": f"{base_url}/secrets/{record.name}" + (f"/{version.id}" if with_version else ""),
        "attributes": {
            "enabled": attributes.enabled,
            **({"nbf": attributes.nbf} if attributes.nbf is not None else {}),
            **({"exp": attributes.exp} if attributes.exp is not None else {}),
            "created": version.created,
            "updated": version.updated,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": RETENTION_DAYS,
        },
        "tags": attributes.tags,
    }
    if attributes.content_type is not None:
        shown["contentType"] = attributes.content_type
    if record.deleted is not None:
        shown["recoveryId"] = f"{base_url}/deletedsecrets/{record.name}"
        shown["deletedDate"] = record.deleted
        shown["scheduledPurgeDate"] = purge_time(record.deleted)
    return shown


def bundle(base_url: str, record: Record, version: Version) -> dict[str, Any]:
    """A version with its value."""
    return {"value": version.value, **item(base_url, record, version, with_version=True)}


def error(problem: VaultError) -> dict[str, Any]:
    """The body of every refusal."""
    body: dict[str, Any] = {"code": problem.code, "message": str(problem)}
    if problem.inner:
        body["innererror"] = {"code": problem.inner}
    return {"error": body}
