"""What the account of the integration can know: which projects it reads, and whom a name leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from local.fake_ado.model import Identity, Node, Organization, Project, Repository
from local.fake_ado.named_tokens import main_account, named_tokens
from local.fake_ado.pull_request_plans import months_before


def iso(moment: datetime | None) -> str | None:
    """RFC 3339 with ``Z``; microseconds only where there are some."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@dataclass(frozen=True)
class View:
    """An organisation through the eyes of the owner of the token ``good``, first read at ``initial_processed_at``."""

    organization: Organization
    initial_processed_at: datetime

    @property
    def border(self) -> datetime:
        """Six calendar months before the first processing."""
        return months_before(self.initial_processed_at, 6)

    def sees(self, project: Project) -> bool:
        """False if the project is hidden from the account."""
        if "good" not in named_tokens(self.organization):
            return True
        return main_account(self.organization).id not in project.hidden_from

    def is_readable(self, project_id: str) -> bool:
        """True if the project is there and listed."""
        project = self.organization.projects[project_id]
        return project.state == "wellFormed" and self.sees(project)

    def projects(self) -> Iterator[Project]:
        """Those that are readable."""
        return (one for one in self.organization.projects.values() if self.is_readable(one.id))

    def repositories(self) -> Iterator[Repository]:
        """Those listed now: disabled ones too, deleted ones not."""
        for repository in self.organization.repositories.values():
            if repository.deleted_at is None and self.is_readable(repository.project_id):
                yield repository

    def was_read(self, gone_at: datetime | None) -> bool:
        """True for something that went only after the first processing, and so had been read."""
        return gone_at is not None and gone_at > self.initial_processed_at

    def knows(self, identity: Identity) -> bool:
        """True if Graph lists the identity, or listed it at the first processing."""
        return identity.kind != "group" and (identity.listed or self.was_read(identity.left_at))

    def named(self, identity_id: str | None) -> tuple[str | None, str | None]:
        """(alias, name) of a person who is named by ``Name <account>`` only.

        The account leads to an identity, listed or found by a search; without one the name is all there is.
        """
        if identity_id is None:
            return None, None
        identity = self.organization.identities[identity_id]
        if self.knows(identity) or (identity.account and identity.kind != "group"):
            return identity.id, identity.display_name
        return None, f"{identity.display_name} <{identity.account}>" if identity.account else identity.display_name

    def referred(self, identity_id: str | None) -> tuple[str | None, str | None]:
        """(alias, name) of a person whom a pull request refers to with id and name."""
        if identity_id is None:
            return None, None
        return identity_id, self.organization.identities[identity_id].display_name

    def is_person(self, identity_id: str) -> bool:
        """True for users: no groups, no services."""
        return self.organization.identities[identity_id].kind == "user"

    def knows_node(self, node: Node) -> bool:
        """True if the node is in a tree, or was at the first processing."""
        return node.deleted_at is None or self.was_read(node.deleted_at)
