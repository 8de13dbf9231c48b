"""No test reaches anything but this machine: whatever looks up a name or opens a connection is asked here first.

An audit hook sees what every library does, from C too, and cannot be taken off again. The app takes a refused
connection for trouble and goes on, so a refusal is also noted, and fails the test in which it came.
Source: https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from typing import Any, Final

NAMES: Final = ("localhost", "")
"""Besides literal addresses; the empty name is every address of this machine."""


class Network:
    """What the process asked of the network. ``refused``: events that led elsewhere; ``asked``: how many in all."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.asked = 0

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook. Raises PermissionError for what leads off this machine."""
        read = _EVENTS.get(event)
        if read is None:
            return
        self.asked += 1
        host = read(arguments)
        if not is_here(host):
            self.refused.append(f"{event} {host!r}")
            raise PermissionError(f"tests reach this machine only, not {host!r}")


def is_here(host: Any) -> bool:
    """Whether a name or address means this machine. None: no name at all, as for listening."""
    if host is None:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if text.lower() in NAMES:
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _of_address(arguments: tuple[Any, ...]) -> Any:
    """The host of ``(socket, address)``; an address that is no tuple is a path or the kernel's."""
    address = arguments[1]
    return address[0] if isinstance(address, tuple) and address and isinstance(address[0], str | bytes) else None


def _first(arguments: tuple[Any, ...]) -> Any:
    return arguments[0]


_EVENTS: Final[dict[str, Callable[[tuple[Any, ...]], Any]]] = {
    "socket.connect": _of_address,
    "socket.sendto": _of_address,
    "socket.sendmsg": _of_address,
    "socket.getaddrinfo": _first,
    "socket.gethostbyname": _first,
    "socket.gethostbyaddr": _first,
}

NETWORK: Final = Network()
sys.addaudithook(NETWORK.hook)
