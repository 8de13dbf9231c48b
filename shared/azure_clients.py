"""Making clients of Azure's SDKs: by connection string or by identity, with room for many threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import RequestsTransport

POOL: Final = 64
"""Connections to a host that are kept open: one for each thread of a worker, and those that its slices start."""

Client = TypeVar("Client")


def pooled(**timeouts: Any) -> RequestsTransport:
    """azure-core's transport, which by itself keeps ten connections and throws away every further one after its use.

    ``timeouts``: azure-core's ``connection_timeout``, ``read_timeout`` and ``connection_verify``.
    """
    from azure.core.pipeline.transport import RequestsTransport
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    session = Session()
    # The pipeline tries again, and knows what may be tried again; the connection must not.
    never = Retry(total=False, redirect=False, raise_on_status=False)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=POOL, max_retries=never))
    return RequestsTransport(session=session, **timeouts)


def storage_client(
    kind: type[Client],
    service: Literal["table", "queue"],
    *,
    connection: str | None,
    account: str | None,
    credential: TokenCredential | None,
    **options: Any,
) -> Client:
    """An SDK's service client: with a connection string, or with an account's name and an identity."""
    options = {**options, "transport": pooled(**options)}
    make: Any = kind
    client: Client
    if connection:
        client = make.from_connection_string(connection, **options)
    else:
        client = make(f"https://{account}.{service}.core.windows.net", credential=credential, **options)
    return client
