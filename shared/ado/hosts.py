"""The hosts we talk to. No other is ever contacted: URLs are built from these and from parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from shared.ado.endpoint import APP_VSSPS, DEV, VSSPS
from shared.errors import ContractError

ENTRA: Final = "login.microsoftonline.com"
HOSTS: Final = (DEV, VSSPS, APP_VSSPS, ENTRA)


class Hosts:
    """The fixed set of hosts, each with the URL it is reached at; ``overrides`` is for development only.

    ``Hosts()`` is the real thing; ``Hosts({"dev.azure.com": "http://127.0.0.1:9000/dev.azure.com"})`` sends what is
    meant for one host elsewhere. Raises ContractError for an unknown host or a URL that is not a plain http(s) one.
    """

    def __init__(self, overrides: Mapping[str, str] | None = None) -> None:
        self._urls = {host: f"https://{host}" for host in HOSTS}
        for host, url in (overrides or {}).items():
            self.url(host)
            self._urls[host] = _plain(url)

    @classmethod
    def at(cls, url: str) -> Hosts:
        """Every host ``H`` at ``url/H``: a server that plays them all."""
        return cls({host: f"{url.rstrip('/')}/{host}" for host in HOSTS})

    def url(self, host: str) -> str:
        """Where ``host`` is reached, without a trailing slash. Raises ContractError for one outside the set."""
        try:
            return self._urls[host]
        except KeyError:
            raise ContractError(f"{host!r:.80} is not a host this app talks to", code="host.unknown") from None


def _plain(url: str) -> str:
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        plain = False
    if not plain or "@" in url or parts.query or parts.fragment:
        raise ContractError("a host's URL must be plain http or https", code="host.url")
    return url.rstrip("/")
