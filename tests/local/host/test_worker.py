"""The worker process: what happens when it dies, hangs, or the app cannot be loaded."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading

import pytest
import requests

from local.host.errors import HostError
from local.host.functions import HttpTrigger
from local.host.host import Host, index
from local.host.worker_process import Launch, WorkerProcess
from tests.local.host.conftest import APPS, eventually


def get(host, path):
    return requests.get(f"{host.url}/api/{path}", timeout=60)


def test_a_worker_that_dies_fails_its_calls_and_is_replaced(start):
    host = start()
    before = get(host, "pid").text
    replies = []
    waiting = threading.Thread(target=lambda: replies.append(get(host, "slow?seconds=2")))
    waiting.start()
    eventually(lambda: host.worker.running)
    assert get(host, "die").status_code == 500
    waiting.join()
    assert [(reply.status_code, reply.content) for reply in replies] == [(500, b"")]
    after = get(host, "pid")  # waits for the new worker
    assert (after.status_code, after.text == before) == (200, False)


def test_a_worker_killed_from_outside_is_replaced(start):
    host = start()
    pid = host.worker.pid
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: host.worker.pid not in (pid, None))
    assert get(host, "pid").text == str(host.worker.pid)


def test_a_call_beyond_function_timeout_fails_and_takes_its_worker_with_it(start):
    host = start(more={"AzureFunctionsJobHost__functionTimeout": "00:00:01"})
    pid = host.worker.pid
    assert get(host, "later?seconds=20").status_code == 500
    assert get(host, "pid").text != str(pid)
    assert host.worker.restarts == 1


def test_the_list_of_functions(start):
    functions = {function.name: function for function in start().functions}
    assert functions["item"].trigger == HttpTrigger("req", "items/{id:int}", frozenset({"GET", "POST"}), "anonymous")
    assert functions["secret"].trigger.auth_level == "function"
    assert len(functions) == 21


def test_an_app_can_be_indexed_without_serving_it(loop_thread):
    functions = loop_thread.run(index(APPS / "basic", {}))
    assert {"item", "work", "tick"} <= {function.name for function in functions}


APP = "import azure.functions as func\napp = func.FunctionApp()\n"
QUEUE = APP + "@app.queue_trigger('msg', 'q', '{}')\ndef f({}: func.QueueMessage) -> None: ..."
TIMER = APP + "@app.timer_trigger('t', '{}')\ndef f(t: func.TimerRequest) -> None: ..."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nosuchmodule", r"No module named 'nosuchmodule'.*\(function_app\.py:1\)"),
        ("x = 1 +", "SyntaxError"),
        ("import os\nos._exit(3)", "ended with code 3"),
        ("import azure.functions as func", "Could not find top level function app"),
        ("", "Could not find top level function app"),
        (QUEUE.format("X", "other"), "cannot load the f function"),
        (QUEUE.format("Missing", "msg"), "function f: setting Missing is missing"),
        (TIMER.format("%NOT_SET%"), "function f: setting NOT_SET is missing"),
        (TIMER.format("every day"), "function f: schedule 'every day'"),
        (APP + "@app.route('x/{id:no}')\ndef f(req: func.HttpRequest) -> str: ...", "unknown route constraint 'no'"),
    ],
)
def test_an_app_that_cannot_be_served_is_refused_in_one_line_and_nothing_is_left(
    loop_thread, tmp_path, source, message
):
    (tmp_path / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    (tmp_path / "function_app.py").write_text(source, encoding="utf-8")
    host = Host(tmp_path, {}, 0)
    with pytest.raises(HostError, match=message) as caught:
        loop_thread.run(host.start())
    assert "\n" not in str(caught.value)
    assert "sys.path" not in str(caught.value)
    assert host.worker.pid is None or not _alive(host.worker.pid)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(host.url.rpartition(":")[2]))) != 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_only_asyncio_collects_a_worker_that_has_ended(loop_thread, monkeypatch):
    """Collected by another, it would be an unknown process to asyncio, which warns."""
    polled = []
    monkeypatch.setattr(subprocess.Popen, "poll", lambda self: polled.append(self.pid))

    async def start_and_stop():
        process = await WorkerProcess.start(Launch(APPS / "basic", {}))
        await process.stop(10.0)
        return process.pid

    assert loop_thread.run(start_and_stop()) not in polled


def test_a_folder_without_an_app(loop_thread, tmp_path):
    (tmp_path / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    with pytest.raises(HostError, match=r"no function_app\.py"):
        loop_thread.run(Host(tmp_path, {}, 0).start())
