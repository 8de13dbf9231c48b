"""The simulated world: time, storage, Azure DevOps, and workers whose every call of a port is a point to stop at."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final, TypeVar

from local.fake_ado.state import Fake
from shared.ado.client import AdoClient
from shared.ado.wire import Request
from shared.config import Settings
from shared.errors import TransientError
from shared.leases import Lease
from shared.queues import Queues
from shared.services import Services
from shared.storage import create_all
from shared.streams.base import Stream
from shared.streams.catalog import STREAMS
from shared.tables import Tables
from shared.vault import Vault
from tests.simulation.memory_ado import Answer, MemoryAdo, MemoryTransport
from tests.simulation.memory_queues import MemoryQueues, QueueStore
from tests.simulation.memory_tables import MemoryTables, TableStore
from tests.simulation.memory_vault import MemorySecretClient, VaultStore
from tests.simulation.scheduler import KilledError, Scheduler

T = TypeVar("T")
MOST_COPIES: Final = 5
START: Final = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@dataclass
class Chaos:
    """How much goes wrong: probabilities for each call of a port, unless said otherwise."""

    switch: float = 0.0
    """Another worker goes on."""
    kill: float = 0.0
    """The worker dies."""
    freeze: float = 0.0
    """The worker stands still for up to ten minutes."""
    lose_answer: float = 0.0
    """The call has its effect, and its answer is lost."""
    refuse: float = 0.0
    """Storage does not answer, and nothing has happened."""
    copies: tuple[int, ...] = (1,)
    """How often a message is delivered, drawn for each."""
    ado: float = 0.0
    """A request to Azure DevOps goes wrong; by request."""
    step: float = 0.01
    """Seconds that a call takes, at most."""


class Worker:
    """A process: dead or alive, with a memory of its own."""

    def __init__(self, world: World, number: int) -> None:
        self.number = number
        self.is_dead = False
        self.frozen_until: datetime | None = None
        self.services = SimulatedServices(world, self, world.streams_of(self))


@dataclass
class World:
    """All that outlives a worker. The seed makes the same history again."""

    seed: int
    fake: Fake
    chaos: Chaos = field(default_factory=Chaos)
    page_rows: int = 1000

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        random.seed(self.seed)  # the app spreads its retries by the module's own
        self.now = START
        self.tables = TableStore()
        self.queues = QueueStore(lambda: self.now)
        self.vault = VaultStore()
        self.ado = MemoryAdo(self.fake)
        self.scheduler: Scheduler[Worker] = Scheduler()
        self.points = 0
        """Points passed so far: before and after each call of a port."""
        self.die_at: int | None = None
        self.died: str | None = None
        self.asked: Counter[str] = Counter()
        """Requests to Azure DevOps by path."""
        self.on_death: Callable[[], None] = lambda: None
        self.on_answer: Callable[[Worker, Request, Answer], None] = lambda _worker, _request, _answer: None
        self.on_request: Callable[[Worker, Request, datetime], None] = lambda _worker, _request, _begun_at: None
        """The time is when it was decided to ask."""
        self.streams_of: Callable[[Worker], Mapping[str, Stream]] = lambda _worker: STREAMS
        self.spoil: Callable[[Request, Answer], tuple[Answer, bool]] = lambda _request, answer: (answer, False)
        """What goes wrong with an answer of Azure DevOps; True for a connection that breaks in the middle of it."""
        self.skew = timedelta()
        """How far the clock of Azure DevOps is ahead of ours."""
        create_all(MemoryTables(self.tables), MemoryQueues(self.queues))

    def clock(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def point(self, worker: Worker, what: str) -> None:
        """A point where the worker may die, stand still, or be overtaken. Outside of a task nothing happens."""
        task = self.scheduler.current
        if task is None:
            return
        self._check(worker)
        self.points += 1
        if self.points == self.die_at:
            self.died = what
            self.on_death()
            worker.is_dead = True
            raise KilledError
        chaos, rng = self.chaos, self.rng
        self.pass_(rng.random() * chaos.step)
        if chaos.kill and rng.random() < chaos.kill:
            worker.is_dead = True
            raise KilledError
        if chaos.freeze and rng.random() < chaos.freeze:
            worker.frozen_until = self.now + timedelta(seconds=rng.uniform(30, 600))
            self._pause(worker, None)
        elif chaos.switch and rng.random() < chaos.switch:
            self._pause(worker, None)

    def sleep(self, worker: Worker, seconds: float) -> None:
        """The worker's thread sleeps; others go on."""
        if self.scheduler.current is None:
            self.pass_(seconds)
        else:
            # Our clock knows no less than a microsecond: less would never pass.
            self._pause(worker, self.now + timedelta(seconds=max(seconds, 0.001)))

    def _pause(self, worker: Worker, wake_at: datetime | None) -> None:
        self.scheduler.pause(wake_at)
        self._check(worker)

    def _check(self, worker: Worker) -> None:
        if worker.is_dead:
            raise KilledError

    def perform(self, worker: Worker) -> Callable[..., Any]:
        """How the worker's ports do their calls."""

        def perform(what: str, action: Callable[[], T], *, writes: bool) -> T:
            self.point(worker, f"before {what}")
            result = self._storage(what, action, writes=writes)
            self.point(worker, f"after {what}")
            return result

        return perform

    def _storage(self, what: str, action: Callable[[], T], *, writes: bool) -> T:
        chaos, rng = self.chaos, self.rng
        if self.scheduler.current is None:
            return action()
        if chaos.refuse and rng.random() < chaos.refuse:
            raise _no_answer(what)
        result = action()
        if writes and chaos.lose_answer and rng.random() < chaos.lose_answer:
            if rng.random() < 0.5:
                raise _no_answer(what)
            # The SDK tries again by itself, and may find its own effect in the way.
            return action()
        if what.startswith("send "):
            self._copy(action)
        return result

    def _copy(self, action: Callable[[], object]) -> None:
        """The same message once more, and again; never more than five of the same at a time."""
        for _ in range(self.rng.choice(self.chaos.copies) - 1):
            sent = max((queued for queue in self.queues.queues.values() for queued in queue), key=lambda one: one.id)
            if sum(queued.body == sent.body for queued in self.queues.messages(sent.queue)) < MOST_COPIES:
                action()

    def ask(self, worker: Worker, request: Request, headers: dict[str, str]) -> tuple[Answer, bool]:
        """A request to Azure DevOps."""
        path = request.url.partition("?")[0]
        begun_at = self.now
        self.point(worker, f"before {request.method} {path}")
        for organization in self.fake.organizations.values():
            organization.now = max(organization.now, self.now + self.skew)
        self.asked[request.route] += 1
        self.on_request(worker, request, begun_at)
        answer = self.ado.ask(request.method, request.url, headers, request.body or b"")
        is_cut = False
        if self.scheduler.current is not None and self.chaos.ado and self.rng.random() < self.chaos.ado:
            answer, is_cut = self.spoil(request, answer)
        self.point(worker, f"after {request.method} {path}")
        self.on_answer(worker, request, answer)
        return answer, is_cut


