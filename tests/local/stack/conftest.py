from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from local.processes import die_with_parent, free_port

ROOT = Path(__file__).parents[3]
APP = Path(__file__).parent / "app"


class Serve:
    """``python -m local serve`` with the test's own small app, in a session of its own."""

    def __init__(self, folder: Path, port: int | None = None, *options: str, **environment: str) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self.output = folder / f"serve-{self.port}-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "local", "serve", "--port", str(self.port), "--app-dir", str(APP)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def ready(self) -> Serve:
        deadline = time.monotonic() + 60
        while "ready at" not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.02)
        assert requests.get(f"{self.url}/health", timeout=10).status_code == 200
        return self

    @property
    def text(self) -> str:
        return self.output.read_text()

    def call(self, method: str, path: str, key: str = "local", body: str = "") -> requests.Response:
        return requests.request(method, self.url + path, headers={"x-functions-key": key}, data=body, timeout=30)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        return self.process.wait(60)


@pytest.fixture
def serve(tmp_path):
    """Start stacks: ``serve("--state", ...)``. What still runs at the end is stopped."""
    started: list[Serve] = []

    def start(*options: object, port: int | None = None, **environment: str) -> Serve:
        started.append(Serve(tmp_path, port, *map(str, options), **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end()


def descendants(pid: int) -> dict[int, str]:
    """Process ids below ``pid``, with their command lines."""
    found: dict[int, str] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            line = status.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if parent == pid:
            child = int(status.parent.name)
            found |= {child: line, **descendants(child)}
    return found


def alive(pids: dict[int, str]) -> dict[int, str]:
    """Those of these processes that still run the same command."""
    still = {}
    for pid, line in pids.items():
        try:
            now = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if now == line:
            still[pid] = line
    return still
