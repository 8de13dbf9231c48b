"""Azurite, the storage emulator: queues and tables for the local stack and the tests, in memory or on disk."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Self

from local.processes import LOOPBACK, FileLock, StackError, die_with_parent, stop_process, wait_until

ACCOUNT = "devstoreaccount1"
# The emulator's account key, the same on every machine: https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
MAIN = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
SIGNALS = Path(__file__).parent / "azurite_signals.js"
NODE_MAJOR = 20
START_SECONDS = 60.0
STOP_SECONDS = 60.0
"""A large database on disk takes seconds to write; killing Azurite meanwhile would lose what was acknowledged."""

_LISTENING = re.compile(rb"Azurite (Blob|Queue|Table) service is successfully listening at http://[\d.]+:(\d+)")


class Azurite:
    """A running Azurite with its blob, queue and table services on ports of their own choice.

    It runs in a session of its own, so Ctrl-C in the terminal does not reach it, and gets SIGTERM when this process
    dies, so that it writes its files even then; ``azurite_signals.js`` keeps a second signal from interrupting that.
    Start it from the main thread (see ``die_with_parent``).
    """

    def __init__(self, process: subprocess.Popen[bytes], output: BinaryIO, ports: dict[str, int]) -> None:
        self.process = process
        self._output = output
        self.ports = ports

    @classmethod
    def start(cls, location: Path | None = None, *, on_wait: Callable[[], None] | None = None) -> Self:
        """Start Azurite and return when all three services listen. ``location`` None: in memory, nothing on disk.

        With a location, ``<location>.lock`` beside it is held until Azurite has ended and written everything; another
        start on the same location waits up to 60 seconds for that, and calls ``on_wait`` after the first.
        Raises StackError: no Node.js, Azurite not installed, location in use or unwritable, no answer.
        """
        command = [find_node(), "--require", str(SIGNALS), str(_installed_main())]
        command += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        command += ["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"]
        if location is None:
            return cls._spawn([*command, "--inMemoryPersistence"], pass_fds=())
        with FileLock(location.with_name(location.name + ".lock")) as lock:
            if not lock.acquire(STOP_SECONDS, on_wait=on_wait):
                raise StackError(f"Azurite, process {lock.owner()}, still holds {location} after {STOP_SECONDS:.0f} s")
            azurite = cls._spawn([*command, "--location", str(location)], pass_fds=(lock.fd,))
            lock.write_owner(azurite.process.pid)
            return azurite

    @classmethod
    def _spawn(cls, command: list[str], pass_fds: tuple[int, ...]) -> Self:
        # Its output goes to a file without a name: a pipe would break with this process, and Azurite with the pipe.
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,
            pass_fds=pass_fds,
        )
        azurite = cls(process, output, ports={})
        with contextlib.ExitStack() as undo:
            undo.callback(azurite.stop)
            if not wait_until(lambda: len(_ports(output)) == 3, process=process, seconds=START_SECONDS):
                raise StackError(f"Azurite did not start: {_last_line(output)}")
            azurite.ports = _ports(output)
            undo.pop_all()
        return azurite

    @property
    def connection_string(self) -> str:
        """What ``AzureWebJobsStorage`` is set to: all three services, over plain HTTP on loopback."""
        endpoints = "".join(
            f"{service}Endpoint=http://{LOOPBACK}:{port}/{ACCOUNT};" for service, port in self.ports.items()
        )
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{endpoints}"

    def stop(self) -> bool:
        """End it and wait until everything is on disk. False when it had to be killed after a minute."""
        ended = stop_process(self.process, signal.SIGTERM, STOP_SECONDS)
        self._output.close()
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def find_node() -> str:
    """The path of Node.js. Raises StackError when there is none or it is too old for Azurite."""
    node = shutil.which("node")
    if node is None:
        raise StackError(f"Node.js is not on the PATH: Azurite needs it. Install Node.js {NODE_MAJOR} or newer.")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < NODE_MAJOR:
        raise StackError(f"{node} is {version or 'broken'}: Azurite needs Node.js {NODE_MAJOR} or newer.")
    return node


def check_installed() -> None:
    """Raises StackError when Azurite could not be started: no Node.js, too old a one, or no Azurite."""
    find_node()
    _installed_main()


def _installed_main() -> Path:
    if not MAIN.is_file():
        raise StackError("Azurite is not installed in local/node_modules: run `make install`.")
    return MAIN


def _ports(output: BinaryIO) -> dict[str, int]:
    return {match[1].decode(): int(match[2]) for match in _LISTENING.finditer(_text(output))}


def _text(output: BinaryIO) -> bytes:
    # pread: reading must not move the offset that Azurite writes at.
    return os.pread(output.fileno(), 1 << 16, 0)


def _last_line(output: BinaryIO) -> str:
    lines = _text(output).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it printed nothing"
