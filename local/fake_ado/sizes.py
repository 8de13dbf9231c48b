"""How much there is in a made-up organisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """One project: its process and its share of the work (``weight``)."""

    name: str
    process: str
    weight: float
    extra_types: tuple[str, ...] = ()
    is_hidden: bool = False
    """True: the accounts that are no administrators do not see it."""
    has_git: bool = True
    is_deleted: bool = False
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """Counts over the whole organisation. ``longest``: revisions of the one ticket with the longest history."""

    projects: tuple[ProjectPlan, ...]
    people: int
    tickets: int
    revisions: int
    longest: int
    repositories: int
    pull_requests: int
    commits: int
    builds: int


_AGILE: Final = ProjectPlan("Fabrikam Fiber", "Agile", 0.45, ("Störung", "User Story"), former_names=("Fabrikam",))
_SCRUM: Final = ProjectPlan("Größe und Co", "Scrum", 0.3, ("缺陷",))
_CMMI: Final = ProjectPlan("Contoso CMMI", "CMMI", 0.25, is_hidden=True)
_TFVC: Final = ProjectPlan("Legacy TFVC", "Basic", 0.03, has_git=False)
_GONE: Final = ProjectPlan("Abgelöst", "Basic", 0.02, is_deleted=True)
_BASIC: Final = ProjectPlan("Basics", "Basic", 0.2)
_SECOND: Final = ProjectPlan("Woodgrove", "Agile", 0.2)
_DEMO: Final = (_AGILE, _SCRUM, _CMMI, _TFVC, _GONE)
_MANY: Final = (_AGILE, _SCRUM, _CMMI, _BASIC, _SECOND, _TFVC, _GONE)

SIZES: Final[dict[str, Size]] = {
    "tiny": Size((_AGILE, _SCRUM), 12, 60, 240, 12, 4, 24, 150, 20),
    "small": Size(_DEMO, 30, 800, 3_000, 60, 9, 150, 900, 150),
    "bench": Size(_MANY, 80, 10_000, 40_000, 4_700, 20, 2_000, 15_000, 2_000),
    "medium": Size(_MANY, 200, 60_000, 250_000, 4_700, 30, 3_000, 20_000, 5_000),
    "large": Size(_MANY, 400, 200_000, 1_000_000, 9_000, 60, 8_000, 50_000, 20_000),
}
