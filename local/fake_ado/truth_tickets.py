"""The truth about tickets, their events, their links and their sprints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.fake_ado import fields, nodes
from local.fake_ado.model import Fields, Node, WorkItem
from local.fake_ado.truth_view import View, iso
from local.fake_ado.work_item_links import current_links

_TRACKED = (
    "state", "type", "project_name", "assignee", "story_points", "sprint", "area_path",
    "board_column", "board_column_done", "parent_number", "is_deleted",
)  # fmt: skip


class TicketTruth:
    """Works with the node tree laid out once."""

    def __init__(self, view: View) -> None:
        self.view = view
        organization = view.organization
        self._nodes: dict[int, tuple[Node, str]] = {
            node.id: (node, nodes.path(organization, node)) for node in organization.nodes.values()
        }

    def items(self) -> Iterator[WorkItem]:
        """Those in readable projects, in the recycle bin too, by number."""
        for number in sorted(self.view.organization.work_items):
            item = self.view.organization.work_items[number]
            if self.view.is_readable(item.project_id):
                yield item

    def ticket(self, item: WorkItem) -> dict[str, Any]:
        """A ticket as its newest revision shows it.

        ``closed_at`` is the process' own ClosedDate, ``parent_number`` what that revision says (``ticket_links`` has
        the links that hold), ``deleted_at`` the time of the revision that says so. ``assignee`` and ``created_by`` are
        alias ids; for somebody whom no list shows, the alias is None and the name is the text as it came.
        """
        newest = item.revisions[-1]
        values = newest.fields
        shown = self._shown(values)
        created_by, created_by_name = self.view.named(values.get(fields.CREATED_BY))
        _, assignee_name = self.view.named(values.get(fields.ASSIGNED_TO))
        return {
            "id": str(item.id),
            "number": item.id,
            "rev": newest.rev,
            "vendor": "azure_devops",
            "project_id": values[fields.PROJECT],
            **shown,
            "sprint_id": self._sprint(values)[0],
            "assignee_name": assignee_name,
            "title": values[fields.TITLE],
            "reason": values.get(fields.REASON),
            "created_at": iso(values[fields.CREATED_DATE]),
            "updated_at": iso(values[fields.CHANGED_DATE]),
            "closed_at": iso(values.get(fields.CLOSED_DATE)),
            "created_by": created_by,
            "created_by_name": created_by_name,
            "priority": values.get(fields.PRIORITY),
            "severity": values.get(fields.SEVERITY),
            "tags": [tag.strip() for tag in values.get(fields.TAGS, "").split(";") if tag.strip()],
            "comment_count": values.get(fields.COMMENT_COUNT, 0),
            "deleted_at": iso(item.deleted_at),
        }

    def events(self, item: WorkItem) -> Iterator[dict[str, Any]]:
        """What each revision changed against the one before; the first gives an event for each field that is set.

        Names are those of now on both sides, so a rename alone is no event.
        """
        before: dict[str, Any] | None = None
        for revision in item.revisions:
            shown = self._shown(revision.fields)
            actor, actor_name = self.view.named(revision.fields.get(fields.CHANGED_BY))
            for name in _TRACKED:
                old, new = before[name] if before else None, shown[name]
                if old == new or (before is None and new in (None, False)):
                    continue
                yield {
                    "id": f"{item.id}/{revision.rev}/{name}",
                    "ticket_id": str(item.id),
                    "number": item.id,
                    "rev": revision.rev,
                    "field": name,
                    "old_value": old,
                    "new_value": new,
                    "occurred_at": iso(revision.fields[fields.CHANGED_DATE]),
                    "actor": actor,
                    "actor_name": actor_name,
                }
            before = shown

    def links(self) -> Iterator[dict[str, Any]]:
        """The links that hold between readable tickets; ``source`` is the parent or predecessor."""
        items = self.view.organization.work_items
        for link in current_links(self.view.organization):
            ends = items[link.source], items[link.target]
            if all(self.view.is_readable(end.project_id) for end in ends):
                yield {"rel": link.rel, "source": link.source, "target": link.target}

    def of_pull_requests(self) -> Iterator[dict[str, Any]]:
        """The readable tickets that link to each pull request; those in the recycle bin do not."""
        organization, linked = self.view.organization, self._linked()
        for pull_request in organization.pull_requests.values():
            repository = organization.repositories[pull_request.repository_id]
            uri = f"vstfs:///git/pullrequestid/{repository.project_id}%2f{repository.id}%2f{pull_request.id}"
            numbers = linked.get(uri, [])
            if numbers:
                yield {"id": f"{repository.id}/{pull_request.id}", "ticket_numbers": sorted(set(numbers))}

    def of_commits(self) -> Iterator[dict[str, Any]]:
        """The readable tickets that link to each commit, whether it is stored or not; those in the bin do not."""
        for uri, numbers in self._linked().items():
            if uri.startswith("vstfs:///git/commit/"):
                _, repository, sha = uri.removeprefix("vstfs:///git/commit/").split("%2f")
                yield {"id": f"{repository}/{sha}", "ticket_numbers": sorted(set(numbers))}

    def _linked(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for item in self.items():
            if not item.is_deleted:
                for uri in item.artifact_uris:
                    found.setdefault(uri.lower(), []).append(item.id)
        return found

    def sprint_rows(self) -> Iterator[dict[str, Any]]:
        """The iteration nodes below the roots of readable projects."""
        organization = self.view.organization
        for node, path in self._nodes.values():
            if node.structure != "iteration" or node.parent is None or node.deleted_at is not None:
                continue
            if not self.view.is_readable(node.project_id):
                continue
            parent = organization.nodes[node.parent]
            teams = (team for team in organization.teams.values() if node.identifier in team.iteration_ids)
            yield {
                "id": node.identifier,
                "project_id": node.project_id,
                "project_name": organization.projects[node.project_id].name,
                "node_id": node.id,
                "name": node.name,
                "path": path,
                "parent_id": parent.identifier if parent.parent is not None else None,
                "start_date": f"{node.start_date:%Y-%m-%d}" if node.start_date else None,
                "finish_date": f"{node.finish_date:%Y-%m-%d}" if node.finish_date else None,
                "teams": sorted(team.id for team in teams),
                "is_deleted": False,
            }

    def _sprint(self, values: Fields) -> tuple[str | None, str | None]:
        node, path = self._nodes[values[fields.ITERATION_ID]]
        if node.parent is None:
            return None, None
        return node.identifier if self.view.knows_node(node) else None, path

    def _shown(self, values: Fields) -> dict[str, Any]:
        """The tracked fields as a revision shows them."""
        points = (values.get(name) for name in (fields.STORY_POINTS, fields.EFFORT, fields.SIZE))
        return {
            "state": values[fields.STATE],
            "type": values[fields.TYPE],
            "project_name": self.view.organization.projects[values[fields.PROJECT]].name,
            "assignee": self.view.named(values.get(fields.ASSIGNED_TO))[0],
            "story_points": next((value for value in points if value is not None), None),
            "sprint": self._sprint(values)[1],
            "area_path": self._nodes[values[fields.AREA_ID]][1],
            "board_column": values.get(fields.BOARD_COLUMN),
            "board_column_done": values.get(fields.BOARD_COLUMN_DONE),
            "parent_number": values.get(fields.PARENT),
            "is_deleted": bool(values.get(fields.IS_DELETED)),
        }
