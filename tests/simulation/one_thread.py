"""What makes a simulation run as one thread would: pools that run inline, and no thread beside."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from typing import Any, TypeVar

from tests.simulation.git_answers import keep_git_answers

T = TypeVar("T")


class InlinePool(Executor):
    """Runs each call at once, in the thread that asks: the order of calls is the order of asking."""

    def __init__(self, _workers: int = 1, **_names: str) -> None:
        """One thread, however many are asked for."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - an executor keeps what was raised for whoever asks
            future.set_exception(error)
        return future


def one_thread(set_attribute: Callable[[Any, str, Any], None]) -> None:
    """Put it into place with ``set_attribute(object, name, value)``."""
    import shared.leases
    import shared.probes
    import shared.slices
    import shared.versions

    for module in (shared.probes, shared.slices, shared.versions):
        set_attribute(module, "ThreadPoolExecutor", InlinePool)
    keep_git_answers(set_attribute)
    # A thread that renews by the machine's clock has no place among those that take turns; without it more leases are
    # lost, which is what is looked for.
    set_attribute(shared.leases.Lease, "kept", lambda _lease, _every: nullcontext())
