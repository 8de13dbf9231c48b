"""User aliases: one for each identity of the source system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shared.flow.base import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAlias(Entity):
    """One identity. ``id`` is its GUID (ADO's storage key), the id that pull requests and tickets carry."""

    TABLE: ClassVar[str] = "users"
    LISTED: ClassVar[str | None] = "users"

    apex_user_id: str
    """The person behind the alias; its own id until it is merged with another alias of the same person."""
    name: str
    username: str | None = None
    email: str | None = None
    descriptor: str | None = None
    origin: str | None = None
    origin_id: str | None = None
    is_service: bool = False
    is_group: bool = False
    is_active: bool = True

    def partition_key(self) -> str:
        return self.integration_id

    def row_key(self) -> str:
        return self.id
