"""Statuses that nobody has given a meaning: warnings of an integration's data status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from shared.flow.status_mapping import MappedStatus
from shared.status import Detail
from shared.status_maps import StatusMaps

if TYPE_CHECKING:
    from shared.tables import Tables

NAMED: Final = 5
"""So many statuses are named in a message; the mapping has them all."""


def drift_details(tables: Tables, integration_id: str, projects: Mapping[str, str]) -> Iterator[Detail]:
    """Warnings about the ``projects`` (id -> name): statuses that tickets are in and no process explains, and statuses
    that a process has gained since the customer said what statuses mean. Types that are not counted do not matter.
    """
    for project_id, statuses in sorted(StatusMaps(tables, integration_id).projects()):
        if project_id not in projects:
            continue
        for code, text, found in (
            ("status_mapping.unmapped", "statuses without a meaning", statuses.unmapped),
            ("status_mapping.new_statuses", "new statuses, mapped by their category", statuses.unseen),
        ):
            counted = [one for one in found if statuses.category(one.type) != "hidden"]
            if counted:
                yield Detail(
                    code=code,
                    severity="warning",
                    scope="project",
                    project_id=project_id,
                    project_name=projects[project_id],
                    stream="process",
                    message=f"{text}: {_named(counted)}",
                    remedy="Say in the status mapping of the project what they mean.",
                )


def _named(statuses: Iterable[MappedStatus]) -> str:
    names = [f"{one.type}: {one.status}" for one in statuses]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more
