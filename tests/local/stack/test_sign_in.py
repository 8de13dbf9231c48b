"""The Entra application of the local stack: named by the environment, its secret in the vault alone."""

from __future__ import annotations

import pytest

from local.stack import CLIENT_SECRET, SIGN_IN_SETTINGS, StackOptions, app_settings
from local.vault.server import VaultServer
from shared.vault import DevelopmentCredential, Vault


@pytest.fixture
def vault(tmp_path):
    with VaultServer(tmp_path, in_memory=True) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    for name in (*SIGN_IN_SETTINGS, CLIENT_SECRET):
        monkeypatch.delenv(name, raising=False)


def test_without_an_application_there_is_no_sign_in(vault):
    settings = app_settings(StackOptions(port=7071), "storage", vault)
    assert "OAUTH_CLIENT_ID" not in settings
    assert settings["PORTAL_ORIGIN"] == "http://127.0.0.1:7071"


def test_the_environment_names_the_application_and_its_secret_goes_into_the_vault(vault, monkeypatch):
    given = {"OAUTH_CLIENT_ID": "client", "OAUTH_TENANT": "tenant", "PORTAL_ORIGIN": "http://localhost:5173"}
    for name, value in {**given, CLIENT_SECRET: "s3cret"}.items():
        monkeypatch.setenv(name, value)
    settings = app_settings(StackOptions(), "storage", vault)
    assert given.items() <= settings.items()
    assert "s3cret" not in settings.values()
    stored = Vault.connect(vault.url, DevelopmentCredential(), str(vault.ca_file)).get(settings["OAUTH_SECRET_NAME"])
    assert stored.reveal() == "s3cret"
