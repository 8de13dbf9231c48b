"""What ``run``, ``demo`` and ``connect`` start as processes of their own: a stack, and the fake Azure DevOps."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from local.cli.api import Api
from local.processes import LOOPBACK, StackError, die_with_parent, stop_process, wait_until
from local.stack import ROOT

START_SECONDS = 180.0
STOP_SECONDS = 90.0


class Child:
    """A module of ours as a process whose output goes to a file; it is told to stop when this process ends or dies.

    In a session of its own: Ctrl-C reaches this process alone, which stops its children in their order.
    """

    def __init__(
        self, name: str, module: str, arguments: list[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """``name`` is for messages; ``environment`` comes over this process' own.

        Raises StackError when the log cannot be written.
        """
        self.name = name
        self.log = log
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            output = log.open("wb")
        except OSError as e:
            raise StackError(f"cannot write {log}: {e.strerror}") from None
        with output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def wait_until_ready(self, ready: Callable[[], bool]) -> None:
        """Raises StackError with the last line of the log when the process ends before, or takes too long."""
        if wait_until(ready, process=self.process, seconds=START_SECONDS):
            return
        code = self.process.poll()
        if code is None:
            raise StackError(f"{self.name} is not ready after {START_SECONDS:.0f} s: see {self.log}")
        raise StackError(self.last_line().removeprefix("error: ") or f"{self.name} ended with code {code}")

    def check(self) -> None:
        """Raises StackError when the process has ended."""
        code = self.process.poll()
        if code is not None:
            raise StackError(f"{self.name} ended with code {code}: see {self.log}", exit_code=1)

    def text(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def last_line(self) -> str:
        """The last line it printed, or nothing."""
        return (self.text().strip().splitlines() or [""])[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop_process(self.process, signal.SIGTERM, STOP_SECONDS)


def stack_child(
    port: int,
    log: Path,
    *,
    ado_url: str | None = None,
    state: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Child:
    """``serve`` as a child, not yet ready. ``state`` None keeps everything in memory."""
    arguments = ["serve", "--port", str(port)]
    arguments += ["--ado-url", ado_url] if ado_url is not None else []
    arguments += ["--in-memory"] if state is None else ["--state", str(state.resolve())]
    return Child("the stack", "local", arguments, log, environment)


def wait_for_stack(child: Child, port: int) -> Api:
    """The API of a stack that is being started. Raises StackError."""
    api = Api(f"http://{LOOPBACK}:{port}")
    child.wait_until_ready(lambda: "ready at" in child.text() and api.is_healthy())
    return api


def fake_child(organization: str, size: str, seed: int, log: Path) -> Child:
    """The fake Azure DevOps with one organisation, on a port of its own choice, not yet ready."""
    arguments = ["--port", "0", "--organization", organization, "--size", size, "--seed", str(seed)]
    return Child("the fake Azure DevOps", "local.fake_ado", arguments, log)


def wait_for_fake(child: Child) -> str:
    """The URL of a fake that is being started. Raises StackError."""
    address = re.compile(rf"ready on (http://{re.escape(LOOPBACK)}:\d+) ")
    child.wait_until_ready(lambda: address.search(child.text()) is not None)
    found = address.search(child.text())
    assert found is not None
    return found[1]
