"""The client of Microsoft Entra ID, made from the app's settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from shared.ado.hosts import Hosts
from shared.oauth.app_credential import AppCredential, DevelopmentIdentity, IdentityAssertion, VaultSecret
from shared.oauth.entra import Entra
from shared.oauth.errors import NotConfiguredError
from shared.operations import BASE

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.config import Settings
    from shared.vault import Vault

CALLBACK: Final = f"{BASE}/oauth/callback"


def make_entra(
    settings: Settings, vault: Vault, identity: Callable[[], TokenCredential], clock: Callable[[], datetime]
) -> Entra:
    """Raises NotConfiguredError where no application is named, or nobody could come back to it."""
    if settings.oauth_client_id is None or settings.public_base_url is None:
        raise NotConfiguredError
    return Entra(
        client_id=settings.oauth_client_id,
        tenant=settings.oauth_tenant,
        redirect_uri=settings.public_base_url + CALLBACK,
        credential=_credential(settings, vault, identity),
        hosts=Hosts(settings.ado_hosts),
        clock=clock,
    )


def _credential(settings: Settings, vault: Vault, identity: Callable[[], TokenCredential]) -> AppCredential:
    if settings.oauth_secret_name:
        return VaultSecret(vault, settings.oauth_secret_name)
    return IdentityAssertion(DevelopmentIdentity() if settings.local_vault_ca else identity())
