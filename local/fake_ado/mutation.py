"""What mutations share: randomness, the clock, and who does things."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.fake_ado.making import Making, to_milliseconds
from local.fake_ado.model import Identity, Organization, Project, PullRequest, Repository, WorkItem
from local.fake_ado.sizes import SIZES
from local.fake_ado.texts import Paragraphs

MILLISECOND = timedelta(milliseconds=1)


@dataclass
class Mutation:
    """One call's changes to an organisation."""

    making: Making

    @property
    def organization(self) -> Organization:
        return self.making.organization

    @property
    def rng(self) -> random.Random:
        return self.making.rng

    def tick(self) -> datetime:
        """A moment later than everything before; never later than the machine's clock where that is followed."""
        organization = self.organization
        following = organization.now + MILLISECOND
        if not organization.follows_wall_clock:
            following += timedelta(milliseconds=self.rng.randrange(200_000))
        else:
            following = max(following, to_milliseconds(datetime.now(UTC)))
            ahead = (following - datetime.now(UTC)).total_seconds()
            if ahead > 0:
                time.sleep(ahead)
        organization.now = following
        return following

    def people(self, project_id: str | None = None) -> list[Identity]:
        """Active members; those of one project's groups where it has some."""
        owners = {token.identity_id for token in self.organization.tokens.values()}
        everybody = [
            one
            for one in self.organization.identities.values()
            if one.kind == "user" and one.is_active and one.id not in owners
        ]
        groups = [one for one in self.organization.identities.values() if one.scope_project_id == project_id]
        members = {member for group in groups for member in group.member_ids} if project_id else set()
        return [one for one in everybody if one.id in members] or everybody

    def person(self, project_id: str | None = None) -> Identity:
        """Somebody of them."""
        return self.rng.choice(self.people(project_id))

    def projects(self) -> list[Project]:
        """Well-formed projects."""
        return [one for one in self.organization.projects.values() if one.state == "wellFormed"]

    def project(self) -> Project:
        """One of them."""
        return self.rng.choice(self.projects())

    def items(self, *, is_deleted: bool = False) -> list[WorkItem]:
        """Work items of well-formed projects."""
        alive = {project.id for project in self.projects()}
        return [
            one
            for one in self.organization.work_items.values()
            if one.is_deleted == is_deleted and one.project_id in alive
        ]

    def item(self) -> WorkItem | None:
        """One of those that are not deleted."""
        items = self.items()
        return self.rng.choice(items) if items else None

    def repositories(self, *, is_working: bool = True) -> list[Repository]:
        """Repositories of well-formed projects that are not deleted; working ones are enabled and not empty."""
        alive = {project.id for project in self.projects()}
        rows = [
            one for one in self.organization.repositories.values() if one.project_id in alive and not one.deleted_at
        ]
        return [one for one in rows if not is_working or (not one.is_disabled and one.default_branch is not None)]

    def pull_requests(self, *statuses: str) -> list[PullRequest]:
        """Those in working repositories, with one of the statuses (all without any)."""
        ids = {one.id for one in self.repositories()}
        return [
            one
            for one in self.organization.pull_requests.values()
            if one.repository_id in ids and (not statuses or one.status in statuses) and self._has_source(one)
        ]

    def pull_request(self, *statuses: str) -> PullRequest | None:
        """One of those, rather a young one."""
        found = self.pull_requests(*statuses)
        if not found:
            return None
        return found[-1 - int(self.rng.random() ** 2 * len(found))]

    def _has_source(self, pull_request: PullRequest) -> bool:
        source = self.organization.repositories[pull_request.source_repository_id or pull_request.repository_id]
        return source.deleted_at is None


def begin(organization: Organization, seed: int) -> Mutation:
    """The mutation of one call; the same seed does the same to the same organisation."""
    rng = random.Random(f"{organization.id} {seed}")
    return Mutation(Making(organization, rng, SIZES["tiny"], Paragraphs(rng, 20)))
