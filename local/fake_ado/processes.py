"""Processes: the types of work items, their states with categories, and their place in backlogs.

Defaults: https://learn.microsoft.com/azure/devops/boards/work-items/workflow-and-state-categories
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from local.fake_ado import fields
from local.fake_ado.model import Project

EPIC: Final = "Microsoft.EpicCategory"
FEATURE: Final = "Microsoft.FeatureCategory"
REQUIREMENT: Final = "Microsoft.RequirementCategory"
TASK: Final = "Microsoft.TaskCategory"
BUG: Final = "Microsoft.BugCategory"
TEST: Final = "Microsoft.TestCaseCategory"
HIDDEN: Final = "Microsoft.HiddenCategory"
OTHER: Final = ""
CATEGORY_NAMES: Final = {
    EPIC: "Epic Category", FEATURE: "Feature Category", REQUIREMENT: "Requirement Category", TASK: "Task Category",
    BUG: "Bug Category", TEST: "Test Case Category", HIDDEN: "Hidden Types Category",
}  # fmt: skip
CATEGORY_ORDER: Final = ("Proposed", "InProgress", "Resolved", "Completed", "Removed")
_COLORS: Final = {
    "Proposed": "b2b2b2", "InProgress": "007acc", "Resolved": "ff9d00", "Completed": "339933", "Removed": "ffffff",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    name: str
    category: str

    @property
    def color(self) -> str:
        return _COLORS[self.category]


@dataclass(frozen=True, slots=True)
class WorkItemType:
    """A type. ``points`` is the field that holds its size; ``keeps_dates``: rules keep ActivatedDate, ClosedDate ...

    ``retired``: states that old revisions are in although the type no longer has them.
    """

    name: str
    reference_name: str
    category: str
    states: tuple[State, ...]
    points: str | None = None
    keeps_dates: bool = True
    retired: tuple[str, ...] = ()
    color: str = "009CCC"
    icon: str = "icon_clipboard"

    def state(self, name: str) -> State | None:
        """The state by name, or None (a retired one)."""
        return next((state for state in self.states if state.name == name), None)

    @property
    def first(self) -> State:
        return self.states[0]

    @property
    def is_on_board(self) -> bool:
        """True if its items stand in columns of a board."""
        return self.category in (EPIC, FEATURE, REQUIREMENT)


def _states(text: str) -> tuple[State, ...]:
    """``New:Proposed Active:InProgress``; an underscore stands for a space."""
    pairs = (pair.split(":") for pair in text.split())
    return tuple(State(name.replace("_", " "), category) for name, category in pairs)


_VSTS: Final = "Microsoft.VSTS.WorkItemTypes."
_AGILE: Final = _states("New:Proposed Active:InProgress Resolved:Resolved Closed:Completed Removed:Removed")
_AGILE_BUG: Final = _states("New:Proposed Active:InProgress Resolved:Resolved Closed:Completed")
_AGILE_TASK: Final = _states("New:Proposed Active:InProgress Closed:Completed Removed:Removed")
_TEST: Final = _states("Design:Proposed Ready:InProgress Closed:Completed")
_REVIEW: Final = _states("Requested:InProgress Closed:Completed")
_SCRUM: Final = _states("New:Proposed Approved:Proposed Committed:InProgress Done:Completed Removed:Removed")
_SCRUM_EPIC: Final = _states("New:Proposed In_Progress:InProgress Done:Completed Removed:Removed")
_SCRUM_TASK: Final = _states("To_Do:Proposed In_Progress:InProgress Done:Completed Removed:Removed")
_CMMI: Final = _states("Proposed:Proposed Active:InProgress Resolved:InProgress Closed:Completed")
_CMMI_BUG: Final = _states("Proposed:Proposed Active:InProgress Resolved:Resolved Closed:Completed")
_OPEN_CLOSED: Final = _states("Active:InProgress Closed:Completed")
_BASIC: Final = _states("To_Do:Proposed Doing:InProgress Done:Completed")


def _type(name: str, category: str, states: tuple[State, ...], points: str | None = None) -> WorkItemType:
    return WorkItemType(name, _VSTS + name.replace(" ", ""), category, states, points)


_HIDDEN: Final = (_type("Test Case", TEST, _TEST), _type("Code Review Request", HIDDEN, _REVIEW))
PROCESSES: Final[dict[str, tuple[WorkItemType, ...]]] = {
    "Agile": (
        _type("Epic", EPIC, _AGILE, fields.EFFORT), _type("Feature", FEATURE, _AGILE, fields.EFFORT),
        _type("User Story", REQUIREMENT, _AGILE, fields.STORY_POINTS), _type("Task", TASK, _AGILE_TASK),
        _type("Bug", BUG, _AGILE_BUG, fields.STORY_POINTS), _type("Issue", OTHER, _OPEN_CLOSED),
        *_HIDDEN,
    ),
    "Scrum": (
        _type("Epic", EPIC, _SCRUM_EPIC, fields.EFFORT), _type("Feature", FEATURE, _SCRUM_EPIC, fields.EFFORT),
        _type("Product Backlog Item", REQUIREMENT, _SCRUM, fields.EFFORT), _type("Task", TASK, _SCRUM_TASK),
        _type("Bug", BUG, _SCRUM, fields.EFFORT), _type("Impediment", OTHER, _OPEN_CLOSED),
        *_HIDDEN,
    ),
    "CMMI": (
        _type("Epic", EPIC, _CMMI, fields.SIZE), _type("Feature", FEATURE, _CMMI, fields.SIZE),
        _type("Requirement", REQUIREMENT, _CMMI, fields.SIZE), _type("Task", TASK, _CMMI),
        _type("Bug", BUG, _CMMI_BUG, fields.SIZE), _type("Risk", OTHER, _OPEN_CLOSED),
        *_HIDDEN,
    ),
    "Basic": (
        _type("Epic", EPIC, _BASIC), _type("Issue", REQUIREMENT, _BASIC, fields.EFFORT), _type("Task", TASK, _BASIC),
        *_HIDDEN,
    ),
}  # fmt: skip
TEMPLATE_IDS: Final = {
    "Agile": "adcc42ab-9882-485e-a3ed-7678f01f66bc", "Scrum": "6b724908-ef14-45cf-84f8-768b5384da45",
    "CMMI": "27450541-8e31-4150-9947-dc59f998fc01", "Basic": "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
}  # fmt: skip
CUSTOM_TYPES: Final[dict[str, WorkItemType]] = {
    "Störung": WorkItemType(
        "Störung", "Custom.Stoerung", REQUIREMENT,
        _states("Offen:Proposed In_Arbeit:InProgress Wartet:InProgress Erledigt:Completed Entfernt:Removed"),
        fields.STORY_POINTS, keeps_dates=False, retired=("Freigabe",),
    ),
    "缺陷": WorkItemType(
        "缺陷", "Custom.Defect", BUG,
        _states("新建:Proposed 进行中:InProgress 已解决:Resolved 已关闭:Completed"), fields.EFFORT,
    ),
    "User Story": WorkItemType(
        "User Story", _VSTS + "UserStory", REQUIREMENT,
        _states(
            "New:Proposed Active:InProgress In_Review:InProgress Resolved:Resolved Closed:Completed Removed:Removed"
        ),
        fields.STORY_POINTS,
    ),
}  # fmt: skip
"""Types of inherited processes; one with the name of a system type takes its place."""


def types_of(project: Project) -> tuple[WorkItemType, ...]:
    """The types of a project, in the order of its process."""
    extra = {name: CUSTOM_TYPES[name] for name in project.extra_types}
    base = PROCESSES[project.process]
    return (*(extra.pop(one.name, one) for one in base), *extra.values())


def type_named(project: Project, name: str) -> WorkItemType | None:
    """The type, or None if the project has none of that name (any case)."""
    return next((one for one in types_of(project) if one.name.lower() == name.lower()), None)


def board_column(kind: WorkItemType, state: str) -> str | None:
    """The column of the board in which an item of this type and state stands; None: on no board."""
    known = kind.state(state)
    if not kind.is_on_board or known is None or known.category == "Removed":
        return None
    return state
