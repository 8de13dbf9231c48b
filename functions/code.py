"""HTTP: metrics of pull requests and commits."""

from __future__ import annotations

from typing import Any

from functions.found import integration_of
from functions.http import blueprint, serves
from shared import code_routes as routes
from shared.http import Answer, Call
from shared.services import services

bp = blueprint()


def _asked(call: Call) -> dict[str, Any]:
    """What both kinds of metrics are asked with."""
    query = call.query
    return {
        "start": getattr(query, "from"),
        "end": query.to,
        "project_id": query.project_id,
        "group_by": query.group_by,
        "now": services().clock(),
    }


@serves(bp, routes.GET_PULL_REQUEST_METRICS)
def get_pull_request_metrics(call: Call) -> Answer:
    """Metrics of the pull requests that were merged in a period."""
    from shared.pull_request_metrics import pull_request_metrics

    return Answer(200, pull_request_metrics(services().tables, integration_of(call).id, **_asked(call)))


@serves(bp, routes.GET_COMMIT_METRICS)
def get_commit_metrics(call: Call) -> Answer:
    """Metrics of the commits that were made in a period."""
    from shared.commit_metrics import commit_metrics

    return Answer(200, commit_metrics(services().tables, integration_of(call).id, **_asked(call)))
