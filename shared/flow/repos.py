"""Repos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shared.flow.base import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo(Entity):
    """A Git repository. ``id`` is the ADO repository's GUID; ``url`` is its web page."""

    TABLE: ClassVar[str] = "repos"
    LISTED: ClassVar[str | None] = "repos"
    CHOSEN: ClassVar[str | None] = "is_imported"

    name: str
    project_id: str
    project_name: str
    vendor_type: str = "azure_devops"
    clean_url: str | None = None
    """Clone URL without a user part."""
    commit_url: str | None = None
    """Link pattern of a commit, ending in ``/commit/{sha}``."""
    default_branch: str | None = None
    """Full ref name; None while the repo is empty."""
    size_bytes: int | None = None
    is_private: bool = True
    is_fork: bool = False
    is_disabled: bool = False
    is_in_maintenance: bool = False
    is_imported: bool = True
    blocked: bool = False
    """The repo cannot be read: disabled, or refused."""

    def partition_key(self) -> str:
        return self.integration_id

    def row_key(self) -> str:
        return self.id
