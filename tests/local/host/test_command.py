"""``python -m local.host`` as a process: signals, kill -9, and what it says when it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.local.host.conftest import APPS, eventually

REPO = Path(__file__).resolve().parents[3]


class Running:
    """A host process and where it listens."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def worker_pid(self) -> int:
        return int(requests.get(f"{self.url}/api/pid", timeout=30).text)


def command(*arguments: str, settings: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local.host", *arguments],
        cwd=REPO,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def running(settings) -> Iterator[Running]:
    settings = {**settings, "AzureFunctionsJobHost__functionTimeout": "00:01:00"}
    process = command(str(APPS / "basic"), "--port", "0", "--grace", "30", settings=settings)
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("ready at http://127.0.0.1:"), process.communicate()
    yield Running(process, line.split()[-1])
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def gone(pid: int) -> bool:
    """Whether the process has ended, reaped or not."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_lets_the_running_call_finish(running, notes, work, number):
    """Ctrl-C reaches the worker as well, and must not end it."""
    worker = running.worker_pid()
    work.send("sleep 1")
    eventually(lambda: notes.all(body="sleep 1"))
    os.killpg(running.process.pid, number)
    assert running.process.wait(30) == 0
    assert notes.all(done="sleep 1")
    assert gone(worker)
    # The storage SDK's request log would bury what the host says.
    assert "Request URL" not in running.process.stderr.read()


def test_a_second_signal_does_not_wait(running, notes, work):
    work.send("sleep 20")
    eventually(lambda: notes.all(body="sleep 20"))
    running.process.send_signal(signal.SIGINT)
    eventually(lambda: requests_refused(running.url))
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert notes.all(done="sleep 20") == []


def requests_refused(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_the_worker_dies_with_a_killed_host(running):
    worker = running.worker_pid()
    running.process.kill()
    running.process.wait()
    assert eventually(lambda: gone(worker))


def test_a_killed_host_loses_no_message(running, notes, work, start):
    work.send("sleep 20")
    eventually(lambda: notes.all(body="sleep 20"))
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()
    assert work.count() == 1


def failed(*arguments: str, settings: dict[str, str]) -> str:
    process = command(*arguments, settings=settings)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    return err.strip()


def test_a_port_in_use_is_one_line(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = failed(str(APPS / "basic"), "--port", port, settings=settings)
    assert message.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert "\n" not in message


def test_a_missing_setting_is_one_line(settings):
    del settings["SCHEDULE"]
    message = failed(str(APPS / "basic"), "--port", "0", settings=settings)
    assert message.splitlines()[-1] == (
        "function tick: setting SCHEDULE is missing, and without it no function of the app runs"
    )


def test_a_folder_that_is_no_app_is_one_line(tmp_path):
    assert failed(str(tmp_path), settings={}).startswith("no host.json in ")


def test_local_settings_json_is_read_and_the_environment_wins(tmp_path):
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "local.settings.json").write_text('{"Values": {"ONE": "file", "TWO": "file"}}')
    from local.host.__main__ import read_settings

    os.environ["TWO"] = "shell"
    try:
        found = read_settings(tmp_path)
    finally:
        del os.environ["TWO"]
    assert (found["ONE"], found["TWO"]) == ("file", "shell")
