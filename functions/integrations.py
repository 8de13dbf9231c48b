"""HTTP: create, read, change, test, sync and delete integrations; their runs."""

from __future__ import annotations

import re
from typing import Final

from functions.found import GUID, integration_of, must_match
from functions.http import blueprint, serves
from shared import routes
from shared.http import Answer, Call, not_found
from shared.integration_view import all_shown, deletion_answer, etag_of, shown
from shared.operations import BASE
from shared.requests import IntegrationChange, NewIntegration, SyncRequest
from shared.services import services

bp = blueprint()

_RUN: Final = re.compile(r"[0-9a-z]{1,64}")


@serves(bp, routes.CREATE_INTEGRATION)
def create_integration(call: Call, body: NewIntegration) -> Answer:
    """Test the connection, store the integration, start its first sync; once for each ``Idempotency-Key``."""
    from shared.idempotency import Once
    from shared.integration_store import new_integration_id
    from shared.integrations import create

    parts = services()

    def work(integration_id: str) -> Answer:
        created = create(parts, call.workspace, body, integration_id)
        headers = {"Location": f"{BASE}/integrations/{created.id}", "ETag": etag_of(created)}
        return Answer(201, shown(parts, created), headers)

    once = Once(parts.tables, call.workspace, parts.clock())
    return once.do(call.headers.get("idempotency-key"), body, new_integration_id(), work)


@serves(bp, routes.LIST_INTEGRATIONS)
def list_integrations(call: Call) -> Answer:
    """The workspace's integrations, a page at a time."""
    from shared.lists import bad_cursor
    from shared.table_errors import CursorError

    try:
        found, cursor = services().integrations.list(call.workspace, call.query.limit, call.query.cursor)
    except CursorError as e:
        raise bad_cursor() from e
    return Answer(200, {"results": all_shown(services(), found), "next_cursor": cursor})


@serves(bp, routes.GET_INTEGRATION)
def get_integration(call: Call) -> Answer:
    """One integration and how its data is."""
    found = integration_of(call)
    return Answer(200, shown(services(), found), {"ETag": etag_of(found)})


@serves(bp, routes.CHANGE_INTEGRATION)
def change_integration(call: Call, body: IntegrationChange) -> Answer:
    """Rename it, switch services, replace its credentials."""
    from shared.integrations import change

    found = integration_of(call)
    changed = change(services(), found, body, only_this=must_match(call, found))
    return Answer(200, shown(services(), changed), {"ETag": etag_of(changed)})


@serves(bp, routes.DELETE_INTEGRATION)
def delete_integration(call: Call) -> Answer:
    """Make it invisible at once; its secrets and data are removed behind the scenes."""
    from shared.integrations import remove

    found = integration_of(call)
    deletion = remove(services(), found, only_this=must_match(call, found))
    return Answer(202, deletion_answer(deletion), {"Location": f"{BASE}/deletions/{found.id}"})


@serves(bp, routes.GET_DELETION)
def get_deletion(call: Call) -> Answer:
    """How far a removal is."""
    deletion_id = call.path["deletion_id"]
    found = services().integrations.deletion(deletion_id) if GUID.fullmatch(deletion_id) else None
    if found is None or found.workspace != call.workspace:
        raise not_found()
    return Answer(200, deletion_answer(found))


@serves(bp, routes.TEST_INTEGRATION)
def try_integration(call: Call) -> Answer:
    """What works with the stored credentials, check by check."""
    from shared.integrations import test_again

    return Answer(200, test_again(services(), integration_of(call)))


@serves(bp, routes.SYNC_INTEGRATION)
def sync_integration(call: Call, body: SyncRequest) -> Answer:
    """Sync now; the run that goes on already is given instead of a second one."""
    from shared.integrations import sync

    return Answer(202, {"run_id": sync(services(), integration_of(call), full=body.full).id})


@serves(bp, routes.LIST_RUNS)
def list_runs(call: Call) -> Answer:
    """Its syncs, newest first."""
    from shared.lists import bad_cursor
    from shared.run_summary import run_json
    from shared.table_errors import CursorError

    found = integration_of(call)
    try:
        runs, cursor = services().runs.list(found.id, call.query.limit, call.query.cursor)
    except CursorError as e:
        raise bad_cursor() from e
    return Answer(200, {"results": [run_json(run) for run in runs], "next_cursor": cursor})


@serves(bp, routes.GET_RUN)
def get_run(call: Call) -> Answer:
    """One sync with its streams."""
    from shared.run_summary import run_json

    found, run_id = integration_of(call), call.path["run_id"]
    run = services().runs.get(found.id, run_id) if _RUN.fullmatch(run_id) else None
    if run is None:
        raise not_found()
    return Answer(200, run_json(run, services().runs.streams(run)))
