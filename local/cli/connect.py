"""``connect``: a real organisation, with the customer's own token."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.cli.api import Api
from local.cli.children import stack_child, wait_for_stack
from local.cli.connecting import Organization, connect
from local.cli.console import console
from local.cli.serve import DEFAULT_STATE, port
from local.processes import LOOPBACK, StackError, free_port, port_is_free, stoppable
from local.stack import DEFAULT_PORT

TOKEN_VARIABLE = "ADO_TOKEN"  # noqa: S105 - the variable's name
_SUMMARY = "connect an organisation and follow its first sync"
_DESCRIPTION = f"""{_SUMMARY}. The token is read from {TOKEN_VARIABLE}, or asked for. Uses the stack that listens at
--url (or --port); where none does and no --url is given, starts one that ends with this command and keeps its data in
--state. Exit codes: 0 all stored, 1 the sync or the stack failed, 2 it could not start, 3 a check failed."""
_LOG = Path(".local/connect/serve.log")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``connect`` with its options."""
    parser = commands.add_parser("connect", help=_SUMMARY, description=_DESCRIPTION)
    parser.add_argument("--base-url", required=True, metavar="URL", help="https://dev.azure.com/ORGANIZATION")
    parser.add_argument("--email", required=True, help="of the token's owner, exactly as Azure DevOps spells it")
    parser.add_argument("--name", help="what to call the integration (the organisation's name)")
    parser.add_argument("--url", help=f"a running stack (http://{LOOPBACK}:{DEFAULT_PORT})")
    parser.add_argument("--port", type=port, help=f"where a stack listens, or is started ({DEFAULT_PORT})")
    parser.add_argument("--state", type=Path, metavar="DIR", help=f"start a stack on this folder ({DEFAULT_STATE})")
    parser.add_argument("--ado-url", metavar="URL", help="start a stack that reaches host H at URL/H (the real hosts)")
    parser.set_defaults(command=_connect)


def _connect(arguments: argparse.Namespace) -> int:
    organization = Organization(arguments.base_url, arguments.email, _token(), arguments.name)
    with stoppable(), _stack(arguments) as api:
        connected = connect(api, organization, console)
    status = connected.run["status"]
    if status != "succeeded":
        raise StackError(f"the first sync ended as {status.replace('_', ' ')}: see the table above", exit_code=1)
    return 0


def _token() -> str:
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token and sys.stdin.isatty():
        token = getpass.getpass("Personal access token (not shown): ")
    if not token.strip():
        raise StackError(f"no token: set {TOKEN_VARIABLE}, or type it when asked in a terminal")
    return token.strip()


@contextmanager
def _stack(arguments: argparse.Namespace) -> Iterator[Api]:
    """The running stack, or one of our own."""
    wanted = arguments.port or DEFAULT_PORT
    running = Api(arguments.url or f"http://{LOOPBACK}:{wanted}")
    # A running stack has its own folder and hosts; who names others means a new one.
    new = not arguments.url and (arguments.state or arguments.ado_url)
    if not new and running.is_healthy():
        console.print(f"using the stack at {running.url}")
        yield running
        return
    if arguments.url:
        raise StackError(f"no healthy stack answers at {arguments.url}: start one with `python -m local serve`")
    if not port_is_free(wanted):
        if arguments.port:
            raise StackError(f"port {wanted} is in use: stop what listens there, or give another --port")
        wanted = free_port()
    state = arguments.state or DEFAULT_STATE
    console.print(f"starting a stack on port {wanted} that keeps its data in {state}")
    with stack_child(wanted, _LOG, ado_url=arguments.ado_url, state=state) as child:
        yield wait_for_stack(child, wanted)
        console.print(f"look at it again with: python -m local serve --state {state}", soft_wrap=True)
