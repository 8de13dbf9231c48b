"""Builds and their definitions."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, Endpoint
from shared.ado.paging import ContinuationHeader

DEFINITIONS: Final = Endpoint(
    path="{project}/_apis/build/definitions",
    paging=ContinuationHeader(page_size=1000),
    scope="vso.build",
    docs=LEARN + "build/definitions/list",
    # Pages need an order.
    query={"queryOrder": "definitionNameAscending"},
)

BUILDS: Final = Endpoint(
    path="{project}/_apis/build/builds",
    paging=ContinuationHeader(page_size=5000),
    scope="vso.build",
    docs=LEARN + "build/builds/list",
    # ``minTime`` speaks of the time that the order names, and a token is good for that order only.
    query={"queryOrder": "finishTimeAscending"},
)
