"""Where the vault stand-in keeps its secrets on disk: one encrypted file a secret, the key beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken

from local.processes import StackError

_SUFFIX = ".secret"


class Files(Protocol):
    """Where records are kept, by a name of ``[0-9a-z-]``. A write is durable when it returns."""

    def read_all(self) -> Iterator[bytes]: ...
    def write(self, name: str, record: bytes) -> None: ...
    def remove(self, name: str) -> None: ...


class NoFiles:
    """Nothing is kept: the vault in memory."""

    def read_all(self) -> Iterator[bytes]:
        return iter(())

    def write(self, name: str, record: bytes) -> None:
        pass

    def remove(self, name: str) -> None:
        pass


class EncryptedFolder:
    """Files encrypted with Fernet (AES-128-CBC and HMAC). The key is the folder's ``key``, which its owner can read."""

    def __init__(self, folder: Path) -> None:
        """Open or make the folder. Raises StackError when there are secrets and no key that fits them."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._fernet = Fernet(self._load_key())

    def read_all(self) -> Iterator[bytes]:
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                yield self._fernet.decrypt(path.read_bytes())
            except InvalidToken:
                raise StackError(f"{path} cannot be read with the key in {self._folder}: remove one of them") from None

    def write(self, name: str, record: bytes) -> None:
        write_durably(self._folder / f"{name}{_SUFFIX}", self._fernet.encrypt(record))

    def remove(self, name: str) -> None:
        (self._folder / f"{name}{_SUFFIX}").unlink(missing_ok=True)
        _sync_folder(self._folder)

    def _load_key(self) -> bytes:
        path = self._folder / "key"
        if not path.exists():
            if any(self._folder.glob(f"*{_SUFFIX}")):
                raise StackError(f"{path} is missing, and the secrets in {self._folder} cannot be read without it")
            write_durably(path, Fernet.generate_key())
        key = path.read_bytes()
        try:
            Fernet(key)
        except ValueError:
            raise StackError(f"{path} is not a Fernet key") from None
        return key


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file, readable by its owner alone, so that a crash at any moment leaves the old or the new content."""
    draft = path.with_name(path.name + "~")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
