"""The server: one port, ``/{real host}/{path}`` plays Azure DevOps, ``/_fake/...`` controls it."""

from __future__ import annotations

import asyncio
import itertools
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from local.fake_ado import areas, authentication, control, refusals, versions, wire
from local.fake_ado.answers import Answer, page
from local.fake_ado.context import Call, Query
from local.fake_ado.faults import Fault
from local.fake_ado.model import Organization
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, GRAPH_HOST, LOGIN_HOST, PROFILE_HOST, Match, find
from local.fake_ado.state import Fake
from local.fake_ado.times import current

MAX_BODY = 64 * 1024 * 1024
_LEGACY = ".visualstudio.com"
_HOSTS_WITHOUT_ORGANIZATION = {PROFILE_HOST, LOGIN_HOST}


@dataclass(slots=True)
class Target:
    """Where a request goes: the host as routes name it, the segments after it, still encoded, and the whole path."""

    host: str
    segments: list[str]
    path: str


def read_target(raw_path: str) -> Target:
    """Split ``/{host}/{segments}``; the legacy hosts ``{org}.visualstudio.com`` become the segment they stand for."""
    host, *segments = raw_path.lstrip("/").split("/")
    host = host.lower()
    if segments and segments[-1] == "":
        segments.pop()
    for suffix, real in ((".vssps" + _LEGACY, GRAPH_HOST), (_LEGACY, CORE_HOST)):
        if host.endswith(suffix) and host != PROFILE_HOST:
            if segments and segments[0].lower() == "defaultcollection":
                segments.pop(0)
            return Target(real, [host.removesuffix(suffix), *segments], raw_path)
    return Target(host, segments, raw_path)


class Server:
    """Answers the requests of one ``Fake``."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self._numbers = itertools.count(1)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The whole way of one request."""
        raw_path, _, raw_query = request.raw_path.partition("?")
        target = read_target(raw_path)
        query = Query()
        for name, values in parse_qs(raw_query, keep_blank_values=True).items():
            query.setdefault(name.lower(), []).extend(values)
        if target.host == "_fake":
            return await wire.send(request, await control.answer(self.fake, request, target.segments, query), None)
        return await self._play(request, target, query, raw_query)

    async def _play(self, request: web.BaseRequest, target: Target, query: Query, raw_query: str) -> web.StreamResponse:
        credential = authentication.read_credential(request.headers.get("Authorization", ""))
        identity = self._identity_key(credential)
        self.fake.requests.arrived(identity)
        path = f"{target.path}?{raw_query}" if raw_query else target.path
        fault = self.fake.faults.take(request.method, path)
        organization = self._organization(target)
        match = find(request.method, target.host, target.segments)
        content = await request.read()
        work = _Work(self.fake, request, organization, match, query, credential, identity, content)
        answer = await self._answer(work, fault)
        answer.headers = {**self._headers(organization, work), **answer.headers}
        name = f"{target.host}{match.route.template}" if match else f"{target.host}/(unknown)"
        wait = answer.headers.get("Retry-After")
        if wait is not None and wait.isdigit():
            self.fake.requests.told_to_wait(identity, float(wait))
        self.fake.requests.answered(name, request.method, path, answer.status, len(answer.content))
        return await wire.send(request, answer, fault)

    async def _answer(self, work: _Work, fault: Fault | None) -> Answer:
        wait = self.fake.settings.latency_seconds + (fault.delay if fault else 0.0)
        if wait:
            await asyncio.sleep(wait)
        if fault is not None and fault.replacement is not None:
            return fault.replacement
        try:
            answer = await work.answer()
        except Refusal as refusal:
            answer = refusal.answer
        except Exception:  # noqa: BLE001 - a defect of the fake must not pass for a fault that a test asked for
            self.fake.requests.defects.append(traceback.format_exc())
            answer = page("The fake Azure DevOps has a defect", "See /_fake/requests.", status=500)
        if fault is not None:
            answer.headers.update(fault.headers)
        return answer

    def _organization(self, target: Target) -> Organization | None:
        if target.host in _HOSTS_WITHOUT_ORGANIZATION or not target.segments:
            return None
        return self.fake.find_organization(unquote(target.segments[0]))

    def _identity_key(self, credential: authentication.Credential) -> str:
        found = self.fake.find_token(credential.value) if credential.value else None
        return found[1].identity_id if found else "anonymous"

    def _headers(self, organization: Organization | None, work: _Work) -> dict[str, str]:
        activity = f"{next(self._numbers):08x}-0000-4000-8000-000000000000"
        headers = {
            "ActivityId": activity,
            "X-TFS-Session": activity,
            "X-VSS-E2EID": activity,
            "Cache-Control": "no-cache, no-store, must-revalidate",
            "Set-Cookie": "VstsSession=%7B%22SessionId%22%3A%221%22%7D; secure; HttpOnly; SameSite=None; path=/",
        }
        if organization is not None:
            headers["X-VSS-ResourceTenant"] = organization.tenant_id
            headers["Date"] = current(organization).strftime("%a, %d %b %Y %H:%M:%S GMT")
        who = authentication.user_data(self.fake, work.credential)
        if who is not None and not work.is_of_unknown_organization:
            headers["X-VSS-UserData"] = who
        headers.update(work.rate_headers)
        return headers


