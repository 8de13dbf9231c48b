"""Git tags to deployments, by a rule about their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final

from shared.flow.builds import Deployment
from shared.flow.repos import Repo
from shared.mapping.values import AdoItem, need, text

PREFIX: Final = "refs/tags/"
EVERY_TAG: Final = "*"
"""The rule where the customer has given none: a shell pattern of the tag's name."""
_ENVIRONMENTS: Final = {
    "production": "production", "prod": "production",
    "staging": "staging", "stage": "staging",
}  # fmt: skip
"""Words of a tag's name that say where something was deployed."""


@dataclass(frozen=True, slots=True)
class TagRef:
    """A listed tag. ``object_id`` is what its ref points to, ``sha`` the commit behind it."""

    name: str
    object_id: str
    sha: str

    @property
    def is_annotated(self) -> bool:
        return self.object_id != self.sha


@dataclass(frozen=True, slots=True)
class Made:
    """When a tag, or the commit it lies on, was made, and by whom."""

    at: datetime | None = None
    name: str | None = None
    email: str | None = None


def to_tag(item: AdoItem) -> TagRef:
    """A tag from a list of refs; only an annotated one has a peeled object.

    Source: https://learn.microsoft.com/rest/api/azure/devops/git/refs/list (peelTags)
    """
    name = need(item, "name", str, "a ref")
    object_id = need(item, "objectId", str, name).lower()
    return TagRef(name.removeprefix(PREFIX), object_id, (text(item, "peeledObjectId") or object_id).lower())


def to_deployment(tag: TagRef, repo: Repo, made: Made, *, now: datetime, pattern: str = EVERY_TAG) -> Deployment:
    """``pattern``: which tags count, as a shell pattern."""
    return Deployment(
        integration_id=repo.integration_id,
        id=f"{repo.id}/{tag.object_id}/{tag.name}",
        url=f"{repo.clean_url}?version=GT{tag.name}" if repo.clean_url else None,
        repo_id=repo.id,
        project_id=repo.project_id,
        tag_name=tag.name,
        object_id=tag.object_id,
        sha=tag.sha,
        is_annotated=tag.is_annotated,
        deployed_at=made.at,
        deployed_by_name=made.name,
        deployed_by_email=made.email,
        environment=environment_of(tag.name),
        matches_rule=fnmatchcase(tag.name, pattern),
        updated_at=now,
    )


def environment_of(tag_name: str) -> str | None:
    """What the words of a tag's name say, if they say one thing."""
    found = {_ENVIRONMENTS[word] for word in re.split(r"[^a-z0-9]+", tag_name.lower()) if word in _ENVIRONMENTS}
    return found.pop() if len(found) == 1 else None
