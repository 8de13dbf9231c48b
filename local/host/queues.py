"""A queue trigger's listener: takes messages, keeps them leased while they run, and settles them.

Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger and
https://github.com/Azure/azure-sdk-for-net (sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Literal

from azure.core.exceptions import AzureError

from local.host.errors import WorkerUnavailableError
from local.host.functions import Function, QueueTrigger
from local.host.polling import PollingDelay
from local.host.queue_storage import Message, MessageGoneError, TriggerQueue
from local.host.settings import QueueOptions
from local.host.worker_client import WorkerClient

log = logging.getLogger(__name__)

Outcome = Literal["succeeded", "failed", "not run"]


class QueueListener:
    """Runs one function for the messages of one queue, at most ``batchSize + newBatchThreshold`` at a time."""

    def __init__(
        self, function: Function, queue: TriggerQueue, worker: WorkerClient, options: QueueOptions, lease_seconds: float
    ) -> None:
        """``lease_seconds``: how long a message stays hidden from others without a sign from us (600 in Azure)."""
        assert isinstance(function.trigger, QueueTrigger)
        self._function = function
        self._argument = function.trigger.argument
        self._queue = queue
        self._worker = worker
        self._options = options
        self._lease = lease_seconds
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._loop_task: asyncio.Task[None] | None = None
        self._reachable = True

    async def start(self) -> None:
        """Make the queue if it is missing, and begin to listen. Raises AzureError when the storage does not answer."""
        await self._queue.create()
        self._loop_task = asyncio.create_task(self._listen())
        self._loop_task.add_done_callback(report_failure)

    async def stop_taking(self) -> None:
        """Take no more messages. Those in progress go on."""
        self._stopping.set()
        if self._loop_task:
            await asyncio.wait((self._loop_task,))

    async def close(self) -> None:
        """Wait for the messages in progress to be settled, and close the connections."""
        while self._running:
            await asyncio.wait(self._running)
        await self._queue.close()

    async def run_now(self, text: str) -> None:
        """Run the function for a message that is in no queue, as the admin endpoint does."""
        await self._run(text.encode(), {})

    async def _listen(self) -> None:
        delay = PollingDelay(self._options.max_polling_interval)
        while not self._stopping.is_set():
            # A message taken while nobody can run it would only burn one of its tries.
            await self._first(asyncio.ensure_future(self._worker.ready()))
            messages = [] if self._stopping.is_set() else await self._receive()
            for message in messages:
                task = asyncio.create_task(self._handle(message))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if messages:
                delay.reset()
                await self._room()
            else:
                await self._first(asyncio.ensure_future(asyncio.sleep(delay.next())))

    async def _first(self, waiting: asyncio.Future[Any]) -> None:
        """Wait for ``waiting`` or the stop."""
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((waiting, stop), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        stop.cancel()

    async def _room(self) -> None:
        while len(self._running) > self._options.new_batch_threshold and not self._stopping.is_set():
            await self._first(asyncio.ensure_future(asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)))

    async def _receive(self) -> list[Message]:
        try:
            messages = await self._queue.receive(self._options.batch_size, self._lease)
        except AzureError as error:
            if self._reachable:
                log.warning("queue %s cannot be read: %s", self._queue.name, _text(error))
            self._reachable = False
            return []
        self._reachable = True
        return messages

    async def _handle(self, message: Message) -> None:
        try:
            await self._process(message)
        except AzureError as error:
            log.warning(
                "queue %s: message %s could not be settled and will run again: %s",
                self._queue.name,
                message.id,
                _text(error),
            )

    async def _process(self, message: Message) -> None:
        if message.dequeue_count > self._options.max_dequeue_count and self._queue.has_poison_queue:
            await self._poison(message, f"was taken {message.dequeue_count} times")
            return
        body = message.decode(self._options.base64)
        if body is None:
            await self._refuse(message)
            return
        done = asyncio.Event()
        keeper = asyncio.create_task(self._keep_hidden(message, done))
        try:
            outcome = await self._run(body, _metadata(message, body))
        finally:
            done.set()
            await keeper
        if outcome == "succeeded":
            await self._queue.delete(message)
        elif outcome == "failed":
            await self._failed(message)
        else:
            await self._give_back(message, 0)

    async def _run(self, body: bytes, metadata: dict[str, Any]) -> Outcome:
        header = {
            "function": self._function.name,
            "argument": self._argument,
            "kind": "queue",
            "metadata": metadata,
        }
        try:
            result = await self._worker.call(header, body)
        except WorkerUnavailableError:
            return "not run"
        return "failed" if result.error else "succeeded"

    async def _failed(self, message: Message) -> None:
        if not self._queue.has_poison_queue:
            return  # it stays hidden until its lease runs out, which keeps a failing poison handler from spinning
        if message.dequeue_count >= self._options.max_dequeue_count:
            await self._poison(message, f"failed {message.dequeue_count} times")
        else:
            await self._give_back(message, self._options.visibility_timeout)

    async def _refuse(self, message: Message) -> None:
        if self._queue.has_poison_queue:
            await self._poison(message, "is not base64, which messageEncoding in host.json asks for")
        else:
            log.error("queue %s: message %s is not base64", self._queue.name, message.id)

    async def _poison(self, message: Message, reason: str) -> None:
        log.error("queue %s: message %s %s: moved to the poison queue", self._queue.name, message.id, reason)
        await self._queue.move_to_poison(message)

    async def _give_back(self, message: Message, seconds: float) -> None:
        with contextlib.suppress(MessageGoneError):
            await self._queue.hide(message, seconds)

    async def _keep_hidden(self, message: Message, done: asyncio.Event) -> None:
        """Renew the lease at half its time until ``done``. Waits for a renewal in progress: it changes the receipt."""
        pause = self._lease / 2
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), pause)
                return
            try:
                await self._queue.hide(message, self._lease)
                pause = self._lease / 2
            except MessageGoneError:
                log.warning("queue %s: message %s is no longer ours and may run twice", self._queue.name, message.id)
                return
            except AzureError as error:
                log.warning("queue %s: lease of message %s not renewed: %s", self._queue.name, message.id, _text(error))
                pause = self._lease / 10


def report_failure(task: asyncio.Task[None]) -> None:
    """Log what ended a listener before its time: a fault of the host itself."""
    if not task.cancelled() and (error := task.exception()):
        log.critical("a listener of the host has ended: %r", error, exc_info=error)


def _metadata(message: Message, body: bytes) -> dict[str, Any]:
    """Trigger metadata by the names that the worker's converters read. Times are JSON text, the count a JSON number."""
    return {
        "Id": message.id,
        "PopReceipt": message.receipt,
        "QueueTrigger": body.decode(errors="replace"),
        "DequeueCount": {"json": message.dequeue_count},
        "InsertionTime": {"json": message.inserted_at.isoformat()},
        "ExpirationTime": {"json": message.expires_at.isoformat()},
        "NextVisibleTime": {"json": message.next_visible_at.isoformat()},
    }


def _text(error: AzureError) -> str:
    return " ".join(str(error).split())[:300]
