"""``run`` and ``demo``: the stack with a made-up organisation, connected and compared with what is true."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from local.cli.api import Api
from local.cli.children import Child, fake_child, stack_child, wait_for_fake, wait_for_stack
from local.cli.comparison import Comparison, compare_all
from local.cli.connecting import Connected, Organization, connect
from local.cli.console import console
from local.cli.table import comparison_table
from local.fake_ado.settings import FakeSettings
from local.fake_ado.sizes import SIZES
from local.processes import StackError, free_port, pause, port_is_free, stoppable
from local.stack import CLIENT_SECRET, DEFAULT_PORT, FUNCTION_KEY

ORGANIZATION = "demo"
SIGN_IN = {"OAUTH_CLIENT_ID": "00000000-0000-4000-8000-00000000f10f", CLIENT_SECRET: FakeSettings().entra_secret}
"""The Entra application of the demo, which the fake's sign-in knows."""
_LOGS = Path(".local")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``run`` and ``demo`` with their options."""
    for name, command, summary in (
        ("run", _run, "start everything with a demo organisation, ingest it, and keep serving until Ctrl-C"),
        ("demo", _demo, "the same, and exit: 0 when every count is what it should be, 1 when one is not"),
    ):
        details = f"{summary}. All data is in memory and goes with the stack."
        parser = commands.add_parser(name, help=summary, description=details)
        parser.add_argument("--size", choices=sorted(SIZES), default="small", help="of the organisation (%(default)s)")
        parser.add_argument("--seed", type=int, default=1, help="the organisation is made from it (%(default)s)")
        parser.add_argument(
            "--logs", type=Path, default=_LOGS / name, metavar="DIR", help="folder of the log files (%(default)s)"
        )
        parser.set_defaults(command=command)


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything running, and the demo organisation connected."""

    api: Api
    fake_url: str
    children: tuple[Child, ...]
    connected: Connected
    comparisons: list[Comparison]

    @property
    def succeeded(self) -> bool:
        return self.connected.run["status"] == "succeeded" and all(one.equal for one in self.comparisons)


def _demo(arguments: argparse.Namespace) -> int:
    with _running(arguments, free_port()) as demo:
        return 0 if demo.succeeded else 1


def _run(arguments: argparse.Namespace) -> int:
    port = DEFAULT_PORT
    if not port_is_free(port):
        port = free_port()
        console.print(f"port {DEFAULT_PORT} is in use, so this one listens on {port}")
    with _running(arguments, port) as demo:
        _say_where_to_look(demo)
        try:
            while True:
                pause(0.5)
                for child in demo.children:
                    child.check()
        except KeyboardInterrupt:
            console.print("stopping")
            return 0 if demo.succeeded else 1


@contextmanager
def _running(arguments: argparse.Namespace, port: int) -> Iterator[Demo]:
    started, logs = time.monotonic(), arguments.logs
    console.print(f"starting Azurite, a vault, the functions host and a fake Azure DevOps; logs in {logs}/")
    with stoppable(), fake_child(ORGANIZATION, arguments.size, arguments.seed, logs / "fake_ado.log") as fake:
        fake_url = wait_for_fake(fake)
        with stack_child(port, logs / "serve.log", ado_url=fake_url, environment=SIGN_IN) as stack:
            api = wait_for_stack(stack, port)
            console.print(f"ready after {time.monotonic() - started:.1f} s; connecting the organisation {ORGANIZATION}")
            connected = connect(api, _demo_organization(fake_url), console)
            comparisons = _compare(api, connected, fake_url)
            _show(comparisons, time.monotonic() - started, console)
            yield Demo(api, fake_url, (fake, stack), connected, comparisons)


def _demo_organization(fake_url: str) -> Organization:
    told = _ask_fake(f"{fake_url}/_fake/{ORGANIZATION}")
    return Organization(told["base_url"], told["email"], told["tokens"]["good"], "Demo")


def _compare(api: Api, connected: Connected, fake_url: str) -> list[Comparison]:
    run = connected.run
    truth = _ask_fake(f"{fake_url}/_fake/{ORGANIZATION}/truth", initial_processed_at=run["started_at"])
    return compare_all(api, connected.integration["id"], run, truth)


def _ask_fake(url: str, **query: str) -> Any:
    reply = requests.get(url, params=query, timeout=120)
    if not reply.ok:
        raise StackError(f"the fake Azure DevOps answered {reply.status_code} for {url}", exit_code=1)
    return reply.json()


def _show(comparisons: list[Comparison], seconds: float, out: Console) -> None:
    out.print(comparison_table(comparisons))
    different = [one for one in comparisons if not one.equal]
    for one in different:
        out.print(f"different: {one}", style="bold red", markup=False, soft_wrap=True)
    if not different:
        out.print(f"[green]every count is equal[/green], after {seconds:.1f} s in all")


def _say_where_to_look(demo: Demo) -> None:
    integration = f"{demo.api.url}/api/v1/integrations/{demo.connected.integration['id']}"
    lines = (
        "",
        f"The API:           {demo.api.url}/api/v1/openapi.json",
        f"The integration:   curl -H 'x-functions-key: {FUNCTION_KEY}' {integration}",
        f"Its pull requests: curl -H 'x-functions-key: {FUNCTION_KEY}' '{integration}/pull_requests?limit=5'",
        f"The organisation:  {demo.fake_url}/_fake/{ORGANIZATION} (its tokens, too)",
        f"Logs:              {', '.join(str(child.log) for child in demo.children)}",
        "Ctrl-C stops everything.",
    )
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)
