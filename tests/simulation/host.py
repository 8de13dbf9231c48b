"""The functions host, simulated: takes messages, leases them, runs workers, settles, poisons, and ticks the timer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from shared.messages import QUEUES, Ingest, Plan
from tests.simulation.memory_queues import MessageGoneError, Queued
from tests.simulation.scheduler import KilledError, Task
from tests.simulation.world import Worker, World

T = TypeVar("T")
MAX_DEQUEUE: Final = 5
RETRY_AFTER: Final = timedelta(minutes=1)
"""``visibilityTimeout`` of host.json."""
AT_ONCE: Final = 6
"""Messages of a worker side by side."""
TICK: Final = timedelta(minutes=15)
_LONGEST_STEPS: Final = 400_000


@dataclass
class Running:
    """A message in the hands of a worker."""

    task: Task[Worker]
    message: Queued
    receipt: int
    renewed_at: datetime


class Host:
    """Runs ``workers`` processes over the world's queues. ``lease``: how long a dead worker's message stays hidden."""

    def __init__(self, world: World, workers: int = 1, lease: float = 600.0) -> None:
        self.world = world
        self.lease = timedelta(seconds=lease)
        self.workers = [Worker(world, number) for number in range(workers)]
        self.running: list[Running] = []
        self.ticks: Task[Worker] | None = None
        self.next_tick: datetime | None = None
        self.failures: Counter[str] = Counter()
        """What handlers raised, by type and code."""
        self.surprises: list[BaseException] = []
        self.poisoned = 0

    def run(self, *, until: datetime | None = None) -> None:
        """Go on until nothing is left to be done (timer ticks do not count), or until then."""
        for _ in range(_LONGEST_STEPS):
            if not self._step(until):
                return
        raise AssertionError("work without end")

    def call(self, action: Callable[[Worker], T]) -> T:
        """A call of the HTTP API on some worker. Raises what it raises, KilledError when the worker died in it."""
        kept: list[T] = []
        self._bury()
        worker = self.world.rng.choice(self.workers)
        task = self.world.scheduler.start(worker, lambda: kept.append(action(worker)))
        while not task.is_done:
            self.world.now = max(self.world.now, task.wake_at or self.world.now)
            self.world.scheduler.resume(task)
        if task.error:
            raise task.error
        return kept[0]

    def tick(self) -> None:
        """Wait for the next tick of the timer, and let it pass."""
        self.world.now += TICK
        self.call(lambda worker: worker.services.tick(False))

    def _step(self, until: datetime | None) -> bool:
        self._bury()
        if until is not None and self.world.now >= until:
            return False
        self._tick()
        self._renew()
        choices: list[Running | Queued | Task[Worker]] = [one for one in self.running if self._is_ready(one.task)]
        if self.ticks and self._is_ready(self.ticks):
            choices.append(self.ticks)
        free = [worker for worker in self.workers if self._has_room(worker)]
        if free:
            choices += [message for queue in self._queues() for message in self.world.queues.visible(queue)]
        if choices:
            self._do(self.world.rng.choice(choices), free)
            return True
        following = self._following()
        if until is not None and (following is None or following > until):
            self.world.now = max(self.world.now, until)
            return False
        if following is None:
            return False
        self.world.now = max(self.world.now, following)
        return True

    def _do(self, choice: Running | Queued | Task[Worker], free: list[Worker]) -> None:
        if isinstance(choice, Queued):
            choice = self._take(choice, self.world.rng.choice(free))
        task = choice.task if isinstance(choice, Running) else choice
        if isinstance(choice, Running):
            choice.renewed_at = self.world.now
        self.world.scheduler.resume(task)
        if task.is_done:
            self._settle(choice)

    def _take(self, message: Queued, worker: Worker) -> Running:
        receipt = self.world.queues.take(message, self.lease)
        task = self.world.scheduler.start(worker, partial(_handle, worker, message, message.dequeue_count))
        self.running.append(Running(task, message, receipt, self.world.now))
        return self.running[-1]

    def _settle(self, done: Running | Task[Worker]) -> None:
        if not isinstance(done, Running):
            self.ticks = None
            self._note(done.error)
            return
        self.running.remove(done)
        self._note(done.task.error)
        if isinstance(done.task.error, KilledError):
            return  # the message comes back when its lease is over
        with suppress(MessageGoneError):
            if done.task.error is None:
                self.world.queues.delete(done.message, done.receipt)
            elif not done.message.queue.endswith("-poison"):
                self._failed(done)

    def _failed(self, done: Running) -> None:
        queues = self.world.queues
        if done.message.dequeue_count >= MAX_DEQUEUE:
            queues.delete(done.message, done.receipt)
            queues.send(f"{done.message.queue}-poison", done.message.body)
            self.poisoned += 1
        else:
            queues.hide(done.message, done.receipt, RETRY_AFTER)

    def _note(self, error: BaseException | None) -> None:
        if error is None or isinstance(error, KilledError):
            return
        self.failures[f"{type(error).__name__} {getattr(error, 'code', error)}"] += 1
        if not hasattr(error, "code"):
            self.surprises.append(error)

    def _tick(self) -> None:
        if self.next_tick and self.world.now >= self.next_tick and not self.ticks:
            self.next_tick += TICK
            alive = [worker for worker in self.workers if not worker.frozen_until]
            if alive:
                worker = self.world.rng.choice(alive)
                self.ticks = self.world.scheduler.start(worker, lambda: worker.services.tick(False))

    def _bury(self) -> None:
        """End the calls of dead workers, and start new processes in their place."""
        for number, worker in enumerate(self.workers):
            if worker.is_dead:
                for running in [one for one in self.running if one.task.worker is worker]:
                    self._end(running)
                if self.ticks and self.ticks.worker is worker:
                    self._end(self.ticks)
                self.workers[number] = Worker(self.world, number)
            elif worker.frozen_until and worker.frozen_until <= self.world.now:
                worker.frozen_until = None

    def _end(self, one: Running | Task[Worker]) -> None:
        task = one.task if isinstance(one, Running) else one
        if not task.is_done:
            self.world.scheduler.resume(task)
        assert task.is_done, "a dead worker goes on"
        self._settle(one)

    def _renew(self) -> None:
        """The host keeps the messages of living workers hidden, from half of their lease on."""
        for one in self.running:
            if not one.task.worker.frozen_until and self.world.now - one.renewed_at >= self.lease / 2:
                with suppress(MessageGoneError):
                    one.receipt = self.world.queues.hide(one.message, one.receipt, self.lease)
                one.renewed_at = self.world.now

    def _is_ready(self, task: Task[Worker]) -> bool:
        now = self.world.now
        return not task.worker.frozen_until and (task.wake_at is None or task.wake_at <= now)

    def _has_room(self, worker: Worker) -> bool:
        return not worker.frozen_until and sum(one.task.worker is worker for one in self.running) < AT_ONCE

    def _queues(self) -> list[str]:
        return [name for queue in QUEUES for name in (queue, f"{queue}-poison")]

    def _following(self) -> datetime | None:
        """When something is to be done next; ticks alone are nothing."""
        tasks = [one.task for one in self.running] + ([self.ticks] if self.ticks else [])
        times = [time for task in tasks for time in (task.wake_at, task.worker.frozen_until) if time]
        times += [message.visible_at for queue in self._queues() for message in self.world.queues.messages(queue)]
        times += [worker.frozen_until for worker in self.workers if worker.frozen_until]
        if self.next_tick:
            times.append(self.next_tick)
        return min((time for time in times if time > self.world.now), default=None)


def _handle(worker: Worker, message: Queued, dequeue_count: int) -> None:
    services = worker.services
    queue = message.queue.removesuffix("-poison")
    if message.queue != queue:
        services.handle_poison(queue, message.body, dequeue_count)
    elif queue == Ingest.QUEUE:
        services.handle_ingest(Ingest.from_json(message.body))
    else:
        services.handle_plan(Plan.from_json(message.body))
