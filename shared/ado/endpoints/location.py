"""Who is calling, and which organisations there are. In no specification; used by every official client."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import Endpoint

CORE_AREA: Final = "79134c72-4a58-4b42-976c-04e7115f32bf"

CONNECTION_DATA: Final = Endpoint(
    path="_apis/connectionData",
    items=None,
    scope=None,
    # 7.1 without "preview" is refused.
    api_version="7.1-preview.1",
    query={"connectOptions": "none", "lastChangeId": "-1", "lastChangeId64": "-1"},
    docs="https://github.com/microsoft/azure-devops-python-api/blob/dev/azure-devops/azure/devops/v7_1/location/location_client.py",
)
"""``authenticatedUser``, ``authorizedUser`` and ``instanceId`` (the organisation's GUID); any token may ask."""

ORGANIZATION_LOCATION: Final = Endpoint(
    path="_apis/resourceAreas/{areaId}",
    items=None,
    scope=None,
    api_version="5.0-preview.1",
    in_organization=False,
    anonymous=True,
    docs="https://learn.microsoft.com/azure/devops/extend/develop/work-with-urls",
)
"""Where the organisation named by ``accountName`` or ``hostId`` is: ``locationUrl``, absent where there is none.

Ask with ``areaId`` = ``CORE_AREA``; no credential is sent."""
