"""The app as the real loader sees it: exactly the functions that the documentation lists."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from shared.routes import OPERATIONS
from tests.functions.worker import ROOT, SETTINGS, Worker

DOCUMENTED = ROOT / "docs" / "functions.md"
_LIST = """
import json, sys
from tests.functions.worker import Worker
worker = Worker()
heavy = ("azure.data.tables", "azure.storage.queue", "azure.identity", "azure.keyvault.secrets", "requests")
levels = {name: worker.bindings(name)[0].get("authLevel") for name in worker.functions}
print(json.dumps({"levels": levels, "heavy": [name for name in heavy if name in sys.modules]}))
"""


def _rows(worker: Worker) -> list[str]:
    """The indexed functions as the lines of the table."""
    rows = []
    for name in worker.functions:
        trigger = worker.bindings(name)[0]
        kind = {"httpTrigger": "HTTP", "queueTrigger": "queue", "timerTrigger": "timer"}[trigger["type"]]
        what = trigger.get("queueName") or trigger.get("schedule")
        if kind == "HTTP":
            (method,) = trigger["methods"]
            what = f"{method} /api/{trigger['route']}"
            kind += " (no key)" if trigger["authLevel"] == "ANONYMOUS" else ""
        rows.append(f"| `{name}` | {kind} | `{what}` |")
    return rows


def test_the_documented_functions_are_those_that_the_loader_indexes(worker):
    lines = DOCUMENTED.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `")] == _rows(worker)


def test_every_operation_is_indexed_with_its_method_route_and_key(worker):
    for operation in OPERATIONS:
        trigger, *_ = worker.bindings(operation.name)
        level = "ANONYMOUS" if operation.level is None else "FUNCTION"
        assert (trigger["route"], trigger["methods"], trigger["authLevel"]) == (
            operation.route,
            [operation.method],
            level,
        )


def test_every_http_function_is_an_operation(worker):
    indexed = {name for name in worker.functions if worker.bindings(name)[0]["type"] == "httpTrigger"}
    assert indexed == {operation.name for operation in OPERATIONS}


def _index(**environ: str) -> dict[str, object]:
    """Index the app in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _LIST], cwd=ROOT, env={**os.environ, **SETTINGS, **environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_with_the_platforms_sign_in_no_function_asks_for_a_key():
    levels = _index(WEBSITE_AUTH_ENABLED="True")["levels"]
    assert isinstance(levels, dict)
    assert {levels[operation.name] for operation in OPERATIONS} == {"ANONYMOUS"}


def test_indexing_loads_no_heavy_package():
    assert _index()["heavy"] == []


@pytest.mark.parametrize("name", ["KEY_VAULT_URL", "SYNC_SCHEDULE"])
def test_without_a_setting_the_app_does_not_start_and_says_which(name: str):
    given = {other: value for other, value in SETTINGS.items() if other != name}
    environ = {other: value for other, value in os.environ.items() if other not in SETTINGS}
    done = subprocess.run(
        [sys.executable, "-m", "local.host", str(ROOT), "--port", "0"], cwd=ROOT, env={**environ, **given},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    (line,) = (line for line in done.stderr.splitlines() if "the app was refused" in line)
    assert f"{name} is missing" in line
    assert done.returncode == 1
