"""The fake in a thread, for tests: ``with start_fake([...]) as fake: ...``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from local.fake_ado import faults, server
from local.fake_ado.generate import make_organization
from local.fake_ado.model import Organization
from local.fake_ado.named_tokens import equip, named_tokens
from local.fake_ado.settings import FakeSettings
from local.fake_ado.state import Fake


class FakeAdo:
    """A running fake. ``model`` is what it plays; changing it changes the answers."""

    def __init__(self, fake: Fake, url: str) -> None:
        self.model = fake
        self.url = url

    @property
    def settings(self) -> FakeSettings:
        """What may be set about the fake as a whole."""
        return self.model.settings

    def hosts(self) -> dict[str, str]:
        """Real host -> base URL to use instead of it, for the hosts that clients call."""
        names = ("dev.azure.com", "vssps.dev.azure.com", "app.vssps.visualstudio.com", "login.microsoftonline.com")
        return {name: f"{self.url}/{name}" for name in names}

    def organization(self, name: str) -> Organization:
        """One organisation, by name."""
        found = self.model.find_organization(name)
        assert found is not None, name
        return found

    def token(self, name: str = "good", organization: str | None = None) -> str:
        """The value of a named token, of the first organisation unless told."""
        home = self.organization(organization) if organization else next(iter(self.model.organizations.values()))
        return named_tokens(home)[name].value

    def requests(self) -> dict[str, Any]:
        """Counts since the start or the last ``clear_requests``."""
        return self.model.requests.as_json()

    def clear_requests(self) -> None:
        """Start counting anew."""
        self.model.requests.clear()

    def set_fault(self, path: str = "", method: str | None = None, **fault: Any) -> None:
        """Add a fault; see ``faults.Fault`` for what there is. ``path`` is a regular expression."""
        self.model.faults.faults.append(faults.from_json({"match": {"path": path, "method": method}, **fault}))

    def clear_faults(self) -> None:
        """No more faults."""
        self.model.faults.faults.clear()


@contextmanager
def start_fake(
    organizations: Iterable[Organization | str] = ("demo",),
    *,
    seed: int = 1,
    size: str = "tiny",
    settings: FakeSettings | None = None,
) -> Iterator[FakeAdo]:
    """Run a fake in a thread of its own until the block ends; names become organisations made from ``seed``."""
    fake = Fake((prepared(one, seed=seed, size=size) for one in organizations), settings)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake-ado", daemon=True)
    thread.start()
    stop: Callable[[], Any] | None = None
    try:
        stop, port = asyncio.run_coroutine_threadsafe(server.start(fake), loop).result(10)
        yield FakeAdo(fake, f"http://127.0.0.1:{port}")
    finally:
        if stop is not None:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def prepared(organization: Organization | str, *, seed: int, size: str) -> Organization:
    """An organisation with the named tokens; made from the seed if only its name is given."""
    if isinstance(organization, str):
        made: Organization = make_organization(organization, seed, size)
    else:
        made = organization
    equip(made)
    return made
