"""Every kind of entity, by the name of its list in the API."""

from __future__ import annotations

from typing import Final

from shared.flow.base import Entity
from shared.flow.builds import Build, Deployment
from shared.flow.commits import Commit, KnownTips
from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest, PullRequestComment, PullRequestCommit, PullRequestEvent
from shared.flow.repos import Repo
from shared.flow.sprints import Sprint
from shared.flow.status_mapping import StatusOverrides
from shared.flow.ticket_links import CommitTickets, PullRequestTickets, TicketLink
from shared.flow.ticket_types import Board, TicketState, TicketType
from shared.flow.tickets import Ticket, TicketRevision
from shared.flow.users import UserAlias

ENTITIES: Final[tuple[type[Entity], ...]] = (
    TicketProject, UserAlias, Repo, Sprint, Ticket, TicketRevision, PullRequest, PullRequestComment, PullRequestEvent,
    TicketType, TicketState, Board, StatusOverrides, TicketLink, PullRequestTickets, Commit, KnownTips,
    Build, Deployment, PullRequestCommit, CommitTickets,
)  # fmt: skip
"""All that is stored, and so all that the deletion of an integration removes."""

LISTS: Final[dict[str, type[Entity]]] = {entity.LISTED: entity for entity in ENTITIES if entity.LISTED}
