"""The control API, ``/_fake/...``: what tests and the demo tell the fake, and ask it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from aiohttp import web

from local.fake_ado import faults
from local.fake_ado.answers import Answer, empty, plain
from local.fake_ado.context import Query
from local.fake_ado.model import Organization
from local.fake_ado.mutate import KINDS, mutate
from local.fake_ado.named_tokens import main_account, named_tokens
from local.fake_ado.state import Fake
from local.fake_ado.throttle import Limit
from local.fake_ado.truth import truth

Read = TypeVar("Read")


class BadControl(Exception):  # noqa: N818 - an answer, not a defect
    """A control request that makes no sense: its sentence is the answer, with status 400."""


async def answer(fake: Fake, request: web.BaseRequest, segments: list[str], query: Query) -> Answer:
    """Answer one control request."""
    content = await request.read()
    try:
        body = orjson.loads(content) if content else {}
        found = _general(fake, request.method, segments, body)
        organization = fake.find_organization(segments[0]) if segments and found is None else None
        if organization is not None:
            found = _of_organization(organization, request.method, segments[1:], query, body)
    except (BadControl, orjson.JSONDecodeError) as error:
        return plain({"error": str(error)}, status=400)
    return found or plain({"error": "no such control"}, status=404)


def _general(fake: Fake, method: str, segments: list[str], body: Any) -> Answer | None:
    match (method, *segments):
        case ("GET", "health"):
            return plain({"status": "ok", "organizations": [one.name for one in fake.organizations.values()]})
        case ("POST", "latency"):
            fake.settings.latency_seconds = _read(lambda: float(body["seconds"]))
            return plain({"seconds": fake.settings.latency_seconds})
        case ("GET", "requests"):
            return plain(fake.requests.as_json())
        case ("DELETE", "requests"):
            fake.requests.clear()
            return empty()
        case ("POST", "throttle"):
            return _set_throttle(fake, dict(body))
        case ("DELETE", "throttle"):
            fake.throttle.clear()
            return empty()
        case ("POST", "settings"):
            return _set_settings(fake, body)
    return _faults(fake, method, segments, body)


def _faults(fake: Fake, method: str, segments: list[str], body: Any) -> Answer | None:
    match (method, *segments):
        case ("POST", "faults"):
            rows = body if isinstance(body, list) else [body]
            fake.faults.faults.extend(_read(lambda: [faults.from_json(row) for row in rows]))
            return plain({"faults": len(fake.faults.faults)})
        case ("GET", "faults"):
            return plain([{"path": one.path.pattern, "seen": one.seen, "done": one.done} for one in fake.faults.faults])
        case ("DELETE", "faults"):
            fake.faults.faults.clear()
            return empty()
    return None


def _set_throttle(fake: Fake, body: dict[str, Any]) -> Answer:
    """``identity`` is a token's value, an account or an identity's id; without it the limit is everybody's."""
    who = body.pop("identity", "*")
    found = fake.find_token(who)
    key = found[1].identity_id if found else who
    for organization in fake.organizations.values():
        key = next((one.id for one in organization.identities.values() if one.account == who), key)
    fake.throttle.set(key, _read(lambda: Limit(**body)))
    return plain({"identity": key})


def _set_settings(fake: Fake, body: dict[str, Any]) -> Answer:
    for name, value in body.items():
        if not hasattr(fake.settings, name):
            raise BadControl(f"unknown setting {name}")
        setattr(fake.settings, name, value)
    return plain({name: getattr(fake.settings, name) for name in vars(fake.settings)})


def _read(read: Callable[[], Read]) -> Read:
    """What ``read`` makes of a body. Raises BadControl where it cannot."""
    try:
        return read()
    except (ValueError, TypeError, KeyError) as error:
        raise BadControl(f"{type(error).__name__}: {error}") from error


def _of_organization(
    organization: Organization, method: str, segments: list[str], query: Query, body: Any
) -> Answer | None:
    match (method, *segments):
        case ("GET",):
            return plain(information(organization))
        case ("GET", "truth"):
            return _truth(organization, query)
        case ("POST", "mutate"):
            seed, changes = _read(lambda: (int(body.get("seed", 1)), int(body.get("changes", 10))))
            kinds = body.get("kinds")
            if kinds is not None and not set(kinds) <= set(KINDS):
                raise BadControl(f"unknown among kinds; there are {', '.join(KINDS)}")
            return plain({"done": mutate(organization, seed, changes, kinds)})
    return None


def information(organization: Organization) -> dict[str, Any]:
    """What a person needs to connect: the address, the account and the tokens by name."""
    return {
        "organization": organization.name,
        "base_url": f"https://dev.azure.com/{organization.name}",
        "email": main_account(organization).account,
        "tokens": {name: token.value for name, token in named_tokens(organization).items()},
    }


def _truth(organization: Organization, query: Query) -> Answer:
    moment = query.one("initial_processed_at")
    at = _read(lambda: datetime.fromisoformat(moment).astimezone(UTC)) if moment else organization.now
    return plain(truth(organization, at, counts=query.flag("counts")))
