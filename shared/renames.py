"""An organisation that was renamed: its id stays, its name in every URL does not, and the former one may become
somebody else's. It is recognised when a credential is refused under the name that is known, and followed only when the
customer says so.

Source: https://learn.microsoft.com/azure/devops/organizations/accounts/rename-organization
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from shared.ado.base_url import BaseUrlError, parse_base_url
from shared.ado.endpoints.location import CORE_AREA, ORGANIZATION_LOCATION
from shared.credentials import NoCredential
from shared.errors import ConnectorError
from shared.failures import Failed

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.services import Services

CODE: Final = "organization.renamed"
_SUSPECT: Final = frozenset({"organization.not_found", "organization.moved", "credentials.foreign"})
"""What is answered under a name that is nobody's any more, or somebody else's by now."""
_SECONDS: Final = 10.0


def why_stopped(services: Services, integration: Integration, error: ConnectorError) -> Failed:
    """The refusal, or what is behind it where the organisation has another name by now."""
    name = name_now(services, integration) if error.code in _SUSPECT else None
    if name is None or name.casefold() == integration.organization.casefold():
        return Failed.of(error)
    return Failed(
        f"the organization {integration.organization} is called {name} now",
        CODE,
        f"Confirm its new base URL, https://dev.azure.com/{name}, in the integration's settings; "
        "nothing that is stored is lost.",
    )


def name_now(services: Services, integration: Integration) -> str | None:
    """What the organisation of this id is called, None where that cannot be told. Sends no credential."""
    if integration.organization_id is None:
        return None
    with closing(services.ado_client_for(integration.organization, NoCredential(), timeout=_SECONDS)) as client:
        try:
            found = client.one(
                ORGANIZATION_LOCATION, path={"areaId": CORE_AREA}, query={"hostId": integration.organization_id}
            )
        except ConnectorError:
            return None
    return _name_in(found.get("locationUrl"))


def _name_in(url: object) -> str | None:
    """From either form of an organisation's address."""
    if not isinstance(url, str):
        return None
    try:
        return parse_base_url(url.rstrip("/"))
    except BaseUrlError as e:
        return parse_base_url(e.suggested_base_url) if e.suggested_base_url else None
