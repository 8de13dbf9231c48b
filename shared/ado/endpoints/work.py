"""Team settings."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, Endpoint

TEAM_ITERATIONS: Final = Endpoint(
    path="{project}/{team}/_apis/work/teamsettings/iterations",
    scope="vso.work",
    docs=LEARN + "work/iterations/list",
)
"""The iterations a team has selected; a node may be selected by several teams or none."""

BOARDS: Final = Endpoint(
    path="{project}/{team}/_apis/work/boards",
    scope="vso.work",
    docs=LEARN + "work/boards/list",
)
"""A board for each backlog level of the team."""

BOARD_COLUMNS: Final = Endpoint(
    path="{project}/{team}/_apis/work/boards/{board}/columns",
    scope="vso.work",
    docs=LEARN + "work/columns/list",
)
"""From left to right, each with the state (``stateMappings``) in which items of a type stand there."""
