"""Projects and teams."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, Endpoint
from shared.ado.paging import ContinuationHeader, SkipTop

PROJECTS: Final = Endpoint(
    path="_apis/projects",
    paging=ContinuationHeader(page_size=1000),
    scope="vso.project",
    docs=LEARN + "core/projects/list",
)
"""``stateFilter`` is ``wellFormed`` unless said; ``deleted`` and ``all`` list what is in the 28 days' bin too."""

PROJECT: Final = Endpoint(
    path="_apis/projects/{projectId}",
    items=None,
    scope="vso.project",
    docs=LEARN + "core/projects/get",
)
"""``includeCapabilities=true`` adds ``capabilities``: process template and version control, as capitalised text."""

TEAMS: Final = Endpoint(
    path="_apis/teams",
    paging=SkipTop(page_size=500),
    scope="vso.project",
    api_version="7.1-preview.3",
    docs=LEARN + "core/teams/get-all-teams",
)
"""Every team of the organisation; unlike the lists of projects it is satisfied by ``vso.project`` alone."""

PROJECT_TEAMS: Final = Endpoint(
    path="_apis/projects/{projectId}/teams",
    paging=SkipTop(page_size=500),
    scope="vso.project",
    docs=LEARN + "core/teams/get-teams",
)
