from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from local.cli.children import fake_child, stack_child, wait_for_fake, wait_for_stack
from local.processes import die_with_parent, free_port

ROOT = Path(__file__).parents[3]


class Command:
    """``python -m local ...`` with its output in a file."""

    def __init__(self, output: Path, *arguments: str, **environment: str) -> None:
        self.output = output
        clean = {name: value for name, value in os.environ.items() if name != "ADO_TOKEN"}
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local", *arguments],
                cwd=ROOT,
                env=clean | environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    @property
    def text(self) -> str:
        return self.output.read_text()

    @property
    def last_line(self) -> str:
        return self.text.strip().splitlines()[-1]

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 90
        while text not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    def wait(self) -> int:
        return self.process.wait(100)


@pytest.fixture
def local(tmp_path):
    """Run a command: ``local("demo", "--size", "tiny")``. What still runs at the end is stopped."""
    started: list[Command] = []

    def start(*arguments: object, **environment: str) -> Command:
        output = tmp_path / f"command-{len(started)}.log"
        started.append(Command(output, *map(str, arguments), **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.wait()


@dataclass
class Running:
    """A stack and the fake organisation ``demo`` that it can reach."""

    url: str
    port: int
    ado_url: str

    @property
    def account(self) -> dict[str, Any]:
        """Its ``email`` and ``tokens`` by name."""
        return dict(requests.get(f"{self.ado_url}/_fake/demo", timeout=10).json())


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One stack, in memory, for all tests of a module."""
    folder = tmp_path_factory.mktemp("running")
    port = free_port()
    with fake_child("demo", "tiny", 1, folder / "fake.log") as fake:
        ado_url = wait_for_fake(fake)
        with stack_child(port, folder / "serve.log", ado_url=ado_url) as stack:
            yield Running(wait_for_stack(stack, port).url, port, ado_url)
