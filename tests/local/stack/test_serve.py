"""``python -m local serve`` from outside: one process to start, and everything that a person can do to it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from local.processes import FileLock, free_port
from tests.local.stack.conftest import Serve, alive, descendants


def test_it_serves_and_enforces_the_key(serve):
    one = serve("--in-memory").ready()
    assert one.call("PUT", "/kept/a", body="text").status_code == 204
    assert one.call("GET", "/kept/a").text == "text text"
    assert one.call("GET", "/kept/a", key="wrong").status_code == 401


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_it_started(serve, tmp_path, number):
    one = serve("--state", tmp_path / "state").ready()
    children = descendants(one.process.pid)
    assert len(children) >= 2, "Azurite and the worker"
    assert one.end(number) == 0
    assert alive(children) == {}
    assert "Traceback" not in one.text


def test_a_signal_while_it_starts_stops_everything_too(serve, tmp_path):
    one = serve("--state", tmp_path / "state")
    while not (children := descendants(one.process.pid)):
        time.sleep(0.01)
    assert one.end() == 0
    assert alive(children) == {}
    assert "Traceback" not in one.text


def test_data_survives_a_restart(serve, tmp_path):
    one = serve("--state", tmp_path / "state").ready()
    one.call("PUT", "/kept/a", body="text")
    one.end()
    assert serve("--state", tmp_path / "state").ready().call("GET", "/kept/a").text == "text text"


@pytest.mark.parametrize("kill", [lambda pid: os.killpg(pid, signal.SIGKILL), lambda pid: os.kill(pid, signal.SIGKILL)])
def test_data_survives_a_kill(serve, tmp_path, kill):
    one = serve("--state", tmp_path / "state").ready()
    children = descendants(one.process.pid)
    for number in range(5):
        assert one.call("PUT", f"/kept/a{number}", body=str(number)).status_code == 204
    kill(one.process.pid)
    one.wait()
    two = serve("--state", tmp_path / "state").ready()
    assert [two.call("GET", f"/kept/a{number}").text for number in range(5)] == [f"{n} {n}" for n in range(5)]
    assert alive(children) == {}


def test_a_start_waits_for_the_azurite_before(serve, tmp_path):
    (tmp_path / "state").mkdir()
    with FileLock(tmp_path / "state" / "azurite.lock") as lock:
        assert lock.acquire()
        one = serve("--state", tmp_path / "state")
        while "waiting for the previous Azurite" not in one.text:
            assert one.process.poll() is None, one.text
            time.sleep(0.05)
    one.ready()


def test_azurites_end_is_the_end_of_all(serve):
    one = serve("--in-memory").ready()
    children = descendants(one.process.pid)
    azurite = next(pid for pid, line in children.items() if "azurite" in line)
    os.kill(azurite, signal.SIGKILL)
    assert one.wait() == 1
    assert "error: Azurite ended" in one.text
    assert alive(children) == {}


def refused(one: Serve) -> str:
    """The one line that a serve which cannot start prints; it ends with exit code 2 and leaves nothing."""
    assert one.wait() == 2, one.text
    lines = one.text.strip().splitlines()
    assert len(lines) == 1, one.text
    return lines[0]


def test_a_port_in_use(serve, tmp_path):
    one = serve("--in-memory").ready()
    other = serve("--state", tmp_path / "state", port=one.port)
    assert refused(other) == f"error: port {one.port} is in use: stop what listens there, or give another --port"
    assert not (tmp_path / "state").exists()


def test_a_folder_in_use(serve, tmp_path):
    one = serve("--state", tmp_path / "state").ready()
    other = serve("--state", tmp_path / "state")
    assert f"{tmp_path / 'state'} is in use by process {one.process.pid}" in refused(other)


def test_a_folder_that_cannot_be(serve, tmp_path):
    (tmp_path / "file").write_text("")
    other = serve("--state", tmp_path / "file" / "state")
    assert refused(other) == f"error: cannot keep state in {tmp_path / 'file' / 'state'}: Not a directory"


def test_no_node(serve, tmp_path):
    assert "Node.js is not on the PATH" in refused(serve("--state", tmp_path / "state", PATH=str(tmp_path)))


def test_a_node_that_is_too_old(serve, tmp_path):
    node = tmp_path / "bin" / "node"
    node.parent.mkdir()
    node.write_text("#!/bin/sh\necho v18.19.1\n")
    node.chmod(0o755)
    line = refused(serve("--in-memory", PATH=f"{node.parent}{os.pathsep}{os.environ['PATH']}"))
    assert line == f"error: {node} is v18.19.1: Azurite needs Node.js 20 or newer."


def test_a_url_that_is_none(serve):
    assert "--ado-url nonsense" in refused(serve("--in-memory", "--ado-url", "nonsense"))


@pytest.mark.parametrize("what", ["--ado-url", "PATH"])
def test_what_cannot_start_leaves_no_files(serve, tmp_path, what):
    state = tmp_path / "state"
    options, environment = (("--ado-url", "ftp://x"), {}) if what == "--ado-url" else ((), {"PATH": str(tmp_path)})
    refused(serve("--state", state, *options, **environment))
    assert not state.exists()


@pytest.mark.parametrize("options", [("--port", "0"), ("--message-lease", "1"), ("--message-lease", "nan")])
def test_options_out_of_bounds(serve, options):
    one = serve(*options)
    assert one.wait() == 2
    assert "error: argument" in one.text


def test_an_app_that_cannot_be_loaded(serve, tmp_path):
    app = tmp_path / "app"
    shutil.copytree(Path(__file__).parent / "app", app)
    (app / "function_app.py").write_text("import no_such_module\n")
    one = serve("--in-memory", "--app-dir", app)
    assert one.wait() == 2
    assert "no_such_module" in one.text.strip().splitlines()[-1]
    assert alive(descendants(one.process.pid)) == {}


def test_two_stacks_live_side_by_side(serve, tmp_path):
    one = serve("--state", tmp_path / "one", port=free_port()).ready()
    two = serve("--state", tmp_path / "two").ready()
    one.call("PUT", "/kept/a", body="one")
    two.call("PUT", "/kept/a", body="two")
    assert [stack.call("GET", "/kept/a").text for stack in (one, two)] == ["one one", "two two"]
