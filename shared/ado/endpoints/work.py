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
