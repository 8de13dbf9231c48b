"""What goes wrong with answers of Azure DevOps, each kind by its name."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from typing import Final

from local.fake_ado.faults import GARBAGE, SIGN_IN
from shared.ado.endpoints.location import CONNECTION_DATA
from shared.ado.wire import Request
from tests.simulation.memory_ado import Answer

Spoiled = tuple[Answer, bool]
Fault = Callable[[random.Random, Answer], Spoiled]
OK: Final = 200
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
_HTML: Final = {"Content-Type": "text/html; charset=utf-8"}


def _refusal(status: int, *, retry_after: bool) -> Fault:
    def fault(rng: random.Random, _answer: Answer) -> Spoiled:
        wait = {"Retry-After": str(rng.randrange(1, 90))} if retry_after else {}
        return (status, {**_JSON, **wait}, b'{"message": "Request was blocked due to exceeding usage."}'), False

    return fault


def _reset(_rng: random.Random, answer: Answer) -> Spoiled:
    status, headers, content = answer
    return (status, {**headers, "Content-Length": str(len(content))}, content), True


def _cut_gzip(_rng: random.Random, answer: Answer) -> Spoiled:
    status, headers, content = answer
    whole = gzip.compress(content)
    plain = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return (status, {**plain, "Content-Encoding": "gzip"}, whole[: len(whole) * 2 // 3]), False


def _page(status: int) -> Fault:
    return lambda _rng, _answer: ((status, dict(_HTML), SIGN_IN.encode()), False)


def _slow(rng: random.Random, answer: Answer) -> Spoiled:
    status, headers, content = answer
    return (status, {**headers, "Retry-After": str(rng.randrange(1, 30)), "X-RateLimit-Remaining": "0"}, content), False


FAULTS: Final[dict[str, Fault]] = {
    "429 with Retry-After": _refusal(429, retry_after=True),
    "429 without": _refusal(429, retry_after=False),
    "503 with Retry-After": _refusal(503, retry_after=True),
    "503 without": _refusal(503, retry_after=False),
    "500": _refusal(500, retry_after=False),
    "slow 200 with Retry-After": _slow,
    "reset in the middle": _reset,
    "cut gzip": _cut_gzip,
    "sign-in page, 203": _page(203),
    "sign-in page, 200": _page(200),
    "401": lambda _rng, _answer: ((401, {}, b""), False),
    "garbage": lambda _rng, _answer: ((200, dict(_JSON), GARBAGE), False),
}

REFUSALS: Final = frozenset({"sign-in page, 203", "sign-in page, 200", "401"})


def spoiler(rng: random.Random, names: tuple[str, ...]) -> Callable[[Request, Answer], Spoiled]:
    """Spoils answers by faults drawn from these.

    Not those that prove something about a credential: who we are is always told, and nothing that was refused is
    refused again when it is asked once more.
    """
    refused: set[str] = set()

    def spoil(request: Request, answer: Answer) -> Spoiled:
        name = rng.choice(names)
        if request.route == CONNECTION_DATA.route or answer[0] != OK:
            return answer, False
        if name in REFUSALS:
            if request.url in refused:
                return answer, False
            refused.add(request.url)
        return FAULTS[name](rng, answer)

    return spoil
