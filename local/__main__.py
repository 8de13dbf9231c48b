"""``python -m local``: the whole stack on one machine, from the command line."""

from __future__ import annotations

import argparse
import os
import sys

from local.cli import connect, demo, serve
from local.processes import LOOPBACK, StackError

_LOCAL_HOSTS = ("localhost", LOOPBACK)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code. 2: it could not start, 130: Ctrl-C; see the commands for theirs."""
    _keep_loopback_off_proxies()
    parser = argparse.ArgumentParser(prog="python -m local", description="The whole stack on one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve.add_command(commands)
    demo.add_commands(commands)
    connect.add_command(commands)
    given = parser.parse_args(arguments)
    try:
        code: int = given.command(given)
    except StackError as e:
        print("error:", " ".join(str(e).split()), file=sys.stderr)
        return e.exit_code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return code


def _keep_loopback_off_proxies() -> None:
    """Parts of the stack call each other; a proxy of the machine must not see that. Children inherit it."""
    for name in ("no_proxy", "NO_PROXY"):
        given = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*given, *_LOCAL_HOSTS]))


if __name__ == "__main__":
    sys.exit(main())
