"""Threads of which one runs at a time and stops wherever it is told: interleavings that a seed makes again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

W = TypeVar("W")


class KilledError(BaseException):
    """The process is gone. Nothing catches it, and what cleans up on the way out reaches no port any more."""


class Task(Generic[W]):
    """A call in a thread of its own. ``wake_at``: it sleeps until then."""

    def __init__(self, worker: W, action: Callable[[], object]) -> None:
        self.worker = worker
        self.wake_at: datetime | None = None
        self.is_done = False
        self.error: BaseException | None = None
        self._action = action
        self.go = threading.Lock()
        self.go.acquire()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.back = threading.Lock()
        self.back.acquire()

    def _run(self) -> None:
        self.go.acquire()
        try:
            self._action()
        except BaseException as error:  # noqa: BLE001 - whoever resumed it looks at what it was
            self.error = error
        self.is_done = True
        self.back.release()


class Scheduler(Generic[W]):
    """Runs tasks one at a time; the baton goes back when a task pauses or ends."""

    def __init__(self) -> None:
        self.current: Task[W] | None = None

    def start(self, worker: W, action: Callable[[], object]) -> Task[W]:
        """A task that begins when it is first resumed."""
        task = Task(worker, action)
        task.thread.start()
        return task

    def resume(self, task: Task[W]) -> None:
        """Let it run until it pauses or ends."""
        self.current = task
        task.wake_at = None
        task.go.release()
        task.back.acquire()
        self.current = None
        if task.is_done:
            task.thread.join()

    def pause(self, wake_at: datetime | None = None) -> None:
        """Called within a task: give the baton back, for at least until ``wake_at``."""
        task = self.current
        assert task is not None
        task.wake_at = wake_at
        task.back.release()
        task.go.acquire()
