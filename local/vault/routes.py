"""Which call of Key Vault's REST API a request is, and what the store answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.vault.store import Attributes, Record, Store, VaultError, Version
from local.vault.wire import SetBody, UpdateBody, bundle, item, read_body

PAGE_SIZE = 25
Answer = tuple[int, dict[str, Any] | None]
"""HTTP status, and the JSON body or None."""


class Routes:
    """``/secrets`` and ``/deletedsecrets``, with or without the trailing slash that the SDK sends."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, base_url: str, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Carry out one request. Raises VaultError for every refusal."""
        if not query.get("api-version"):
            raise VaultError(400, "BadParameter", "api-version must be specified")
        call = _Call(self._store, base_url, query, body)
        parts = path.strip("/").split("/")
        return _answer_deleted(call, method, parts) if parts[0] == "deletedsecrets" else _answer(call, method, parts)


def _answer(call: _Call, method: str, parts: list[str]) -> Answer:
    match [method, *parts]:
        case ["GET", "secrets"]:
            return call.list_secrets(deleted=False)
        case ["PUT", "secrets", name]:
            return call.set(name)
        case ["GET", "secrets", name, "versions"]:
            return call.list_versions(name)
        case ["GET", "secrets", name, *version] if len(version) < 2:
            return call.get(name, "".join(version))
        case ["PATCH", "secrets", name, *version] if len(version) < 2:
            return call.update(name, "".join(version))
        case ["DELETE", "secrets", name]:
            return call.delete(name)
        case _:
            raise _unknown()


def _answer_deleted(call: _Call, method: str, parts: list[str]) -> Answer:
    match [method, *parts]:
        case ["GET", "deletedsecrets"]:
            return call.list_secrets(deleted=True)
        case ["GET", "deletedsecrets", name]:
            return call.get_deleted(name)
        case ["POST", "deletedsecrets", name, "recover"]:
            return call.recover(name)
        case ["DELETE", "deletedsecrets", name]:
            return call.purge(name)
        case _:
            raise _unknown()


def _unknown() -> VaultError:
    return VaultError(404, "ResourceNotFound", "The requested resource does not exist.")


class _Call:
    def __init__(self, store: Store, base_url: str, query: Mapping[str, str], body: bytes) -> None:
        self._store = store
        self._base_url = base_url
        self._query = query
        self._body = body

    def set(self, name: str) -> Answer:
        given = read_body(self._body, SetBody)
        record, version = self._store.set(name, given.value, given.applied_to(Attributes()))
        return 200, bundle(self._base_url, record, version)

    def get(self, name: str, version_id: str) -> Answer:
        record = self._store.get(name)
        version = record.version(version_id)
        if not version.attributes.enabled:
            raise VaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
        return 200, bundle(self._base_url, record, version)

    def update(self, name: str, version_id: str) -> Answer:
        old = self._store.get(name).version(version_id).attributes
        record, version = self._store.update(name, version_id, read_body(self._body, UpdateBody).applied_to(old))
        return 200, item(self._base_url, record, version, with_version=True)

    def delete(self, name: str) -> Answer:
        return self._whole(self._store.delete(name))

    def get_deleted(self, name: str) -> Answer:
        return self._whole(self._store.get_deleted(name))

    def recover(self, name: str) -> Answer:
        return self._whole(self._store.recover(name))

    def purge(self, name: str) -> Answer:
        self._store.purge(name)
        return 204, None

    def list_secrets(self, *, deleted: bool) -> Answer:
        rows = [(record, record.latest) for record in self._store.records(deleted=deleted)]
        return self._page("deletedsecrets" if deleted else "secrets", rows, with_version=False)

    def list_versions(self, name: str) -> Answer:
        record = self._store.get(name)
        rows = [(record, version) for version in record.versions]
        return self._page(f"secrets/{record.name}/versions", rows, with_version=True)

    def _whole(self, record: Record) -> Answer:
        return 200, item(self._base_url, record, record.latest, with_version=True)

    def _page(self, path: str, rows: list[tuple[Record, Version]], *, with_version: bool) -> Answer:
        size, start = self._number("maxresults", PAGE_SIZE), self._number("$skiptoken", 0)
        if not 1 <= size <= PAGE_SIZE:
            raise VaultError(400, "BadParameter", f"maxresults must be from 1 to {PAGE_SIZE}")
        version = self._query["api-version"]
        following = f"{self._base_url}/{path}?api-version={version}&maxresults={size}&$skiptoken={start + size}"
        shown = [
            item(self._base_url, record, row, with_version=with_version) for record, row in rows[start : start + size]
        ]
        return 200, {"value": shown, "nextLink": following if start + size < len(rows) else None}

    def _number(self, name: str, default: int) -> int:
        text = self._query.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise VaultError(400, "BadParameter", f"{name} is not a number")
        return int(text)
