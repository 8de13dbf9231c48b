"""Changes to work items and their links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from local.fake_ado import announce, fields, processes, texts, work_item_actions, work_item_links
from local.fake_ado.model import WorkItem
from local.fake_ado.mutation import Mutation
from local.fake_ado.nodes import Places
from local.fake_ado.work_item_links import DEPENDENCY, HIERARCHY, RELATED

Kind = Callable[[Mutation], bool]
"""Does one change; False if there is nothing to do it to."""


def created(mutation: Mutation) -> bool:
    """A new item somewhere."""
    project, rng = mutation.project(), mutation.rng
    places = Places(mutation.organization, project)
    kind = rng.choice([one for one in processes.types_of(project) if one.category != processes.HIDDEN])
    at, by = mutation.tick(), mutation.person(project.id).id
    values: dict[str, Any] = {
        fields.TITLE: texts.title(rng),
        fields.AREA_ID: places.some_area(rng).id,
        fields.ITERATION_ID: places.some_iteration(rng, at).id,
        fields.ASSIGNED_TO: mutation.person(project.id).id if rng.random() < 0.5 else None,
        fields.DESCRIPTION: mutation.making.texts.html(rng) if rng.random() < 0.5 else None,
    }
    item = work_item_actions.create(mutation.organization, project, kind, at, by, values)
    announce.work_item(mutation.organization, item, "created")
    return True


def _revised(mutation: Mutation, change: Callable[[WorkItem, datetime, str], object]) -> bool:
    """Change one item and tell it."""
    item = mutation.item()
    if item is None:
        return False
    change(item, mutation.tick(), mutation.person(item.project_id).id)
    announce.work_item_updated(mutation.organization, item)
    return True


def changed(mutation: Mutation) -> bool:
    """Title, priority, tags, points, sprint or area."""
    rng = mutation.rng

    def change(item: WorkItem, at: datetime, by: str) -> None:
        places = Places(mutation.organization, mutation.organization.projects[item.project_id])
        points = work_item_actions.type_of(mutation.organization, item).points
        choices: list[Mapping[str, Any]] = [
            {fields.TITLE: texts.title(rng)},
            {fields.PRIORITY: rng.randint(1, 4)},
            {fields.TAGS: rng.choice((None, "; ".join(sorted(rng.sample(texts.TAGS, 2)))))},
            {fields.ITERATION_ID: places.some_iteration(rng, at).id},
            {fields.AREA_ID: places.some_area(rng).id},
            {points or fields.REMAINING_WORK: rng.choice((None, 0.0, 1.0, 5.0))},
        ]
        work_item_actions.revise(mutation.organization, item, at, by, rng.choice(choices))

    return _revised(mutation, change)


def state(mutation: Mutation) -> bool:
    """Another state."""

    def change(item: WorkItem, at: datetime, by: str) -> None:
        kind = work_item_actions.type_of(mutation.organization, item)
        names = [one.name for one in kind.states if one.name != item.revisions[-1].fields[fields.STATE]]
        work_item_actions.change_state(mutation.organization, item, kind, at, by, mutation.rng.choice(names))

    return _revised(mutation, change)


def assigned(mutation: Mutation) -> bool:
    """To somebody, or to nobody."""

    def change(item: WorkItem, at: datetime, by: str) -> None:
        who = None if mutation.rng.random() < 0.2 else mutation.person(item.project_id).id
        work_item_actions.revise(mutation.organization, item, at, by, {fields.ASSIGNED_TO: who})

    return _revised(mutation, change)


def commented(mutation: Mutation) -> bool:
    """A comment."""
    item = mutation.item()
    if item is None:
        return False
    by = mutation.person(item.project_id).id
    work_item_actions.comment(mutation.organization, item, mutation.tick(), by, texts.remark(mutation.rng))
    announce.work_item(mutation.organization, item, "commented")
    announce.work_item_updated(mutation.organization, item)
    return True


def moved(mutation: Mutation) -> bool:
    """Into another project."""
    item, rng = mutation.item(), mutation.rng
    if item is None:
        return False
    kind = work_item_actions.type_of(mutation.organization, item)
    targets = [one for one in mutation.projects() if one.id != item.project_id]
    fitting = [(one, same) for one in targets for same in processes.types_of(one) if same.category == kind.category]
    if not fitting:
        return False
    target, same = rng.choice(fitting)
    places = Places(mutation.organization, target)
    at, by = mutation.tick(), mutation.person(item.project_id).id
    place = places.some_area(rng), places.some_iteration(rng, at)
    work_item_actions.move(mutation.organization, item, at, by, target, place, same)
    announce.work_item_updated(mutation.organization, item)
    return True


def retyped(mutation: Mutation) -> bool:
    """Into another type of its project."""
    item = mutation.item()
    if item is None:
        return False
    now = work_item_actions.type_of(mutation.organization, item)
    kinds = processes.types_of(mutation.organization.projects[item.project_id])
    others = [one for one in kinds if one.name != now.name and one.category not in (processes.HIDDEN, processes.TEST)]
    at, by = mutation.tick(), mutation.person(item.project_id).id
    work_item_actions.retype(mutation.organization, item, at, by, mutation.rng.choice(others))
    announce.work_item_updated(mutation.organization, item)
    return True


def deleted(mutation: Mutation) -> bool:
    """Into the recycle bin."""
    item = mutation.item()
    if item is None:
        return False
    at, by = mutation.tick(), mutation.person(item.project_id).id
    work_item_actions.delete(mutation.organization, item, at, by)
    work_item_links.deactivate_all(mutation.organization, item, at, by)
    announce.work_item(mutation.organization, item, "deleted")
    return True


def restored(mutation: Mutation) -> bool:
    """Out of the recycle bin."""
    items = mutation.items(is_deleted=True)
    if not items:
        return False
    item = mutation.rng.choice(items)
    at, by = mutation.tick(), mutation.person(item.project_id).id
    work_item_actions.restore(mutation.organization, item, at, by)
    work_item_links.reactivate_all(mutation.organization, item, at, by)
    announce.work_item(mutation.organization, item, "restored")
    return True


def destroyed(mutation: Mutation) -> bool:
    """For good, out of the recycle bin."""
    items = mutation.items(is_deleted=True)
    if not items:
        return False
    mutation.tick()
    work_item_actions.destroy(mutation.organization, mutation.rng.choice(items))
    return True


def _new_parent(mutation: Mutation) -> tuple[WorkItem, int | None] | None:
    items = [one for one in mutation.items() if _can_have_parent(mutation, one)]
    epics = [one for one in mutation.items() if _is_above(mutation, one)]
    if not items or not epics:
        return None
    item = mutation.rng.choice(items)
    old = work_item_links.parent_of(mutation.organization, item)
    if old is not None and mutation.rng.random() < 0.3:
        return item, None
    others = [one for one in epics if one.id not in (old, item.id)]
    return (item, mutation.rng.choice(others).id) if others else None


def _can_have_parent(mutation: Mutation, item: WorkItem) -> bool:
    category = work_item_actions.type_of(mutation.organization, item).category
    return category in (processes.REQUIREMENT, processes.BUG, processes.TASK)


def _is_above(mutation: Mutation, item: WorkItem) -> bool:
    return work_item_actions.type_of(mutation.organization, item).category in (processes.EPIC, processes.FEATURE)


def reparented(mutation: Mutation) -> bool:
    """Another parent, possibly of another project: the link and a revision of the child."""
    found = _new_parent(mutation)
    if found is None:
        return False
    item, parent = found
    work_item_links.reparent(mutation.organization, item, parent, mutation.tick(), mutation.person(item.project_id).id)
    announce.work_item_updated(mutation.organization, item)
    return True


def reparented_silently(mutation: Mutation) -> bool:
    """The same by the link alone: no revision, so only the links feed tells."""
    found = _new_parent(mutation)
    if found is None:
        return False
    item, parent = found
    work_item_links.link_parent(
        mutation.organization, item, parent, mutation.tick(), mutation.person(item.project_id).id
    )
    announce.work_item_updated(mutation.organization, item)
    return True


def link_added(mutation: Mutation) -> bool:
    """A related or dependent item; no revision."""
    items = mutation.items()
    if len(items) < 2:
        return False
    source, target = mutation.rng.sample(items, 2)
    rel = mutation.rng.choice((RELATED, DEPENDENCY))
    by = mutation.person(source.project_id).id
    work_item_links.add_link(mutation.organization, rel, source.id, target.id, mutation.tick(), by)
    return True


def link_removed(mutation: Mutation) -> bool:
    """One of those is taken away."""
    links = [one for one in work_item_links.current_links(mutation.organization) if one.rel != HIERARCHY]
    if not links:
        return False
    link = mutation.rng.choice(links)
    by = mutation.person().id
    work_item_links.add_link(
        mutation.organization, link.rel, link.source, link.target, mutation.tick(), by, is_active=False
    )
    return True


KINDS: Final[dict[str, tuple[float, Kind]]] = {
    "ticket_created": (8, created), "ticket_changed": (12, changed), "ticket_state": (12, state),
    "ticket_assigned": (8, assigned), "ticket_commented": (5, commented), "ticket_moved": (3, moved),
    "ticket_retyped": (2, retyped), "ticket_deleted": (3, deleted), "ticket_restored": (2, restored),
    "ticket_destroyed": (1, destroyed), "ticket_reparented": (3, reparented),
    "ticket_reparented_silently": (0, reparented_silently), "link_added": (3, link_added),
    "link_removed": (2, link_removed),
}  # fmt: skip
"""Name -> (how often it comes when all kinds are wanted, what does it); 0: only by name."""
