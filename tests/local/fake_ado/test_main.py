"""The fake as a program."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[3]


def _start(*arguments):
    command = [sys.executable, "-m", "local.fake_ado", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_says_where_it_is_ready_and_stops_when_told():
    process = _start("--organization", "one", "--organization", "other", "--size", "tiny")
    try:
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        assert requests.get(f"{url}/_fake/health", timeout=10).json()["organizations"] == ["one", "other"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = _start("--port", str(taken.getsockname()[1]))
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert len(errors.splitlines()) == 1
    assert "cannot listen on port" in errors
