"""The door of every HTTP function: who asks, what they ask, and problem documents for whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import azure.functions as func

from shared.errors import ConnectorError
from shared.http import Answer, ApiProblem, Call, not_found, problem_of
from shared.operations import Operation
from shared.principals import PRINCIPAL_HEADER, WORKSPACE, Level, platform_authenticates, read_principal
from shared.requests import MAX_BODY, read_body, read_query
from shared.services import services

log = logging.getLogger("flow.http")

WORKSPACE_HEADER = "x-flow-workspace"
DEFAULT_WORKSPACE = "default"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Handler = Callable[..., Answer]


def blueprint() -> func.Blueprint:
    """A blueprint; the library's own constructor has no types."""
    return func.Blueprint()  # type: ignore[no-untyped-call]


def serves(bp: func.Blueprint, op: Operation) -> Callable[[Handler], Handler]:
    """Index ``handler(call)``, or ``handler(call, body)`` where the operation has one, as an HTTP function."""

    def register(handler: Handler) -> Handler:
        def function(req: func.HttpRequest) -> func.HttpResponse:
            return _respond(op, handler, req)

        function.__name__ = function.__qualname__ = op.name
        function.__doc__ = handler.__doc__
        routed = bp.route(route=op.route, methods=[op.method], auth_level=_auth_level(op))(function)
        bp.function_name(op.name)(routed)
        return handler

    return register


def _auth_level(op: Operation) -> func.AuthLevel:
    # Where the platform has authenticated the caller no key is asked for: roles say what they may do.
    return func.AuthLevel.ANONYMOUS if op.level is None or platform_authenticates() else func.AuthLevel.FUNCTION


def _respond(op: Operation, handler: Handler, req: func.HttpRequest) -> func.HttpResponse:
    try:
        answer = _answer(op, handler, req)
    except ApiProblem as problem:
        answer = problem.answer()
    except ConnectorError as e:
        log.warning("request.failed", extra={"operation": op.name, "code": e.code})
        answer = problem_of(e).answer()
    except Exception as e:  # noqa: BLE001 - the last place where a failure can become a problem document
        where = traceback.extract_tb(e.__traceback__)[-1]
        log.error(  # noqa: TRY400 - a traceback may quote values
            "request.crashed",
            extra={"operation": op.name, "error": type(e).__name__, "at": f"{where.filename}:{where.lineno}"},
        )
        answer = ApiProblem(500, "internal", "Something went wrong on our side.").answer()
    headers = {**_HEADERS, **answer.headers}
    return func.HttpResponse(
        answer.to_bytes(), status_code=answer.status, headers=headers, mimetype=answer.content_type, charset="utf-8"
    )


def _answer(op: Operation, handler: Handler, req: func.HttpRequest) -> Answer:
    headers = {name.lower(): value for name, value in req.headers.items()}
    workspace = _workspace(op.level, headers)
    # The host takes a function key from `code` too; it is the host's to judge, unless the operation has a `code`.
    hosts = {"code"} - set(op.query.__struct_fields__)
    if op.raw_body:
        return handler(Call(workspace, dict(req.route_params), None, headers), req.get_body())
    query = {name: value for name, value in req.params.items() if name not in hosts}
    call = Call(workspace, dict(req.route_params), read_query(query, op.query), headers)
    body = req.get_body()
    if len(body) > MAX_BODY:
        raise ApiProblem(413, "body_too_large", "The body is larger than 1 MiB.")
    arguments: list[Any] = [call]
    if op.body is not None:
        arguments.append(op.body() if not body and not op.body_required else read_body(body, op.body))
    return handler(*arguments)


def _workspace(level: Level | None, headers: dict[str, str]) -> str:
    """The caller's workspace. Raises ApiProblem 400, 401, 403 or 404 for one who may not go on."""
    if level is None:
        return DEFAULT_WORKSPACE
    named = headers.get(WORKSPACE_HEADER)
    if named is not None and not WORKSPACE.fullmatch(named):
        raise ApiProblem(
            400, "workspace_invalid", "A workspace is 1 to 63 of a-z, 0-9 and hyphen.", field=WORKSPACE_HEADER
        )
    if not platform_authenticates():
        return named or DEFAULT_WORKSPACE
    principal = read_principal(headers.get(PRINCIPAL_HEADER), services().settings.workspace_claim)
    if principal.level is None or principal.level < level:
        raise ApiProblem(
            403,
            "level_too_low",
            f"This needs the permission Integrations.{level.name.capitalize()}.",
            remedy="Ask an administrator for it.",
        )
    if named is not None and named != principal.workspace:
        raise not_found()
    return principal.workspace
