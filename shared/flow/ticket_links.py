"""Links of tickets: to other tickets, to pull requests, to commits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Literal

from shared.flow.base import Entity
from shared.flow.tickets import ticket_partition

LinkType = Literal[
    "parent_child", "related", "dependency", "duplicate", "affects", "tested_by", "other", "pull_request", "commit"
]
PARENT_CHILD: Final = "parent_child"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLink(Entity):
    """A link that a ticket has, or had: a removed one is deleted.

    Between tickets ``source_number`` is the forward end (parent, predecessor, original) and ``target_number`` the other
    (child, successor, copy); ``id`` is ``{source}/{target}/{ado_rel}``. A link to a pull request or commit has only the
    ticket, as ``target_number``; ``id`` is ``{ticket}/pull_request/{repo_id}/{number}`` or
    ``{ticket}/commit/{repo_id}/{sha}``.
    """

    TABLE: ClassVar[str] = "ticketlinks"
    LISTED: ClassVar[str | None] = "ticket_links"
    VERSION: ClassVar[str | None] = "changed_at"

    link_type: LinkType
    ado_rel: str
    source_number: int | None = None
    target_number: int
    source_project_id: str | None = None
    target_project_id: str | None = None
    pull_request_id: str | None = None
    commit_id: str | None = None
    """``{repo_id}/{sha}``."""
    changed_at: datetime
    """When it was made or removed; of a link to a pull request or commit, when we saw that."""
    changed_by: str | None = None

    def partition_key(self) -> str:
        # At the child, as what is asked for is the way up.
        return ticket_partition(self.integration_id, self.target_number)

    def row_key(self) -> str:
        if self.source_number is not None:
            return f"{self.target_number:010d}|{self.ado_rel}|{self.source_number:010d}"
        return f"{self.target_number:010d}|{self.id.partition('/')[2].replace('/', '|')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestTickets(Entity):
    """The tickets of one pull request, as last asked; ``id`` is the pull request's."""

    TABLE: ClassVar[str] = "pullrequesttickets"

    repo_id: str
    number: int
    ticket_numbers: list[int] = field(default_factory=list)
    read_at: datetime

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return f"{self.number:010d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitTickets(Entity):
    """The tickets of one commit, as last asked; ``id`` is ``{repo_id}/{sha}``. Most commits have no row."""

    TABLE: ClassVar[str] = "committickets"

    repo_id: str
    sha: str
    ticket_numbers: list[int] = field(default_factory=list)
    read_at: datetime

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return self.sha
