from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from azure.keyvault.secrets import SecretClient

from local.vault.server import TOKEN, VaultServer
from shared.vault import DevelopmentCredential


class Clock:
    """Unix seconds that a test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def vault(tmp_path, clock):
    with VaultServer(tmp_path / "vault", now=clock) as server:
        yield server


def connect(vault: VaultServer) -> SecretClient:
    return SecretClient(
        vault.url,
        DevelopmentCredential(),
        verify_challenge_resource=False,
        connection_verify=str(vault.ca_file),
        retry_total=0,
    )


@pytest.fixture
def client(vault):
    with connect(vault) as client:
        yield client


def ask(vault: VaultServer, method: str, path: str, *, token: str = TOKEN, **options) -> requests.Response:
    options.setdefault("params", {"api-version": "7.6"})
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, vault.url + path, headers=headers, verify=str(vault.ca_file), timeout=10, **options)
