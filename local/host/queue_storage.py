"""One trigger queue and its poison queue in Azure Queue Storage, real or Azurite.

Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.errors import HostError

# Old enough for every Azurite in use, and it has all that a trigger needs.
_API_VERSION: Final = "2022-11-02"
# The SDK logs each request at INFO, and a listener makes some every second.
_sdk_log = logging.getLogger(f"{__name__}.sdk")
_sdk_log.setLevel(logging.WARNING)
_LONGEST_NAME: Final = 63
_TRIES: Final = 3


class MessageGoneError(Exception):
    """The message was deleted, or its lease ran out and somebody else has it."""


@dataclass(slots=True)
class Message:
    """A message in our hands. ``text`` is as stored; ``receipt`` changes with each renewal."""

    id: str
    text: str
    dequeue_count: int
    inserted_at: datetime
    expires_at: datetime
    next_visible_at: datetime
    receipt: str

    def decode(self, as_base64: bool) -> bytes | None:
        """The body; None where it is not what ``messageEncoding`` says."""
        if not as_base64:
            return self.text.encode()
        try:
            return base64.b64decode(self.text, validate=True)
        except (binascii.Error, ValueError):
            return None


class TriggerQueue:
    """The calls of a queue trigger. Errors of the service are raised as azure.core's AzureError."""

    def __init__(self, connection: str, name: str, function: str) -> None:
        """Raises HostError for a connection string that cannot be read."""
        try:
            self._queue = self._client(connection, name)
            self._poison = self._client(connection, f"{name}-poison") if _has_poison_queue(name) else None
        except ValueError as error:
            raise HostError(f"function {function}: connection string of queue {name}: {error}") from None
        self.name = name

    @staticmethod
    def _client(connection: str, name: str) -> QueueClient:
        # Tries again by ourselves: the SDK's pauses of 15 s and more would hold a stop.
        return QueueClient.from_connection_string(
            connection,
            name,
            api_version=_API_VERSION,
            retry_total=0,
            connection_timeout=5,
            read_timeout=30,
            logger=_sdk_log,
        )

    @property
    def has_poison_queue(self) -> bool:
        """False for a queue that is a poison queue itself, and where the name would be too long."""
        return self._poison is not None

    async def create(self) -> None:
        """Create the queue if it is missing. The real trigger takes it as empty: infrastructure makes it."""
        await _create(self._queue)

    async def receive(self, count: int, lease_seconds: float) -> list[Message]:
        """Up to ``count`` (1..32) messages, hidden from others for ``lease_seconds``."""
        pages = self._queue.receive_messages(
            messages_per_page=count, visibility_timeout=_whole(lease_seconds)
        ).by_page()
        try:
            async for page in pages:
                return [_message(message) async for message in page]
        except ResourceNotFoundError:
            return []
        return []

    async def hide(self, message: Message, seconds: float) -> None:
        """Hide it from now for ``seconds``: a renewed lease, or 0 to give it back. Raises MessageGoneError."""
        try:
            updated = await self._queue.update_message(message.id, message.receipt, visibility_timeout=_whole(seconds))
        except HttpResponseError as error:
            if _is_gone(error):
                raise MessageGoneError(message.id) from None
            raise
        message.receipt = str(updated.pop_receipt)

    async def delete(self, message: Message) -> None:
        """Delete it; already gone is fine."""
        for attempt in range(1, _TRIES + 1):
            try:
                await self._queue.delete_message(message.id, message.receipt)
            except AzureError as error:
                if _is_gone(error):
                    return
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(0.2 * attempt)
            else:
                return

    async def move_to_poison(self, message: Message) -> None:
        """Copy it to the poison queue, made if missing, and delete it here. The copy lives for the default 7 days."""
        assert self._poison
        try:
            await self._poison.send_message(message.text)
        except ResourceNotFoundError:
            await _create(self._poison)
            await self._poison.send_message(message.text)
        await self.delete(message)

    async def close(self) -> None:
        """Close the connections."""
        await self._queue.close()
        if self._poison:
            await self._poison.close()


async def _create(queue: QueueClient) -> None:
    try:
        await queue.create_queue()
    except ResourceExistsError:
        return


def _is_gone(error: AzureError) -> bool:
    # https://learn.microsoft.com/rest/api/storageservices/queue-service-error-codes
    return isinstance(error, HttpResponseError) and (
        error.status_code == 404 or getattr(error, "error_code", "") == "PopReceiptMismatch"
    )


def _has_poison_queue(name: str) -> bool:
    return not name.endswith("-poison") and len(name) + len("-poison") <= _LONGEST_NAME


def _whole(seconds: float) -> int:
    return max(0, round(seconds))


def _message(message: QueueMessage) -> Message:
    assert message.inserted_on
    assert message.expires_on
    assert message.next_visible_on
    return Message(
        id=message.id,
        text=str(message.content),
        dequeue_count=message.dequeue_count or 1,
        inserted_at=message.inserted_on,
        expires_at=message.expires_on,
        next_visible_at=message.next_visible_on,
        receipt=str(message.pop_receipt),
    )
