"""The secrets of a Key Vault in memory, behind the SDK's own methods; held to the stand-in by ``test_ports.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceRequestError

from shared.errors import TransientError
from tests.simulation.memory_tables import Perform, undisturbed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Properties:
    version: str
    expires_on: datetime | None


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A version of a secret, as the SDK gives it."""

    name: str
    value: str
    properties: Properties


@dataclass
class VaultStore:
    """Versions by name, the newest last; ``disabled`` are versions that cannot be read."""

    versions: dict[str, list[KeptSecret]] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def set(self, name: str, value: str, expires_on: datetime | None) -> KeptSecret:
        kept = KeptSecret(name, value, Properties(f"{next(self._numbers):032x}", expires_on))
        self.versions.setdefault(name, []).append(kept)
        return kept

    def get(self, name: str) -> KeptSecret:
        if name not in self.versions:
            raise ResourceNotFoundError("(SecretNotFound)")
        found = self.versions[name][-1]
        if found.properties.version in self.disabled:
            raise _forbidden()
        return found

    def delete(self, name: str) -> None:
        if self.versions.pop(name, None) is None:
            raise ResourceNotFoundError("(SecretNotFound)")


def _forbidden() -> HttpResponseError:
    error = HttpResponseError("(Forbidden) the secret is disabled")
    error.status_code = 403
    return error


class MemorySecretClient:
    """What ``shared.vault.Vault`` uses of ``SecretClient``."""

    def __init__(self, store: VaultStore, perform: Perform = undisturbed) -> None:
        self._store = store
        self._perform = perform

    def set_secret(self, name: str, value: str, *, expires_on: datetime | None = None) -> KeptSecret:
        return self._do("set secret", lambda: self._store.set(name, value, expires_on), writes=True)

    def get_secret(self, name: str, **_options: Any) -> KeptSecret:
        return self._do("get secret", lambda: self._store.get(name), writes=False)

    def begin_delete_secret(self, name: str) -> None:
        self._do("delete secret", lambda: self._store.delete(name), writes=True)

    def update_secret_properties(self, _name: str, version: str, *, enabled: bool) -> None:
        change = self._store.disabled.discard if enabled else self._store.disabled.add
        self._do("change secret", lambda: change(version), writes=True)

    def _do(self, what: str, action: Callable[[], T], *, writes: bool) -> T:
        try:
            return self._perform(what, action, writes=writes)
        except TransientError as e:  # what lost calls raise; the SDK has its own word for it
            raise ServiceRequestError(str(e)) from e
