"""``python -m local connect`` as a person uses it, against a real stack and the fake organisation."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import subprocess
import sys

import requests

from local.processes import free_port
from tests.local.cli.conftest import ROOT

BASE_URL = "https://dev.azure.com/demo"


def options(running, **changed) -> list[str]:
    given = {"--base-url": BASE_URL, "--email": running.account["email"], "--url": running.url} | changed
    return ["connect", *(text for pair in given.items() if pair[1] is not None for text in pair)]


def test_it_tests_creates_and_follows_the_first_sync(local, running):
    token = running.account["tokens"]["good"]
    one = local(*options(running), ADO_TOKEN=token)
    assert one.wait() == 0, one.text
    assert "passed   scope.code" in one.text
    assert f"Successfully connected to {BASE_URL}" in one.text
    assert "pull_requests:" in one.text
    assert "The initial sync: succeeded" in one.text
    assert token not in one.text

    again = local(*options(running), ADO_TOKEN=token)
    assert again.wait() == 1
    assert again.last_line.startswith("error: ")
    assert "name" in again.last_line


def test_a_failed_check_comes_with_its_remedy(local, running):
    one = local(*options(running), ADO_TOKEN=running.account["tokens"]["no_code"])
    assert one.wait() == 3, one.text
    lines = one.text.splitlines()
    failed = next(number for number, line in enumerate(lines) if line.startswith("failed   scope.code"))
    assert "Code" in lines[failed + 1]
    assert one.last_line == "error: Authorization denied: see the failed checks above"
    assert "Traceback" not in one.text


def test_a_wrong_token_is_denied(local, running):
    one = local(*options(running), ADO_TOKEN="nonsense")
    assert one.wait() == 3, one.text
    assert one.last_line == "error: Authorization denied: see the failed checks above"


def test_an_unknown_organisation(local, running):
    one = local(*options(running, **{"--base-url": "https://dev.azure.com/nobody"}), ADO_TOKEN="nonsense")
    assert one.wait() == 3, one.text
    assert "failed   organization" in one.text


def test_no_token(local, running):
    one = local(*options(running))
    assert one.wait() == 2
    assert one.text == "error: no token: set ADO_TOKEN, or type it when asked in a terminal\n"


def test_the_token_is_asked_for_in_a_terminal_and_not_shown(running):
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "ADO_TOKEN"}
    command = [sys.executable, "-m", "local", *options(running)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as one:
        os.close(theirs)
        shown = b""
        while b"not shown" not in shown:
            shown += os.read(ours, 1000)
        os.write(ours, b"typed-in-vain\n")
        with contextlib.suppress(OSError):  # how a terminal says that its last user has gone
            while True:
                shown += os.read(ours, 1000)
        assert one.wait(60) == 3, shown
    os.close(ours)
    assert b"failed" in shown
    assert b"typed-in-vain" not in shown


def test_no_stack_at_the_url(local, running):
    url = f"http://127.0.0.1:{free_port()}"
    one = local(*options(running, **{"--url": url}), ADO_TOKEN="t")
    assert one.wait() == 2
    assert one.text == f"error: no healthy stack answers at {url}: start one with `python -m local serve`\n"


def test_something_else_on_the_port(local, running):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        one = local(*options(running, **{"--url": None, "--port": port}), ADO_TOKEN="t")
        assert one.wait() == 2
    assert one.last_line == f"error: port {port} is in use: stop what listens there, or give another --port"


def test_without_a_stack_it_starts_its_own_and_keeps_the_data(local, running, tmp_path):
    state, port = tmp_path / "state", str(free_port())
    own = {"--url": None, "--state": str(state), "--ado-url": running.ado_url, "--port": port, "--name": "Mine"}
    one = local(*options(running, **own), ADO_TOKEN=running.account["tokens"]["good"])
    assert one.wait() == 0, one.text
    assert f"look at it again with: python -m local serve --state {state}" in one.text

    later = local("serve", "--state", state, "--port", port, "--ado-url", running.ado_url)
    later.wait_for("ready at")
    kept = requests.get(
        f"http://127.0.0.1:{port}/api/v1/integrations", headers={"x-functions-key": "local"}, timeout=30
    )
    assert [integration["name"] for integration in kept.json()["results"]] == ["Mine"]


def test_a_port_with_a_running_stack_is_used(local, running):
    one = local(*options(running, **{"--url": None, "--port": str(running.port)}), ADO_TOKEN="nonsense")
    assert one.wait() == 3
    assert one.text.startswith(f"using the stack at {running.url}\n")
