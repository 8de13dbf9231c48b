"""The HTTP pipeline to Table Storage: azure-core's, signed with an identity or an account key, tried again, traced.

Source: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from shared.azure_clients import pooled

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.credentials import TokenCredential

VERSION: Final = "2019-02-02"
ACCEPT: Final = "application/json;odata=minimalmetadata"
_SCOPE: Final = "https://storage.azure.com/.default"


@dataclass(frozen=True, slots=True)
class TableWire:
    """Sends requests to one account's tables. Safe to use from several threads."""

    client: PipelineClient[Any, Any]
    endpoint: str

    def send(self, method: str, path: str, expected: int, **request: Any) -> Any:
        """The whole response to a request (``request``: azure-core's arguments).

        Raises HttpResponseError for another status than ``expected``, AzureError when no answer came.
        """
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        response = self.client.send_request(HttpRequest(method, f"{self.endpoint}/{path}", **request))
        if response.status_code != expected:
            raise HttpResponseError(response=response)
        return response


def account_wire(
    endpoint: str,
    *,
    account_key: tuple[str, str] | None = None,
    credential: TokenCredential | None = None,
    **options: Any,
) -> TableWire:
    """For an account by identity, or by (name, key). ``options``: azure-core's, such as ``connection_timeout``."""
    from azure.core import PipelineClient
    from azure.core.pipeline import policies

    sign: Any
    if account_key:
        sign = policies.CustomHookPolicy(raw_request_hook=_shared_key(*account_key))
    elif credential:
        sign = policies.BearerTokenCredentialPolicy(credential, _SCOPE)
    else:
        raise ValueError("an account key or a credential is needed")
    chain = [
        policies.HeadersPolicy({"x-ms-version": VERSION, "DataServiceVersion": "3.0"}),
        policies.UserAgentPolicy("flow-azure-devops"),
        policies.RequestIdPolicy(),
        policies.RetryPolicy(**options),
        sign,
        policies.DistributedTracingPolicy(),
    ]
    return TableWire(PipelineClient(endpoint, policies=chain, transport=pooled(**options)), endpoint.rstrip("/"))


def key_in(connection: str) -> tuple[str, str]:
    """(account, key) of a connection string."""
    parts = dict(part.split("=", 1) for part in connection.split(";") if "=" in part)
    return parts["AccountName"], parts["AccountKey"]


def _shared_key(account: str, key: str) -> Callable[[Any], None]:
    """Signs a request with the account's key (SharedKeyLite): date and path."""
    secret = base64.b64decode(key)

    def sign(request: Any) -> None:
        headers = request.http_request.headers
        headers["x-ms-date"] = format_datetime(datetime.now(UTC), usegmt=True)
        text = f"{headers['x-ms-date']}\n/{account}{urlsplit(request.http_request.url).path}"
        signature = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).decode()
        headers["Authorization"] = f"SharedKeyLite {account}:{signature}"

    return sign
