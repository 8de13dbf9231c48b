"""The address of an organisation, in the one spelling that is accepted: ``https://dev.azure.com/{organization}``.

Any other spelling is refused with the right one, where it is plain which that is. Nothing is looked up here and no
part of a refused text is repeated, only an organisation's name that passed the rule for such names.
Source: https://learn.microsoft.com/azure/devops/extend/develop/work-with-urls
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from shared.errors import ConnectorError

MAX_LENGTH: Final = 2_000
# Letters, digits and inner hyphens, at most 50 characters.
ORGANIZATION: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?"

_ORGANIZATION = re.compile(ORGANIZATION)
_ACCEPTED = re.compile(rf"https://dev\.azure\.com/({ORGANIZATION})")
_PRINTABLE = re.compile(r"[!-~]+")
_AROUND = re.compile(
    r"(?:(?P<scheme>https?)://)?(?:(?P<user>[A-Za-z0-9-]{1,50})@)?(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9._~$&'()*+,;=:@%-]*)*)(?P<rest>[?#][!-~]*)?",
    re.IGNORECASE,
)
_LEGACY_DOMAINS: Final = (".visualstudio.com", ".visualstudios.com")
_NOT_ORGANIZATIONS: Final = frozenset(
    {"app", "www", "my", "login", "marketplace", "docs", "vs-ssh", "localhost", "http", "https"}
)
_ODD_SIGNS: Final = ("..", "//", "\\", "%", "@", ";")
"""Signs that make it unclear, to some reader of URLs, where a path leads."""
_SERVER_PATH = re.compile(r"/(?:tfs|[a-z]*collection)(?:/|$)", re.IGNORECASE)

FORM: Final = "https://dev.azure.com/{organization}"


class BaseUrlError(ConnectorError):
    """The base URL is not accepted. ``suggested_base_url`` is one that is, or None where none is safe to guess."""

    def __init__(self, message: str, *, reason: str, organization: str | None = None) -> None:
        self.suggested_base_url = f"https://dev.azure.com/{organization}" if organization else None
        remedy = f"Use {self.suggested_base_url}." if organization else f"Use the form {FORM}."
        super().__init__(message, code=f"base_url.{reason}", remedy=remedy)


def parse_base_url(text: str) -> str:
    """The organisation's name. Raises BaseUrlError for anything but the exact form.

    Reasons: ``empty``, ``too_long``, ``characters``, ``malformed``, ``scheme``, ``user_part``, ``port``,
    ``legacy_host``, ``trailing_path``, ``bare_name``, ``spelling``, ``organization``, ``server``, ``foreign_host``.
    """
    if len(text) > MAX_LENGTH:
        raise BaseUrlError("the base URL is too long", reason="too_long")
    accepted = _ACCEPTED.fullmatch(text)
    if accepted:
        return accepted.group(1)
    raise _refusal(text.strip(" \t\r\n") if text.isascii() else text)


def _refusal(text: str) -> BaseUrlError:
    if not text:
        return BaseUrlError("the base URL is empty", reason="empty")
    if not _PRINTABLE.fullmatch(text):
        return BaseUrlError("the base URL holds spaces, or characters that no such URL has", reason="characters")
    if _ACCEPTED.fullmatch(text):
        return BaseUrlError(
            "the base URL has blanks around it", reason="spelling", organization=text.rpartition("/")[2]
        )
    parts = _AROUND.fullmatch(text)
    if parts is None:
        return BaseUrlError("the base URL is not a plain web address", reason="malformed")
    host = parts["host"].lower()
    if host == "dev.azure.com":
        return _of_dev_azure(parts)
    if host.endswith(_LEGACY_DOMAINS):
        return _of_legacy_host(host, parts)
    # A number could be an IP address.
    if (
        parts["scheme"] is None
        and not text.isdigit()
        and _ORGANIZATION.fullmatch(text)
        and text.lower() not in _NOT_ORGANIZATIONS
    ):
        return BaseUrlError("the base URL is only a name", reason="bare_name", organization=text)
    return _of_another_host(host, parts)


def _of_dev_azure(parts: re.Match[str]) -> BaseUrlError:
    path = parts["path"]
    organization, _, after = path[1:].partition("/")
    if not organization:
        return BaseUrlError("the base URL does not name an organization", reason="organization")
    user = parts["user"]
    if _is_odd(path) or not _ORGANIZATION.fullmatch(organization):
        return BaseUrlError("the base URL holds no valid organization name", reason="organization")
    if parts["port"] not in (None, "443"):
        return BaseUrlError("the base URL has a port; Azure DevOps Services has none", reason="port")
    if user and user.lower() != organization.lower():
        return BaseUrlError("the base URL has a user part", reason="user_part")
    reason, message = _deviation(parts, after)
    return BaseUrlError(message, reason=reason, organization=organization)


def _deviation(parts: re.Match[str], after: str) -> tuple[str, str]:
    """How a URL that leads to an organisation differs from the accepted form."""
    scheme = (parts["scheme"] or "").lower()
    if scheme == "http":
        return "scheme", "the base URL must begin with https://"
    if parts["user"]:
        return "user_part", "the base URL has a user part"
    if after or parts["path"].endswith("/") or parts["rest"]:
        return "trailing_path", "the base URL must end with the organization's name"
    return "spelling", "the base URL is not in the exact form"


def _of_legacy_host(host: str, parts: re.Match[str]) -> BaseUrlError:
    name = host.partition(".")[0]
    message = "the base URL is in the old form"
    # The spelling of the name is kept; only the host's domain is compared in lower case.
    organization = parts["host"][: len(name)]
    plain = host.count(".") == 2 and name not in _NOT_ORGANIZATIONS and _ORGANIZATION.fullmatch(organization)
    safe = parts["port"] in (None, "443") and (parts["user"] or name).lower() == name
    if not plain or not safe or _is_odd(parts["path"]):
        return BaseUrlError(message, reason="legacy_host")
    return BaseUrlError(message, reason="legacy_host", organization=organization)


def _of_another_host(host: str, parts: re.Match[str]) -> BaseUrlError:
    server = "." not in host or parts["port"] == "8080" or _SERVER_PATH.search(parts["path"])
    if server and not host.replace(".", "").isdigit():
        return BaseUrlError(
            "this looks like Azure DevOps Server; this integration is for Azure DevOps Services only", reason="server"
        )
    return BaseUrlError(
        "the base URL is no address of Azure DevOps Services, which this integration is for", reason="foreign_host"
    )


def _is_odd(path: str) -> bool:
    plain = unquote(path)
    return not plain.isprintable() or any(sign in plain for sign in _ODD_SIGNS)
