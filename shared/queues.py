"""Sending to Storage Queues; the functions host does the receiving.

Facts: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.azure_clients import storage_client
from shared.messages import Message
from shared.table_errors import RowExistsError, translated

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.queue import QueueClient, QueueServiceClient

MAX_DELAY_SECONDS: Final = 7 * 24 * 3600
"""The longest that a queue hides a message."""

_NEVER_EXPIRES: Final = -1
_TIMEOUTS: Final[dict[str, Any]] = {"connection_timeout": 5, "read_timeout": 30, "retry_total": 4}
_PING: Final[dict[str, Any]] = {"connection_timeout": 2, "read_timeout": 2, "retry_total": 0}


class Queues:
    """The queues of one storage account. ``prefix`` goes before every queue name (tests share one account)."""

    def __init__(self, service: QueueServiceClient, prefix: str = "") -> None:
        self._service = service
        self._prefix = prefix
        self._clients: dict[str, QueueClient] = {}

    @classmethod
    def connect(
        cls,
        *,
        connection: str | None = None,
        account: str | None = None,
        credential: TokenCredential | None = None,
        prefix: str = "",
    ) -> Queues:
        """With a connection string, or with an account's name and an identity."""
        from azure.storage.queue import QueueServiceClient

        service = storage_client(
            QueueServiceClient, "queue", connection=connection, account=account, credential=credential, **_TIMEOUTS
        )
        return cls(service, prefix)

    def send(self, message: Message, delay_seconds: float = 0) -> None:
        """Put a message into its queue, hidden for ``delay_seconds`` (at most 7 days). It never expires.

        Raises TransientError when storage does not answer; the message may have arrived all the same.
        """
        delay = min(max(0, round(delay_seconds)), MAX_DELAY_SECONDS)
        with translated(f"queue {message.QUEUE}"):
            self._client(message.QUEUE).send_message(
                message.to_json(), visibility_timeout=delay or None, time_to_live=_NEVER_EXPIRES
            )

    def create_queue(self, queue: str) -> None:
        """Make a queue; one that exists is fine."""
        try:
            with translated(f"queue {queue}"):
                self._client(queue).create_queue()
        except RowExistsError:
            return

    def ping(self, queue: str) -> None:
        """Ask for the queue's properties, quickly. Raises TransientError or RowChangedError (no such queue)."""
        with translated(f"queue {queue}"):
            self._client(queue).get_queue_properties(**_PING)

    def _client(self, queue: str) -> QueueClient:
        client = self._clients.get(queue)
        if client is None:
            from azure.storage.queue import BinaryBase64EncodePolicy

            # The functions host reads base64 and takes anything else for poison; the SDK sends plain text by default.
            client = self._clients[queue] = self._service.get_queue_client(
                self._prefix + queue, message_encode_policy=BinaryBase64EncodePolicy()
            )
        return client
