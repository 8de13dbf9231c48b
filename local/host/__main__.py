"""``python -m local.host [APP_DIR] [--port N]``: serve one app, with this process' environment as its app settings.

``Values`` of a ``local.settings.json`` beside host.json come first, as with Core Tools. Ctrl-C or SIGTERM stops it; a
second one does not wait.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from local.host.errors import HostError
from local.host.host import Host


def read_settings(app_dir: Path) -> dict[str, str]:
    """App settings: local.settings.json, then the environment over it. Raises HostError for a file that is not JSON."""
    path = app_dir / "local.settings.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))["Values"] if path.exists() else {}
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f'{path}: must be JSON with "Values": {error!r}') from None
    return {**{str(name): str(value) for name, value in values.items()}, **os.environ}


async def serve(host: Host, grace_seconds: float) -> None:
    """Start, wait for Ctrl-C or SIGTERM, stop. Raises HostError when it cannot start."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    starting = asyncio.create_task(host.start())
    await asyncio.wait((starting, stop := asyncio.create_task(stopped.wait())), return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        await starting
        print(f"ready at {host.url}", flush=True)
    else:
        starting.cancel()
        await asyncio.wait((starting,))
    await stop
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, host.stop_waiting)
    await host.stop(grace_seconds)


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.host", description="Serve one function app.")
    parser.add_argument("app_dir", type=Path, nargs="?", default=Path())
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--message-lease", type=float, default=600, metavar="SECONDS")
    parser.add_argument("--grace", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--state", type=Path, help="folder for the timers' status")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s host: %(message)s")
    try:
        host = Host(
            options.app_dir,
            read_settings(options.app_dir),
            options.port,
            message_lease_seconds=options.message_lease,
            state_dir=options.state,
        )
        asyncio.run(serve(host, options.grace))
    except HostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
