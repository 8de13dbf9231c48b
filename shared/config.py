"""Every app setting, named once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

import orjson

from shared.errors import ConnectorError

_DEFAULT_REWORK_DAYS: Final = 30
_DEVELOPMENT: Final = "Development"


class SettingsError(ConnectorError):
    """A setting is missing or wrong: one line that names it and says what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the app is told by its environment. ``SETTING_NAMES`` lists the variables."""

    storage_connection: str | None = field(repr=False, metadata={"env": "AzureWebJobsStorage"})
    """Queues and tables by connection string: development only."""
    storage_account: str | None = field(metadata={"env": "AzureWebJobsStorage__accountName"})
    """Queues and tables by identity."""
    key_vault_url: str = field(metadata={"env": "KEY_VAULT_URL"})
    sync_schedule: str = field(metadata={"env": "SYNC_SCHEDULE"})
    """NCRONTAB. A trigger reads it by name; here it is only required, as without it no function would start."""
    public_base_url: str | None = field(metadata={"env": "PUBLIC_BASE_URL"})
    oauth_client_id: str | None = field(metadata={"env": "OAUTH_CLIENT_ID"})
    oauth_tenant: str | None = field(metadata={"env": "OAUTH_TENANT"})
    oauth_secret_name: str | None = field(metadata={"env": "OAUTH_SECRET_NAME"})
    azure_client_id: str | None = field(metadata={"env": "AZURE_CLIENT_ID"})
    """The user-assigned managed identity."""
    portal_origin: str | None = field(metadata={"env": "PORTAL_ORIGIN"})
    workspace_claim: str = field(metadata={"env": "WORKSPACE_CLAIM"})
    """The claim that names the caller's workspace when App Service Authentication is on."""
    rework_days: int = field(metadata={"env": "REWORK_DAYS"})
    auth_enabled: bool = field(metadata={"env": "WEBSITE_AUTH_ENABLED"})
    """Set by the platform: App Service Authentication is on."""
    development: bool = field(metadata={"env": "AZURE_FUNCTIONS_ENVIRONMENT"})
    ado_hosts: Mapping[str, str] = field(metadata={"env": "ADO_HOSTS"})
    """Development only: real host -> base URL to use instead."""
    local_vault_ca: str | None = field(metadata={"env": "LOCAL_VAULT_CA"})
    """Development only: file with the certificate of a stand-in vault."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read and check all settings. An empty value counts as absent. Raises SettingsError for the first fault."""
        given = {name: value for name in SETTING_NAMES if (value := environ.get(name, "").strip())}
        if "AzureWebJobsStorage" not in given and "AzureWebJobsStorage__accountName" not in given:
            raise SettingsError(
                "AzureWebJobsStorage or AzureWebJobsStorage__accountName is missing: where queues and tables are",
                code="settings.missing",
            )
        development = given.get("AZURE_FUNCTIONS_ENVIRONMENT") == _DEVELOPMENT
        for name in ("ADO_HOSTS", "LOCAL_VAULT_CA"):
            if name in given and not development:
                raise SettingsError(
                    f"{name} is set, but AZURE_FUNCTIONS_ENVIRONMENT is not {_DEVELOPMENT}: it is refused elsewhere",
                    code="settings.development_only",
                )
        return cls(
            storage_connection=given.get("AzureWebJobsStorage"),
            storage_account=given.get("AzureWebJobsStorage__accountName"),
            key_vault_url=_https(given, "KEY_VAULT_URL"),
            sync_schedule=_required(given, "SYNC_SCHEDULE"),
            public_base_url=given.get("PUBLIC_BASE_URL", "").rstrip("/") or None,
            oauth_client_id=given.get("OAUTH_CLIENT_ID"),
            oauth_tenant=given.get("OAUTH_TENANT"),
            oauth_secret_name=given.get("OAUTH_SECRET_NAME"),
            azure_client_id=given.get("AZURE_CLIENT_ID"),
            portal_origin=given.get("PORTAL_ORIGIN"),
            workspace_claim=given.get("WORKSPACE_CLAIM", "tid"),
            rework_days=_days(given, "REWORK_DAYS", _DEFAULT_REWORK_DAYS),
            auth_enabled=given.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
            development=development,
            ado_hosts=_hosts(given, "ADO_HOSTS"),
            local_vault_ca=given.get("LOCAL_VAULT_CA"),
        )


SETTING_NAMES: Final = tuple(str(setting.metadata["env"]) for setting in fields(Settings))


def _required(given: Mapping[str, str], name: str) -> str:
    if name not in given:
        raise SettingsError(f"{name} is missing", code="settings.missing")
    return given[name]


def _https(given: Mapping[str, str], name: str) -> str:
    url = _required(given, name)
    if not url.startswith("https://"):
        raise SettingsError(f"{name} must be an https:// URL", code="settings.wrong")
    return url.rstrip("/")


def _days(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 365:
        raise SettingsError(f"{name} must be a number of days from 1 to 365", code="settings.wrong")
    return int(text)


def _hosts(given: Mapping[str, str], name: str) -> Mapping[str, str]:
    try:
        hosts = orjson.loads(given.get(name, "{}"))
    except orjson.JSONDecodeError:
        hosts = None
    if not isinstance(hosts, dict) or not all(isinstance(url, str) and url for url in hosts.values()):
        raise SettingsError(f"{name} must be a JSON object: real host -> base URL", code="settings.wrong")
    return {host: url.rstrip("/") for host, url in hosts.items()}
