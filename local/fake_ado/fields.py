"""Work item fields: reference names, types, and which of them the reporting feed gives.

Index: https://learn.microsoft.com/azure/devops/boards/work-items/guidance/work-item-field
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ID: Final = "System.Id"
REV: Final = "System.Rev"
PROJECT: Final = "System.TeamProject"
AREA_ID: Final = "System.AreaId"
AREA_PATH: Final = "System.AreaPath"
ITERATION_ID: Final = "System.IterationId"
ITERATION_PATH: Final = "System.IterationPath"
TYPE: Final = "System.WorkItemType"
STATE: Final = "System.State"
REASON: Final = "System.Reason"
TITLE: Final = "System.Title"
ASSIGNED_TO: Final = "System.AssignedTo"
CREATED_BY: Final = "System.CreatedBy"
CREATED_DATE: Final = "System.CreatedDate"
CHANGED_BY: Final = "System.ChangedBy"
CHANGED_DATE: Final = "System.ChangedDate"
REVISED_DATE: Final = "System.RevisedDate"
WATERMARK: Final = "System.Watermark"
TAGS: Final = "System.Tags"
PARENT: Final = "System.Parent"
COMMENT_COUNT: Final = "System.CommentCount"
DESCRIPTION: Final = "System.Description"
HISTORY: Final = "System.History"
BOARD_COLUMN: Final = "System.BoardColumn"
BOARD_COLUMN_DONE: Final = "System.BoardColumnDone"
IS_DELETED: Final = "System.IsDeleted"
PRIORITY: Final = "Microsoft.VSTS.Common.Priority"
SEVERITY: Final = "Microsoft.VSTS.Common.Severity"
STATE_CHANGED: Final = "Microsoft.VSTS.Common.StateChangeDate"
ACTIVATED_DATE: Final = "Microsoft.VSTS.Common.ActivatedDate"
ACTIVATED_BY: Final = "Microsoft.VSTS.Common.ActivatedBy"
RESOLVED_DATE: Final = "Microsoft.VSTS.Common.ResolvedDate"
RESOLVED_BY: Final = "Microsoft.VSTS.Common.ResolvedBy"
CLOSED_DATE: Final = "Microsoft.VSTS.Common.ClosedDate"
CLOSED_BY: Final = "Microsoft.VSTS.Common.ClosedBy"
STORY_POINTS: Final = "Microsoft.VSTS.Scheduling.StoryPoints"
EFFORT: Final = "Microsoft.VSTS.Scheduling.Effort"
SIZE: Final = "Microsoft.VSTS.Scheduling.Size"
REMAINING_WORK: Final = "Microsoft.VSTS.Scheduling.RemainingWork"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the organisation. ``is_long``: left out of the feed unless all fields are asked for."""

    name: str
    type: str
    is_identity: bool = False
    is_read_only: bool = False
    is_long: bool = False


FIELDS: Final[dict[str, Field]] = {
    ID: Field("ID", "integer", is_read_only=True),
    REV: Field("Rev", "integer", is_read_only=True),
    PROJECT: Field("Team Project", "string", is_read_only=True),
    AREA_ID: Field("Area ID", "integer"),
    AREA_PATH: Field("Area Path", "treePath"),
    ITERATION_ID: Field("Iteration ID", "integer"),
    ITERATION_PATH: Field("Iteration Path", "treePath"),
    TYPE: Field("Work Item Type", "string", is_read_only=True),
    STATE: Field("State", "string"),
    REASON: Field("Reason", "string"),
    TITLE: Field("Title", "string"),
    ASSIGNED_TO: Field("Assigned To", "string", is_identity=True),
    CREATED_BY: Field("Created By", "string", is_identity=True, is_read_only=True),
    CREATED_DATE: Field("Created Date", "dateTime", is_read_only=True),
    CHANGED_BY: Field("Changed By", "string", is_identity=True, is_read_only=True),
    CHANGED_DATE: Field("Changed Date", "dateTime", is_read_only=True),
    REVISED_DATE: Field("Revised Date", "dateTime", is_read_only=True),
    WATERMARK: Field("Watermark", "integer", is_read_only=True),
    TAGS: Field("Tags", "plainText"),
    PARENT: Field("Parent", "integer", is_read_only=True),
    COMMENT_COUNT: Field("Comment Count", "integer", is_read_only=True),
    DESCRIPTION: Field("Description", "html", is_long=True),
    HISTORY: Field("History", "history", is_long=True),
    BOARD_COLUMN: Field("Board Column", "string", is_read_only=True),
    BOARD_COLUMN_DONE: Field("Board Column Done", "boolean", is_read_only=True),
    IS_DELETED: Field("Is Deleted", "boolean", is_read_only=True),
    PRIORITY: Field("Priority", "integer"),
    SEVERITY: Field("Severity", "string"),
    STATE_CHANGED: Field("State Change Date", "dateTime", is_read_only=True),
    ACTIVATED_DATE: Field("Activated Date", "dateTime"),
    ACTIVATED_BY: Field("Activated By", "string", is_identity=True),
    RESOLVED_DATE: Field("Resolved Date", "dateTime"),
    RESOLVED_BY: Field("Resolved By", "string", is_identity=True),
    CLOSED_DATE: Field("Closed Date", "dateTime"),
    CLOSED_BY: Field("Closed By", "string", is_identity=True),
    STORY_POINTS: Field("Story Points", "double"),
    EFFORT: Field("Effort", "double"),
    SIZE: Field("Size", "double"),
    REMAINING_WORK: Field("Remaining Work", "double"),
    "System.AuthorizedDate": Field("Authorized Date", "dateTime", is_read_only=True),
    "System.BoardLane": Field("Board Lane", "string", is_read_only=True),
    "System.NodeName": Field("Node Name", "string", is_read_only=True),
    "Microsoft.VSTS.Common.ValueArea": Field("Value Area", "string"),
    "Microsoft.VSTS.Common.StackRank": Field("Stack Rank", "double"),
    "Microsoft.VSTS.Common.BacklogPriority": Field("Backlog Priority", "double"),
    "Microsoft.VSTS.Common.BusinessValue": Field("Business Value", "integer"),
    "Microsoft.VSTS.Common.ResolvedReason": Field("Resolved Reason", "string"),
    "Microsoft.VSTS.Common.AcceptanceCriteria": Field("Acceptance Criteria", "html", is_long=True),
    "Microsoft.VSTS.TCM.ReproSteps": Field("Repro Steps", "html", is_long=True),
    "Microsoft.VSTS.Scheduling.OriginalEstimate": Field("Original Estimate", "double"),
    "Microsoft.VSTS.Scheduling.CompletedWork": Field("Completed Work", "double"),
    "Microsoft.VSTS.Scheduling.StartDate": Field("Start Date", "dateTime"),
    "Microsoft.VSTS.Scheduling.FinishDate": Field("Finish Date", "dateTime"),
    "Microsoft.VSTS.Scheduling.TargetDate": Field("Target Date", "dateTime"),
    "Custom.Kundennummer": Field("Kundennummer", "string"),
}  # fmt: skip
IDENTITY_FIELDS: Final = frozenset(name for name, field in FIELDS.items() if field.is_identity)
LONG_FIELDS: Final = frozenset(name for name, field in FIELDS.items() if field.is_long)


def known(name: str) -> str | None:
    """The reference name in its own spelling, or None if the organisation has no such field."""
    return _SPELLING.get(name.lower())


_SPELLING: Final = {name.lower(): name for name in FIELDS}
