"""What the vault knows: secrets with their versions, soft-deleted ones that block their names, and the rules for both.

Rules: https://learn.microsoft.com/azure/key-vault/secrets/about-secrets and .../general/soft-delete-overview
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec

from local.vault.files import Files

MAX_VALUE_BYTES = 25 * 1024
MAX_CONTENT_TYPE = 255
MAX_TAGS = 15
RETENTION_DAYS = 90
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


class VaultError(Exception):
    """A refusal as Key Vault words it: HTTP status, ``error.code``, message and, for some, ``innererror.code``."""

    def __init__(self, status: int, code: str, message: str, inner: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.inner = inner


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What may be said about a version besides its value. Times are Unix seconds; None leaves them open."""

    enabled: bool = True
    nbf: int | None = None
    exp: int | None = None
    content_type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Version:
    """One value that a secret has had. Times are Unix seconds."""

    id: str
    value: str = field(repr=False)
    created: int
    updated: int
    attributes: Attributes


@dataclass(frozen=True, kw_only=True)
class Record:
    """A secret: ``name`` in the spelling it was first given, versions oldest first; ``deleted`` in Unix seconds."""

    name: str
    versions: tuple[Version, ...]
    deleted: int | None = None

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    def version(self, version_id: str) -> Version:
        """The version with this id, or the latest for an empty id. Raises VaultError 404."""
        if not version_id:
            return self.latest
        for version in self.versions:
            if version.id == version_id:
                return version
        raise _not_found(f"{self.name}/{version_id}")


def purge_time(deleted: int) -> int:
    """When a secret deleted at this time is gone for good, in Unix seconds."""
    return deleted + RETENTION_DAYS * 86400


class Store:
    """All secrets, in memory and in ``files``; a change is in the files before its call returns. Not thread-safe."""

    def __init__(self, files: Files, now: Callable[[], int]) -> None:
        self._files = files
        self._now = now
        records = (msgspec.json.decode(record, type=Record) for record in files.read_all())
        self._records = {record.name.lower(): record for record in records}

    def set(self, name: str, value: str, attributes: Attributes) -> tuple[Record, Version]:
        """Add a version. A deleted secret's name is blocked until it is recovered, purged, or its retention ends."""
        if not _NAME.fullmatch(name):
            raise VaultError(400, "BadParameter", f"The request URI contains an invalid name: {name[:130]}")
        _check_sizes(value, attributes)
        record = self._find(name) or Record(name=name, versions=())
        if record.deleted is not None:
            message = (
                f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; "
                "in this state, the secret can only be recovered or purged."
            )
            raise VaultError(409, "Conflict", message, "ObjectIsDeletedButRecoverable")
        now = self._now()
        added = Version(id=secrets.token_hex(16), value=value, created=now, updated=now, attributes=attributes)
        return self._save(replace(record, versions=(*record.versions, added))), added

    def get(self, name: str) -> Record:
        """A secret that is not deleted. Raises VaultError 404."""
        record = self._find(name)
        if record is None or record.deleted is not None:
            raise _not_found(name)
        return record

    def update(self, name: str, version_id: str, attributes: Attributes) -> tuple[Record, Version]:
        """Give a version (the latest, for an empty id) other attributes. Raises VaultError 404."""
        record = self.get(name)
        old = record.version(version_id)
        _check_sizes("", attributes)
        new = replace(old, attributes=attributes, updated=self._now())
        versions = tuple(new if version is old else version for version in record.versions)
        return self._save(replace(record, versions=versions)), new

    def delete(self, name: str) -> Record:
        """Put a secret into the deleted state. Raises VaultError 404, also when it is there already."""
        return self._save(replace(self.get(name), deleted=self._now()))

    def get_deleted(self, name: str) -> Record:
        """A deleted secret whose retention has not ended. Raises VaultError 404."""
        record = self._find(name)
        if record is None or record.deleted is None:
            raise _not_found(name)
        return record

    def recover(self, name: str) -> Record:
        """Bring a deleted secret back with all its versions. Raises VaultError 404."""
        return self._save(replace(self.get_deleted(name), deleted=None))

    def purge(self, name: str) -> None:
        """Remove a deleted secret for good. Raises VaultError 404."""
        self._remove(self.get_deleted(name))

    def records(self, *, deleted: bool) -> list[Record]:
        """All secrets that are, or are not, deleted; by name."""
        found = [record for name in sorted(self._records) if (record := self._find(name))]
        return [record for record in found if (record.deleted is not None) == deleted]

    def _find(self, name: str) -> Record | None:
        record = self._records.get(name.lower())
        if record and record.deleted is not None and purge_time(record.deleted) <= self._now():
            self._remove(record)
            return None
        return record

    def _save(self, record: Record) -> Record:
        self._files.write(record.name.lower(), msgspec.json.encode(record))
        self._records[record.name.lower()] = record
        return record

    def _remove(self, record: Record) -> None:
        self._files.remove(record.name.lower())
        del self._records[record.name.lower()]


def _check_sizes(value: str, attributes: Attributes) -> None:
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise VaultError(400, "BadParameter", "Secret value is limited to 25k bytes.")
    if len(attributes.content_type or "") > MAX_CONTENT_TYPE:
        raise VaultError(400, "BadParameter", f"Content type is limited to {MAX_CONTENT_TYPE} characters.")
    if len(attributes.tags) > MAX_TAGS:
        raise VaultError(400, "BadParameter", f"There may be at most {MAX_TAGS} tags.")


def _not_found(name: str) -> VaultError:
    message = (
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may "
        "be able to recover it using the correct recovery command."
    )
    return VaultError(404, "SecretNotFound", message)