def _no_answer(what: str) -> TransientError:
    return TransientError(f"{what}: no answer", code="storage.unavailable")


class SimulatedServices(Services):
    """The app's parts over the world's ports. Everything else is the app's own."""

    def __init__(self, world: World, worker: Worker, streams: Mapping[str, Stream]) -> None:
        super().__init__(_settings(), clock=world.clock, streams=streams)
        self._world = world
        self._worker = worker
        self._perform = world.perform(worker)

    @cached_property
    def tables(self) -> Tables:
        return MemoryTables(self._world.tables, self._perform, self._world.page_rows)

    @cached_property
    def queues(self) -> Queues:
        return MemoryQueues(self._world.queues, self._perform)

    @cached_property
    def vault(self) -> Vault:
        client: Any = MemorySecretClient(self._world.vault, self._perform)
        return Vault(client, self._monotonic)

    def keeping(self, lease: Lease) -> AbstractContextManager[None]:
        """A worker is one thread here, and the world's clock stands still while it works."""
        return nullcontext()

    def _client(self, organization: str, auth: Any, **options: Any) -> AdoClient:
        world, worker = self._world, self._worker
        transport = MemoryTransport(lambda request, headers: world.ask(worker, request, headers))
        ways: dict[str, Any] = {
            "transport": transport,
            "monotonic": self._monotonic,
            "sleep": lambda seconds: world.sleep(worker, seconds),
        }
        return super()._client(organization, auth, **options, **ways)

    def _monotonic(self) -> float:
        return (self._world.now - START).total_seconds()


def _settings() -> Settings:
    return Settings.from_env(
        {
            "AzureWebJobsStorage": "UseDevelopmentStorage=true",
            "KEY_VAULT_URL": "https://127.0.0.1:1",
            "SYNC_SCHEDULE": "0 */15 * * * *",
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        }
    )
