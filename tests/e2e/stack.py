"""The real stack for the end-to-end tests: the fake Azure DevOps and `python -m local serve`, each its own process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
FINAL = {"succeeded", "partially_failed", "failed"}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _module(name: str, **options: object) -> list[str]:
    """The command line that runs one of our modules."""
    return [sys.executable, "-m", name, *(text for key, value in options.items() for text in (f"--{key}", str(value)))]


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Until ``url`` answers 200. Raises RuntimeError when the process has ended or the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer")


@dataclass
class Fake:
    """The fake Azure DevOps with one organisation."""

    process: subprocess.Popen[bytes]
    url: str
    organization: str

    @classmethod
    def start(cls, organization: str, size: str, seed: int = 1) -> Fake:
        port = free_port()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "local.fake_ado",
                "--port",
                str(port),
                "--organization",
                organization,
                "--size",
                size,
                "--seed",
                str(seed),
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        fake = cls(process, f"http://127.0.0.1:{port}", organization)
        wait_for(f"{fake.url}/_fake/health", process)
        return fake

    def info(self) -> dict[str, Any]:
        return self._get(f"/_fake/{self.organization}")

    def truth(self, initial_processed_at: str) -> dict[str, Any]:
        return self._get(f"/_fake/{self.organization}/truth", initial_processed_at=initial_processed_at)

    def mutate(self, seed: int, changes: int, kinds: list[str] | None = None) -> dict[str, int]:
        body = {"seed": seed, "changes": changes} | ({"kinds": kinds} if kinds else {})
        reply = requests.post(f"{self.url}/_fake/{self.organization}/mutate", json=body, timeout=60)
        assert reply.status_code == 200, reply.text
        return dict(reply.json()["done"])

    def set_latency(self, seconds: float) -> None:
        requests.post(f"{self.url}/_fake/latency", json={"seconds": seconds}, timeout=10).raise_for_status()

    def requests(self) -> dict[str, Any]:
        return self._get("/_fake/requests")

    def reset_requests(self) -> None:
        requests.delete(f"{self.url}/_fake/requests", timeout=10).raise_for_status()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        reply = requests.get(self.url + path, params=query, timeout=60)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())


@dataclass
class Stack:
    """`python -m local serve` on a state folder, and a client of its API."""

    state: Path
    ado_url: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    in_memory: bool = False

    def start(self) -> None:
        command = [sys.executable, "-m", "local", "serve", "--port", str(self.port), "--ado-url", self.ado_url]
        command += ["--state", str(self.state), "--message-lease", "4"] + (["--in-memory"] if self.in_memory else [])
        log = (self.state / "serve.log").open("ab")
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        wait_for(f"{self.url}/health", self.process)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def log(self) -> str:
        return (self.state / "serve.log").read_text(errors="replace")

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        headers = {"x-functions-key": "local"}
        return requests.request(method, self.url + path, json=body, params=query, headers=headers, timeout=60)

    def get(self, path: str, **query: Any) -> Any:
        reply = self.call("GET", path, **query)
        assert reply.status_code == 200, f"{path}: {reply.status_code} {reply.text}"
        return reply.json()

    def rows(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        cursor = None
        while True:
            page = self.get(path, limit=500, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["results"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def connect(self, fake: Fake, name: str = "Demo", token: str = "good") -> dict[str, Any]:
        info = fake.info()
        auth = {"type": "access_token", "email": info["email"], "token": info["tokens"][token]}
        reply = self.call("POST", "/integrations", {"name": name, "base_url": info["base_url"], "auth": auth})
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def sync(self, integration_id: str) -> dict[str, Any]:
        reply = self.call("POST", f"/integrations/{integration_id}/sync", {"full": False})
        assert reply.status_code == 202, reply.text
        return self.wait(integration_id, reply.json()["run_id"])

    def wait(self, integration_id: str, run_id: str | None = None, seconds: float = 150) -> dict[str, Any]:
        """The run (None: the newest) once it has ended."""
        end = time.monotonic() + seconds
        run: dict[str, Any] = {}
        while time.monotonic() < end:
            runs = self.get(f"/integrations/{integration_id}/runs", limit=1)["results"]
            run_id = run_id or (runs[0]["id"] if runs else None)
            if run_id:
                run = self.get(f"/integrations/{integration_id}/runs/{run_id}")
                if run["status"] in FINAL:
                    return run
            time.sleep(0.2)
        raise AssertionError(f"the run did not end: {run}")

    def kill(self) -> None:
        """SIGKILL to the whole process group, as a machine that loses power under the host."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
