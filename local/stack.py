"""The whole stack on one machine, started and stopped as one: Azurite, the vault stand-in, the functions host.

The host and the vault live in this process. What is in children ends with it: Azurite (which then writes its files) and
the host's worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp

from local.azurite import Azurite, check_installed
from local.host.errors import HostError
from local.host.host import Host
from local.processes import (
    LOOPBACK,
    STOP_SIGNALS,
    FileLock,
    StackError,
    note_stop_signals,
    pause,
    port_is_free,
    stop_asked,
    stoppable,
)
from local.vault.server import VaultServer
from shared.ado.hosts import HOSTS, Hosts
from shared.errors import ConnectorError
from shared.queues import Queues
from shared.storage import create_all
from shared.tables import Tables
from shared.vault import DevelopmentCredential, Secret, Vault

ROOT = Path(__file__).resolve().parent.parent
FUNCTION_KEY = "local"
DEFAULT_PORT = 7071
SCHEDULE = "0 */15 * * * *"
SIGN_IN_SETTINGS = ("OAUTH_CLIENT_ID", "OAUTH_TENANT", "OAUTH_SECRET_NAME", "PORTAL_ORIGIN")
CLIENT_SECRET = "OAUTH_CLIENT_SECRET"  # noqa: S105 - the name of a variable
READY_SECONDS = 60.0
GRACE_SECONDS = 5.0
"""How long running calls may go on at a stop; what is cut off goes back to its queue."""
# The same as the deployed app's, so that what fits here fits there.
_BODY_LIMIT_BYTES = 4 * 1024 * 1024
_THREADS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """What ``serve`` is told. ``state`` None keeps everything in memory; ``message_lease`` is in seconds."""

    port: int = DEFAULT_PORT
    ado_url: str | None = None
    """Where a server plays every host ``H`` of Azure DevOps and Entra, at ``{ado_url}/H``. None: the real ones."""
    state: Path | None = None
    message_lease: float = 15.0
    app_dir: Path = ROOT

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def app_settings(options: StackOptions, storage: str, vault: VaultServer) -> dict[str, str]:
    """The app settings that the template sets in Azure, with the two that only development knows.

    Raises StackError when ``ado_url`` is not a plain http(s) URL.
    """
    settings = {
        "AzureWebJobsStorage": storage,
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": str(_BODY_LIMIT_BYTES),
        "KEY_VAULT_URL": vault.url,
        "LOCAL_VAULT_CA": str(vault.ca_file),
        "PUBLIC_BASE_URL": options.url,
        "PYTHON_THREADPOOL_THREAD_COUNT": str(_THREADS),
        "SYNC_SCHEDULE": SCHEDULE,
    }
    return {**settings, **_sign_in_settings(options, vault), **_ado_hosts(options)}


def _ado_hosts(options: StackOptions) -> dict[str, str]:
    if options.ado_url is None:
        return {}
    try:
        hosts = Hosts.at(options.ado_url)
    except ConnectorError:
        raise StackError(f"--ado-url {options.ado_url}: give a plain http:// or https:// URL") from None
    return {"ADO_HOSTS": json.dumps({host: hosts.url(host) for host in HOSTS})}


def _sign_in_settings(options: StackOptions, vault: VaultServer) -> dict[str, str]:
    """The Entra application that the environment names, if it does; its secret goes into the vault."""
    given = {name: os.environ[name] for name in SIGN_IN_SETTINGS if os.environ.get(name)}
    secret = os.environ.get(CLIENT_SECRET)
    if secret:
        given.setdefault("OAUTH_SECRET_NAME", "oauth-client-secret")
        credential = DevelopmentCredential()
        Vault.connect(vault.url, credential, str(vault.ca_file)).put(given["OAUTH_SECRET_NAME"], Secret(secret))
    return {"PORTAL_ORIGIN": options.url, **given}


def serve(options: StackOptions, say: Callable[[str], None]) -> None:
    """Run the stack until Ctrl-C or SIGTERM, then stop all of it; ``say`` gets one line for each thing worth knowing.

    Raises StackError: it could not start (exit code 2), or a part of it ended (exit code 1); nothing is left running.
    """
    if not port_is_free(options.port):
        raise StackError(f"port {options.port} is in use: stop what listens there, or give another --port")
    # What cannot start leaves nothing behind.
    _ado_hosts(options)
    check_installed()
    with contextlib.suppress(KeyboardInterrupt), stoppable(), contextlib.ExitStack() as undo:
        folder = undo.enter_context(_state_folder(options.state))
        vault = undo.enter_context(VaultServer(folder / "vault", in_memory=options.state is None))
        location = folder / "azurite" if options.state else None
        azurite = undo.enter_context(
            Azurite.start(location, on_wait=lambda: say("waiting for the previous Azurite to write its files"))
        )
        settings = app_settings(options, azurite.connection_string, vault)
        try:
            create_all(
                Tables.connect(connection=azurite.connection_string),
                Queues.connect(connection=azurite.connection_string),
            )
            host = Host(
                options.app_dir,
                settings,
                options.port,
                LOOPBACK,
                message_lease_seconds=options.message_lease,
                function_key=FUNCTION_KEY,
                state_dir=folder / "host" if options.state else None,
            )
            pause()
            asyncio.run(_HostRun(host, azurite, say).until_stopped())
        except (ConnectorError, HostError) as e:
            raise StackError(str(e)) from None
        finally:
            note_stop_signals()


class _HostRun:
    """The host from start to stop, with an eye on Azurite."""

    def __init__(self, host: Host, azurite: Azurite, say: Callable[[str], None]) -> None:
        self._host = host
        self._azurite = azurite
        self._say = say

    async def until_stopped(self) -> None:
        """Until the first signal. Raises StackError, HostError; the host has stopped in every case."""
        work = asyncio.create_task(self._work())

        def stop() -> None:
            self._say("stopping")
            _on_signal(self._host.stop_waiting)
            work.cancel()

        _on_signal(stop)
        if stop_asked():
            stop()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    async def _work(self) -> None:
        await self._host.start()
        try:
            await self._wait_for_health()
            self._say(f"ready at {self._host.url}/api/v1 (function key: {FUNCTION_KEY})")
            while self._azurite.process.poll() is None:
                await asyncio.sleep(0.5)
            code = self._azurite.process.returncode
            raise StackError(f"Azurite ended with code {code}; everything else is stopped too", exit_code=1)
        finally:
            _on_signal(self._host.stop_waiting)
            await self._host.stop(GRACE_SECONDS)

    async def _wait_for_health(self) -> None:
        said = "no answer"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
                while True:
                    async with session.get(f"{self._host.url}/api/v1/health") as reply:
                        if reply.status == HTTPStatus.OK:
                            return
                        said = f"{reply.status} {(await reply.text())[:200]}"
                    await asyncio.sleep(0.1)
        raise StackError(f"the app is not healthy after {READY_SECONDS:.0f} s: {said}")


def _on_signal(call: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, call)


@contextlib.contextmanager
def _state_folder(state: Path | None) -> Iterator[Path]:
    """The folder for this run, ours alone: ``state``, or one that goes with us."""
    if state is None:
        with tempfile.TemporaryDirectory(prefix="flow-azure-devops-") as folder:
            yield Path(folder)
        return
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(state / "serve.lock")
        free = lock.acquire()
    except OSError as e:
        raise StackError(f"cannot keep state in {state}: {e.strerror}") from None
    with lock:
        if not free:
            raise StackError(f"{state} is in use by process {lock.owner()}: stop it, or give another --state")
        lock.write_owner(os.getpid())
        yield state.resolve()
