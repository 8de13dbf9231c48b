"""``python -m local.fake_ado``: the fake on a port, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from local.fake_ado import server
from local.fake_ado.sizes import SIZES
from local.fake_ado.state import Fake
from local.fake_ado.testing import prepared


def main(arguments: list[str] | None = None) -> int:
    """Run it. 0 when it was stopped, 1 when it could not start (one line on standard error says why)."""
    options = _read(arguments)
    names = options.organization or ["demo"]
    fake = Fake(prepared(name, seed=options.seed, size=options.size) for name in names)
    try:
        asyncio.run(_serve(fake, options.port))
    except OSError as error:
        print(f"The fake Azure DevOps cannot listen on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _read(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.fake_ado", description="A fake Azure DevOps on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--organization", action="append", help="name of an organisation to play; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", choices=sorted(SIZES), default="tiny")
    return parser.parse_args(arguments)


async def _serve(fake: Fake, port: int) -> None:
    stop, bound = await server.start(fake, port)
    names = ", ".join(one.name for one in fake.organizations.values())
    print(f"Fake Azure DevOps ready on http://127.0.0.1:{bound} with {names}", flush=True)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, done.set)
    await done.wait()
    await stop()


if __name__ == "__main__":
    sys.exit(main())
