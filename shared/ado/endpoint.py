"""An operation of Azure DevOps as a value: all that its documentation page says about asking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Self

from shared.ado.paging import SINGLE, Paging

LEARN: Final = "https://learn.microsoft.com/rest/api/azure/devops/"
DEV: Final = "dev.azure.com"
VSSPS: Final = "vssps.dev.azure.com"
APP_VSSPS: Final = "app.vssps.visualstudio.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation. ``path`` begins after the organisation; each ``{name}`` is one path segment.

    ``query`` is always sent (a caller's value of the same name wins), ``api_version`` cannot be overridden.
    ``items`` names the list in the body, None where the body itself is the thing. ``scope`` is one OAuth or token
    scope that suffices, None where the documentation names none.
    """

    path: str
    scope: str | None
    docs: str
    api_version: str = "7.1"
    method: Literal["GET", "POST", "PUT", "DELETE"] = "GET"
    host: str = DEV
    paging: Paging = SINGLE
    items: str | None = "value"
    query: Mapping[str, str] = field(default_factory=dict, hash=False)
    in_organization: bool = True
    """False: the URL has no organisation segment."""
    anonymous: bool = False
    """Asked without a credential."""
    read_only: bool = False
    """A POST that only reads, so that sending it twice does no harm."""

    @property
    def route(self) -> str:
        """``METHOD path`` with the names of its segments: what requests are counted by."""
        return f"{self.method} {self.path}"

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice has the effect of sending it once."""
        return self.method != "POST" or self.read_only

    @property
    def about_one_project(self) -> bool:
        """Whether a refusal speaks about one project or repository rather than about the organisation."""
        return "{project" in self.path or "{repository" in self.path

    def in_project(self) -> Self:
        """The same operation, asked of one project instead of the whole organisation."""
        return replace(self, path="{project}/" + self.path)
