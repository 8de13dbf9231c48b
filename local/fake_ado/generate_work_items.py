"""Work items with their whole history, in the order in which it happened over all projects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.fake_ado import fields, processes, texts, work_item_actions, work_item_links
from local.fake_ado.generate_links import make_links
from local.fake_ado.making import Making, to_milliseconds
from local.fake_ado.model import Identity, Project, WorkItem
from local.fake_ado.nodes import Places
from local.fake_ado.processes import WorkItemType

_WEIGHTS = {
    processes.EPIC: 2, processes.FEATURE: 6, processes.REQUIREMENT: 40, processes.TASK: 33, processes.BUG: 14,
    processes.TEST: 2, processes.HIDDEN: 1, processes.OTHER: 2,
}  # fmt: skip
_PARENTS = {
    processes.FEATURE: processes.EPIC, processes.REQUIREMENT: processes.FEATURE, processes.TASK: processes.REQUIREMENT,
    processes.BUG: processes.REQUIREMENT,
}  # fmt: skip

_SEVERITIES = ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")


@dataclass(slots=True)
class _Story:
    """One item to be: when it is made and how many changes follow."""

    project: Project
    left: int
    item: WorkItem | None = None


class WorkItemMaker:
    """Plays the histories of all items together, so that watermarks follow time."""

    def __init__(self, making: Making) -> None:
        self.making = making
        self.rng = making.rng
        self.organization = making.organization
        self.places = {
            project.id: Places(making.organization, project) for project in making.organization.projects.values()
        }
        self.by_level: dict[tuple[str, str], list[WorkItem]] = {}
        self.left = 0
        """How many changes of the item that is being played are still to come."""
        self.last = making.now - timedelta(days=10_000)
        self.types = {project.id: processes.types_of(project) for project in making.organization.projects.values()}

    def make(self) -> None:
        """Everything the size asks for: exactly so many items, and revisions."""
        stories = self._stories()
        events = self._events(stories)
        for at, number in events:
            # Bulk edits give many items the same moment.
            moment = self.last if self.rng.random() < 0.03 and self.last <= at else at
            self.last = moment
            self._play(stories[number], moment)
        make_links(self.making, self.last)
        for item in self.rng.sample(
            [one for one in self.organization.work_items.values() if len(one.revisions) < 9], 2
        ):
            work_item_actions.destroy(self.organization, item)

    def _stories(self) -> list[_Story]:
        size, projects = self.making.size, list(self.organization.projects.values())
        weights = [plan.weight for plan in size.projects]
        stories = [_Story(self.rng.choices(projects, weights)[0], 0) for _ in range(size.tickets)]
        stories[len(stories) // 2].left = size.longest - 1
        stories[len(stories) // 2].project = projects[0]
        for _ in range(size.revisions - size.tickets - (size.longest - 1)):
            stories[int(self.rng.random() ** 1.7 * len(stories))].left += 1
        return stories

    def _events(self, stories: list[_Story]) -> list[tuple[datetime, int]]:
        """(moment, story) in order of time; the last change is a quarter of an hour old."""
        events: list[tuple[datetime, int]] = []
        for number, story in enumerate(stories):
            end = story.project.deleted_at or self.making.now - timedelta(minutes=15)
            created = self.making.ago(days_from=700, days_to=690 if story.left > 1000 else 2)
            created = min(created, end - timedelta(days=1))
            span = (end - created).total_seconds()
            moments = [created]
            moments += [created + timedelta(seconds=span * self.rng.random() ** 1.5) for _ in range(story.left)]
            events += [(to_milliseconds(moment), number) for moment in moments]
        events.sort()
        return events

    def _play(self, story: _Story, at: datetime) -> None:
        if story.item is None:
            story.item = self._create(story.project, at)
            return
        story.left -= 1
        self.left = story.left
        item = story.item
        by = self._worker(item.project_id).id
        if item.is_deleted:
            work_item_actions.restore(self.organization, item, at, by)
            work_item_links.reactivate_all(self.organization, item, at, by)
            return
        roll = self.rng.random() * 100
        for limit, change in _CHANGES:
            if roll < limit and change(self, item, at, by):
                return
        self._edit(item, at, by)

    def _create(self, project: Project, at: datetime) -> WorkItem:
        rng = self.rng
        kinds = self.types[project.id]
        kind = rng.choices(kinds, [_WEIGHTS[one.category] for one in kinds])[0]
        places = self.places[project.id]
        parent = self._parent_for(project, kind)
        values: dict[str, Any] = {
            fields.TITLE: texts.title(rng),
            fields.AREA_ID: places.some_area(rng).id,
            fields.ITERATION_ID: places.some_iteration(rng, at).id,
            fields.PRIORITY: rng.randint(1, 4),
            fields.SEVERITY: rng.choice(("1 - Critical", "2 - High", "3 - Medium", "4 - Low"))
            if kind.category == processes.BUG
            else None,
            fields.ASSIGNED_TO: self._worker(project.id).id if rng.random() < 0.6 else None,
            fields.DESCRIPTION: self.making.texts.html(rng) if rng.random() < 0.6 else None,
            fields.TAGS: _tags(self.making) if rng.random() < 0.3 else None,
            fields.PARENT: parent.id if parent else None,
        }
        if kind.points and rng.random() < 0.6:
            values[kind.points] = float(rng.choice((0, 0.5, 1, 2, 3, 5, 8, 13)))
        item = work_item_actions.create(self.organization, project, kind, at, self._worker(project.id).id, values)
        if parent is not None:
            work_item_links.link_parent(
                self.organization, item, parent.id, at, item.revisions[0].fields[fields.CREATED_BY]
            )
        self.by_level.setdefault((project.id, kind.category), []).append(item)
        return item

    def _parent_for(self, project: Project, kind: WorkItemType) -> WorkItem | None:
        level = _PARENTS.get(kind.category)
        if level is None or self.rng.random() < 0.25:
            return None
        home = self.rng.choice(list(self.places)) if self.rng.random() < 0.04 else project.id
        candidates = self.by_level.get((home, level), [])
        found = self.rng.choice(candidates) if candidates else None
        return None if found is None or found.is_deleted else found

    def _worker(self, project_id: str) -> Identity:
        return self.rng.choice(self.making.members[project_id])

    def _state(self, item: WorkItem, at: datetime, by: str) -> bool:
        kind = work_item_actions.type_of(self.organization, item)
        now = item.revisions[-1].fields[fields.STATE]
        if kind.retired and self.left and self.rng.random() < 0.2:
            work_item_actions.change_state(self.organization, item, kind, at, by, kind.retired[0])
            return True
        others = [state for state in kind.states if state.name != now]
        weights = [1 if state.category == "Removed" else 6 for state in others]
        state = self.rng.choices(others, weights)[0].name
        work_item_actions.change_state(self.organization, item, kind, at, by, state)
        return True

    def _assign(self, item: WorkItem, at: datetime, by: str) -> bool:
        who = None if self.rng.random() < 0.15 else self._worker(item.project_id).id
        work_item_actions.revise(self.organization, item, at, by, {fields.ASSIGNED_TO: who})
        return True

    def _plan(self, item: WorkItem, at: datetime, by: str) -> bool:
        places = self.places[item.project_id]
        changes: dict[str, Any] = {fields.ITERATION_ID: places.some_iteration(self.rng, at).id}
        if self.rng.random() < 0.2:
            changes = {fields.AREA_ID: places.some_area(self.rng).id}
        work_item_actions.revise(self.organization, item, at, by, changes)
        return True

    def _comment(self, item: WorkItem, at: datetime, by: str) -> bool:
        work_item_actions.comment(self.organization, item, at, by, texts.remark(self.rng))
        return True

    def _reparent(self, item: WorkItem, at: datetime, by: str) -> bool:
        kind = work_item_actions.type_of(self.organization, item)
        parent = self._parent_for(self.organization.projects[item.project_id], kind)
        if parent is None or parent is item or kind.category not in _PARENTS:
            return False
        work_item_links.reparent(self.organization, item, parent.id, at, by)
        return True

    def _move(self, item: WorkItem, at: datetime, by: str) -> bool:
        everywhere = self.organization.projects.values()
        projects = [one for one in everywhere if one.id != item.project_id and one.deleted_at is None]
        if not projects:
            return False
        target = self.rng.choice(projects)
        kinds = self.types[target.id]
        old = work_item_actions.type_of(self.organization, item)
        same = [one for one in kinds if one.name == old.name] or [one for one in kinds if one.category == old.category]
        place = self.places[target.id].some_area(self.rng), self.places[target.id].some_iteration(self.rng, at)
        if not same:
            return False
        work_item_actions.move(self.organization, item, at, by, target, place, same[0])
        return True

    def _retype(self, item: WorkItem, at: datetime, by: str) -> bool:
        now = work_item_actions.type_of(self.organization, item)
        kinds = [one for one in self.types[item.project_id] if one.category not in _FIXED and one.name != now.name]
        if now.category in _FIXED or not kinds:
            return False
        work_item_actions.retype(self.organization, item, at, by, self.rng.choice(kinds))
        return True

    def _delete(self, item: WorkItem, at: datetime, by: str) -> bool:
        if self.left > 1:
            return False
        work_item_actions.delete(self.organization, item, at, by)
        work_item_links.deactivate_all(self.organization, item, at, by)
        return True

    def _edit(self, item: WorkItem, at: datetime, by: str) -> bool:
        rng, kind = self.rng, work_item_actions.type_of(self.organization, item)
        changes: dict[str, Any] = {
            fields.TITLE: texts.title(rng), fields.PRIORITY: rng.randint(1, 4), fields.TAGS: _tags(self.making),
        }  # fmt: skip
        if kind.points:
            changes[kind.points] = rng.choice((None, 1.0, 2.0, 3.0, 5.0))
        name = rng.choice(list(changes))
        work_item_actions.revise(self.organization, item, at, by, {name: changes[name]})
        return True


_Change = Callable[[WorkItemMaker, WorkItem, datetime, str], bool]
_FIXED = (processes.HIDDEN, processes.TEST, processes.OTHER)
_CHANGES: tuple[tuple[float, _Change], ...] = (
    (36, WorkItemMaker._state), (50, WorkItemMaker._assign), (64, WorkItemMaker._plan), (76, WorkItemMaker._comment),
    (80, WorkItemMaker._reparent), (81.5, WorkItemMaker._move), (83, WorkItemMaker._retype),
    (87, WorkItemMaker._delete),
)  # fmt: skip


def _tags(making: Making) -> str:
    return "; ".join(sorted(making.rng.sample(texts.TAGS, making.rng.randint(1, 3))))