@dataclass
class _Work:
    """One request on its way to its operation."""

    fake: Fake
    request: web.BaseRequest
    organization: Organization | None
    match: Match | None
    query: Query
    credential: authentication.Credential
    identity: str
    content: bytes

    def __post_init__(self) -> None:
        self.rate_headers: dict[str, str] = {}

    @property
    def is_of_unknown_organization(self) -> bool:
        """True if the path names an organisation that there is not."""
        return self.match is not None and "organization" in self.match.parameters and self.organization is None

    async def answer(self) -> Answer:
        """Door, rate limit, version, rights, operation: in the order of the service. Raises Refusal."""
        if self.match is None:
            raise refusals.not_found_page()
        route, headers = self.match.route, {name.lower(): value for name, value in self.request.headers.items()}
        if self.is_of_unknown_organization:
            raise refusals.not_found_page()
        method = self.request.method
        door = authentication.Door(self.fake, self.organization, route, method, headers, self.credential)
        caller, token = door.caller()
        await self._throttle(route.cost, is_costed=not route.is_git and not route.is_build)
        if route.version is not None:
            asked = versions.asked_version(self.query.one("api-version"), headers.get("accept", ""))
            versions.check_version(asked, route.version, method)
        authentication.check_rights(self.organization, route, caller, token)
        call = Call(
            fake=self.fake,
            route=route,
            method=method,
            parameters=self.match.parameters,
            query=self.query,
            headers=headers,
            content=self.content,
            caller=caller,
            token=token,
            home=self.organization,
        )
        made = route.handler(call)
        return made if isinstance(made, Answer) else await made

    async def _throttle(self, cost: float, *, is_costed: bool) -> None:
        verdict = self.fake.throttle.charge(self.identity, cost)
        self.rate_headers = dict(verdict.headers)
        if is_costed:
            self.rate_headers["X-RateLimit-Cost"] = f"{cost:g}"
        if verdict.is_blocked:
            name = self.organization.name if self.organization else "service"
            raise refusals.too_many_requests(name)
        if verdict.delay_seconds:
            await asyncio.sleep(verdict.delay_seconds)


async def start(fake: Fake, port: int = 0) -> tuple[Callable[[], Any], int]:
    """Listen on loopback. Gives the coroutine function that stops, and the port. Raises OSError if it is taken."""
    areas.load()
    server = Server(fake)
    low = web.Server(server.handle, request_factory=_request, access_log=None)
    runner = web.ServerRunner(low, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    try:
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    fake.hub.start()

    async def stop() -> None:
        await fake.hub.stop()
        await runner.cleanup()

    return stop, int(runner.addresses[0][1])


def _request(message: Any, payload: Any, protocol: RequestHandler, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)
