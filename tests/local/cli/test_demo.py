"""``run`` and ``demo`` from outside, with the smallest organisation."""

from __future__ import annotations

import os
import re
import signal
import socket

import pytest
import requests

from local.cli.api import Api
from local.cli.comparison import compare
from local.cli.connecting import Connected
from local.cli.demo import Demo
from tests.local.stack.conftest import alive, descendants


def test_demo_ends_well_when_every_count_is_true(local, tmp_path):
    one = local("demo", "--logs", tmp_path / "logs", "--size", "tiny", "--seed", "5")
    one.wait_for("ready after")
    children = descendants(one.process.pid)
    assert one.wait() == 0, one.text
    assert "The initial sync: succeeded" in one.text
    equal = re.findall(r"^(\w+) .* equal *$", one.text, re.MULTILINE)
    assert {"ticket_projects", "users", "repos", "sprints", "tickets", "ticket_events", "pull_requests"} <= set(equal)
    assert "different" not in one.text
    assert {log.name for log in (tmp_path / "logs").iterdir()} == {"fake_ado.log", "serve.log"}
    assert "\x1b" not in one.text, "no terminal, no colours"
    assert alive(children) == {}


@pytest.mark.parametrize(
    ("status", "stored", "succeeded"),
    [
        ("succeeded", "ab", True),
        ("succeeded", "a", False),
        ("succeeded", "ac", False),
        ("partially_failed", "ab", False),
    ],
)
def test_demo_fails_on_any_difference(status, stored, succeeded):
    connected = Connected({}, {"status": status})
    demo = Demo(
        Api("http://127.0.0.1:1"),
        "",
        (),
        connected,
        [compare("users", "a", "a"), compare("tickets", stored, "ab")],
    )
    assert demo.succeeded is succeeded


def test_run_keeps_serving_until_it_is_told_to_stop(local, tmp_path):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 7071))
            taken.listen()
        except OSError:
            pass  # somebody else has it: as good
        one = local("run", "--logs", tmp_path / "logs", "--size", "tiny")
        one.wait_for("Ctrl-C stops everything")
    listens = re.search(r"port 7071 is in use, so this one listens on (\d+)", one.text)
    assert listens is not None, one.text
    health = requests.get(f"http://127.0.0.1:{listens[1]}/api/v1/health", timeout=10)
    assert health.json()["status"] == "ok"
    integration = re.search(r"curl -H 'x-functions-key: (\w+)' (http\S+)", one.text)
    assert integration is not None, one.text
    shown = requests.get(integration[2], headers={"x-functions-key": integration[1]}, timeout=10)
    assert shown.json()["data_status"] == "healthy"
    children = descendants(one.process.pid)
    one.process.send_signal(signal.SIGINT)
    assert one.wait() == 0, one.text
    assert alive(children) == {}


def test_run_says_when_a_part_has_died(local, tmp_path):
    one = local("run", "--logs", tmp_path / "logs", "--size", "tiny")
    one.wait_for("Ctrl-C stops everything")
    children = descendants(one.process.pid)
    os.kill(next(pid for pid, line in children.items() if "local.fake_ado" in line), signal.SIGKILL)
    assert one.wait() == 1
    assert one.last_line.startswith("error: the fake Azure DevOps ended with code -9")
    assert alive(children) == {}


def test_a_signal_in_the_middle_leaves_nothing(local, tmp_path):
    one = local("demo", "--logs", tmp_path / "logs", "--size", "tiny")
    one.wait_for("starting")
    while len(children := descendants(one.process.pid)) < 2:
        assert one.process.poll() is None, one.text
    one.process.send_signal(signal.SIGTERM)
    assert one.wait() == 130
    assert alive(children) == {}
    assert "Traceback" not in one.text
