"""``serve``: the stack without the demo organisation."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from local.stack import DEFAULT_PORT, ROOT, StackOptions, serve

DEFAULT_STATE = Path(".local/state")
DEFAULT_LEASE_SECONDS = 15.0


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``serve`` with its options."""
    parser = commands.add_parser("serve", help="start the stack and keep it running until Ctrl-C or SIGTERM")
    parser.add_argument("--port", type=port, default=DEFAULT_PORT, help="where the HTTP API listens (%(default)s)")
    add_stack_options(parser)
    parser.add_argument("--in-memory", action="store_true", help="keep nothing: --state is not used")
    parser.add_argument("--app-dir", type=Path, default=ROOT, help=argparse.SUPPRESS)  # for tests of the stack itself
    parser.set_defaults(command=_serve)


def add_stack_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that starts a stack that keeps its data."""
    parser.add_argument(
        "--ado-url", metavar="URL", help="a server that plays Azure DevOps: host H is reached at URL/H (the real hosts)"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE,
        metavar="DIR",
        help="folder that keeps all data, found again by the next start (%(default)s)",
    )
    parser.add_argument(
        "--message-lease",
        type=_lease,
        default=DEFAULT_LEASE_SECONDS,
        metavar="SECONDS",
        help="how long a queue message stays hidden when the host is killed (%(default)g; 600 in Azure)",
    )


def port(text: str) -> int:
    """A TCP port from the command line."""
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: give 1 to 65535")
    return number


def _lease(text: str) -> float:
    seconds = float(text)
    if not 2 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not a lease: give 2 to 3600 seconds")
    return seconds


def _serve(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # The SDKs write a line for each request.
    logging.getLogger("azure").setLevel(logging.WARNING)
    options = StackOptions(
        port=arguments.port,
        ado_url=arguments.ado_url,
        state=None if arguments.in_memory else arguments.state,
        message_lease=arguments.message_lease,
        app_dir=arguments.app_dir,
    )
    serve(options, lambda line: print(line, flush=True))
    return 0
