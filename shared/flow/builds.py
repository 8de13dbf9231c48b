"""Builds, and deployments: Git tags that say that something was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import ClassVar

from shared.flow.base import Entity


def deployment_key(tag_name: str, object_id: str) -> str:
    """RowKey of a deployment; names of tags hold characters that a key must not."""
    return f"{sha256(tag_name.encode()).hexdigest()[:24]}|{object_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build(Entity):
    """A run of a pipeline. ``id`` is its number in the organisation; ``number`` is free text that may repeat.

    ``status``, ``result`` and ``reason`` are the source's own words; ``result`` is None until the build is completed.
    """

    TABLE: ClassVar[str] = "builds"
    LISTED: ClassVar[str | None] = "builds"
    VERSION: ClassVar[str | None] = "read_at"

    number: str
    project_id: str
    definition_id: int | None = None
    definition_name: str | None = None
    repo_id: str | None = None
    """The Git repo that it built; None for sources elsewhere (GitHub, Team Foundation Version Control)."""
    repo_type: str | None = None
    status: str
    result: str | None = None
    reason: str | None = None
    branch: str | None = None
    """Full ref name; ``refs/pull/{number}/merge`` for the test merge of a pull request."""
    sha: str | None = None
    pull_request_number: int | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    requested_for: str | None = None
    """User alias of the person for whom it ran."""
    requested_for_name: str | None = None
    updated_at: datetime
    """When the source says that it last changed."""
    read_at: datetime
    """When the source was read; the newer reading wins."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.project_id}"

    def row_key(self) -> str:
        return f"{int(self.id):010d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(Entity):
    """A Git tag on a commit. ``id`` is ``{repo_id}/{object id}/{tag name}``.

    A tag that is moved to another object is another deployment: the earlier one took place, and stays with
    ``is_current`` false. One whose tag was deleted is a tombstone.
    """

    TABLE: ClassVar[str] = "deployments"
    LISTED: ClassVar[str | None] = "deployments"

    repo_id: str
    project_id: str
    tag_name: str
    """Without ``refs/tags/``."""
    object_id: str
    """What the tag's ref points to: the annotated tag itself, else the commit."""
    sha: str
    """The commit behind it."""
    is_annotated: bool
    deployed_at: datetime | None = None
    """When an annotated tag was made; of any other the commit's date; None where the source tells neither."""
    deployed_by_name: str | None = None
    deployed_by_email: str | None = None
    environment: str | None = None
    """``production`` or ``staging`` where the tag's name says so."""
    matches_rule: bool
    """Whether it counts as a deployment; tags that do not are stored as well, so that a rule may change."""
    is_current: bool = True
    updated_at: datetime
    """When this row last changed."""

    def partition_key(self) -> str:
        return f"{self.integration_id}|{self.repo_id}"

    def row_key(self) -> str:
        return deployment_key(self.tag_name, self.object_id)
