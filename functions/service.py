"""HTTP: health, and the description of the API. Open to everyone, without a key."""

from __future__ import annotations

from functions.http import blueprint, serves
from shared import routes
from shared.http import Answer, Call
from shared.services import services

bp = blueprint()


@serves(bp, routes.GET_HEALTH)
def get_health(_call: Call) -> Answer:
    """Whether tables, queues and vault work: 200, or 503 when one fails."""
    checks = services().health()
    works = set(checks.values()) == {"ok"}
    return Answer(200 if works else 503, {"status": "ok" if works else "failed", "checks": checks})


@serves(bp, routes.GET_OPENAPI)
def get_openapi(_call: Call) -> Answer:
    """OpenAPI 3.1 of everything in here."""
    from shared.openapi import openapi

    return Answer(200, openapi())
