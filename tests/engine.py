"""The engine on real storage, with streams made up for a test, messages done one after another, and a clock to turn."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from azure.storage.queue import QueueServiceClient

from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.config import Settings
from shared.flow.integration import Integration
from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.flow.rows import to_row
from shared.flow.users import UserAlias
from shared.integration_store import new_integration_id
from shared.messages import Ingest, Message, Plan
from shared.queues import Queues
from shared.services import Services
from shared.streams.base import Batch, Slice, Stream

MAX_TRIES = 5


class Clock:
    """Aware UTC that moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **length: float) -> None:
        self.now += timedelta(**length)


class ImpatientQueues(Queues):
    """Delivers at once and remembers for how long a message was to be hidden."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sent: list[tuple[Message, float]] = []

    def send(self, message: Message, delay_seconds: float = 0) -> None:
        self.sent.append((message, delay_seconds))
        super().send(message)


class Source:
    """What a test stream reads: pages of entities, with things that happen before a page is given."""

    def __init__(self, pages: Iterable[Iterable[Any]] = ()) -> None:
        self.pages = [tuple(page) for page in pages]
        self.before: dict[int, Callable[[], None]] = {}
        self.reads: list[tuple[str, int]] = []
        self.slices: list[Slice] = []

    def read(self, slice_: Slice) -> Iterator[Batch]:
        self.slices.append(slice_)
        start = (slice_.watermark or {}).get("page", 0)
        if start >= len(self.pages):
            yield Batch({"page": start})
        for number in range(start, len(self.pages)):
            self.before.pop(number, lambda: None)()
            self.reads.append((slice_.unit_id, number))
            page = self.pages[number]
            yield Batch({"page": number + 1}, page, read=len(page), progress=(number + 1) / len(self.pages))


@dataclass
class Engine:
    """Services on Azurite; ``drain`` is the functions host."""

    services: Services
    clock: Clock
    connection: str
    prefix: str
    catalog: dict[str, Stream]
    handled: list[Message] = field(default_factory=list)
    copies: int = 1
    """How many times every message is delivered."""

    def use(self, *streams: Stream) -> None:
        """These are the catalog from now on."""
        self.catalog.clear()
        self.catalog.update({stream.name: stream for stream in streams})

    @property
    def queues(self) -> ImpatientQueues:
        queues = self.services.queues
        assert isinstance(queues, ImpatientQueues)
        return queues

    @cached_property
    def _clients(self) -> dict[str, Any]:
        service = QueueServiceClient.from_connection_string(self.connection)
        names = (Plan.QUEUE, Ingest.QUEUE)
        return {name: service.get_queue_client(f"{self.prefix}-{name}") for name in names}

    def take(self, queue: str) -> bytes | None:
        """The next message, taken off the queue."""
        client = self._clients[queue]
        message = client.receive_message()
        if message is None:
            return None
        client.delete_message(message)
        return base64.b64decode(message.content)

    def lose_messages(self) -> None:
        for client in self._clients.values():
            client.clear_messages()

    def drain(self, limit: int = 500) -> None:
        """Do messages until there are none. One that keeps failing goes to the poison handler after five tries."""
        tries: defaultdict[bytes, int] = defaultdict(int)
        for _ in range(limit):
            body = self.take(Plan.QUEUE)
            queue = Plan.QUEUE if body else Ingest.QUEUE
            body = body or self.take(Ingest.QUEUE)
            if body is None:
                return
            for _ in range(self.copies):
                self._handle(queue, body, tries)
        raise AssertionError("messages without end")

    def _handle(self, queue: str, body: bytes, tries: defaultdict[bytes, int]) -> None:
        message: Message = (Plan if queue == Plan.QUEUE else Ingest).from_json(body)
        self.clock.pass_(seconds=max((delay for sent, delay in self.queues.sent if sent == message), default=0))
        self.queues.sent = [(sent, delay) for sent, delay in self.queues.sent if sent != message]
        self.handled.append(message)
        try:
            if isinstance(message, Plan):
                self.services.handle_plan(message)
            elif isinstance(message, Ingest):
                self.services.handle_ingest(message)
        except Exception:  # noqa: BLE001 - as the functions host does
            tries[body] += 1
            if tries[body] < MAX_TRIES:
                self.queues.send(message)
            else:
                self.services.handle_poison(queue, body, MAX_TRIES)

    def streams(self, run: Any) -> dict[tuple[str, str], Any]:
        return {(row.stream, row.unit_id): row for row in self.services.runs.streams(run)}

    def run(self, integration: Integration) -> Any:
        """The newest run."""
        return self.services.runs.list(integration.id, 1)[0][0]

    def rows(self, entity: type[Any], integration: Integration) -> list[Any]:
        return [stored.row for stored in self.services.tables.query(entity.TABLE, prefix=integration.id)]

    def watermark(self, integration: Integration, stream: str, unit: str = "organization") -> Any:
        state = self.services.watermarks.get(integration.id, stream, unit)
        return state.watermark if state else None

    def sync(self, integration: Integration, **options: Any) -> Any:
        """A whole sync; the run as it ended."""
        run = self.services.start_sync(integration, **options)
        self.drain()
        return self.services.runs.get(integration.id, run.id)


class EngineServices(Services):
    """Services whose streams are the test's, so that a client is only counted, never used."""

    @cached_property
    def queues(self) -> Queues:
        return ImpatientQueues.connect(connection=self.settings.storage_connection, prefix=f"{self._prefix}-")

    def ado_client(self, integration: Integration) -> AdoClient:
        return AdoClient(integration.organization, PatAuth("made-up"))


def settings(connection: str, vault_url: str = "https://127.0.0.1:1", vault_ca: str | None = None) -> Settings:
    environment = {
        "AzureWebJobsStorage": connection,
        "KEY_VAULT_URL": vault_url,
        "SYNC_SCHEDULE": "0 */15 * * * *",
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "LOCAL_VAULT_CA": vault_ca or "",
    }
    return Settings.from_env(environment)


def new_integration(clock: Callable[[], datetime], **changes: Any) -> Integration:
    integration = Integration(
        id=new_integration_id(),
        workspace="acme",
        name="Contoso",
        organization="contoso",
        username="Svc.Flow@Contoso.com",
        account_id="account-1",
        services={"repos": True, "pull_requests": True, "tickets": True, "webhooks": False},
        secret_name="ado-secret-1",
        created_at=clock(),
        updated_at=clock(),
    )
    return replace(integration, **changes)


def user(integration_id: str, number: int, name: str = "Ann") -> UserAlias:
    return UserAlias(integration_id=integration_id, id=f"user-{number:04d}", apex_user_id="x", name=name)


def project(integration_id: str, name: str, **changes: Any) -> TicketProject:
    return replace(TicketProject(integration_id=integration_id, id=f"project-{name}", name=name), **changes)


def repo(integration_id: str, name: str, project_name: str, **changes: Any) -> Repo:
    made = Repo(
        integration_id=integration_id,
        id=f"repo-{name}",
        name=name,
        project_id=f"project-{project_name}",
        project_name=project_name,
    )
    return replace(made, **changes)


def store(services: Services, *entities: Any) -> None:
    for entity in entities:
        services.tables.upsert(entity.TABLE, [to_row(entity)])
