"""Changes to projects, sprints and people."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from local.fake_ado import fields, nodes, work_item_actions
from local.fake_ado.generate_people import make_person
from local.fake_ado.generate_projects import SPRINT, add_node, make_project
from local.fake_ado.model import Node, Project
from local.fake_ado.mutate_tickets import Kind
from local.fake_ado.mutation import Mutation
from local.fake_ado.named_tokens import main_account, named_tokens
from local.fake_ado.sizes import ProjectPlan


def _sprints(mutation: Mutation) -> list[Node]:
    """Nodes below the roots of iteration trees."""
    alive = {project.id for project in mutation.projects()}
    found = [one for one in mutation.organization.nodes.values() if one.structure == "iteration" and one.parent]
    return [one for one in found if one.project_id in alive and one.deleted_at is None]


def sprint_created(mutation: Mutation) -> bool:
    """A new sprint at the end, selected by a team."""
    project, organization = mutation.project(), mutation.organization
    mutation.tick()
    top = nodes.root(organization, project, "iteration")
    begin = organization.now.replace(hour=0, minute=0, second=0, microsecond=0) + mutation.rng.randint(1, 9) * SPRINT
    number = organization.counters.get("node", 0) + 1
    dates = (begin, begin + SPRINT - timedelta(days=1)) if mutation.rng.random() < 0.7 else None
    node = add_node(mutation.making, project, "iteration", f"Sprint {number} (new)", top, dates)
    teams = [one for one in organization.teams.values() if one.project_id == project.id]
    if teams:
        mutation.rng.choice(teams).iteration_ids.append(node.identifier)
    return True


def _rename(mutation: Mutation, top: Node, name: str) -> None:
    """Another name; all paths below change at once, without a revision of any item."""
    organization = mutation.organization
    for node in organization.nodes.values():
        if top in nodes.line(organization, node):
            node.former_paths.append(nodes.path(organization, node))
    top.name = name


def sprint_renamed(mutation: Mutation) -> bool:
    """A sprint or a release."""
    sprints = _sprints(mutation)
    if not sprints:
        return False
    node = mutation.rng.choice(sprints)
    mutation.tick()
    _rename(mutation, node, f"{node.name.split(' – ')[0]} – renamed {mutation.rng.randrange(100_000)}")
    return True


def sprint_redated(mutation: Mutation) -> bool:
    """Other dates, or none."""
    sprints = _sprints(mutation)
    if not sprints:
        return False
    node = mutation.rng.choice(sprints)
    mutation.tick()
    if node.start_date is None or node.finish_date is None:
        start = mutation.organization.now.replace(hour=0, minute=0, second=0, microsecond=0)
        node.start_date, node.finish_date = start, start + SPRINT - timedelta(days=1)
    elif mutation.rng.random() < 0.2:
        node.start_date = node.finish_date = None
    else:
        node.finish_date += timedelta(days=mutation.rng.randint(1, 7))
    return True


def sprint_deleted(mutation: Mutation) -> bool:
    """A node without children; its items go to the node above, each with a revision."""
    organization = mutation.organization
    leaves = [one for one in _sprints(mutation) if not nodes.children(organization, one)]
    if not leaves:
        return False
    node = mutation.rng.choice(leaves)
    above = organization.nodes[node.parent or ""]
    by = mutation.person(node.project_id).id
    for item in list(organization.work_items.values()):
        if item.revisions[-1].fields[fields.ITERATION_ID] == node.id:
            work_item_actions.revise(organization, item, mutation.tick(), by, {fields.ITERATION_ID: above.id})
    node.deleted_at = mutation.tick()
    for team in organization.teams.values():
        team.iteration_ids = [one for one in team.iteration_ids if one != node.identifier]
    return True


def project_renamed(mutation: Mutation) -> bool:
    """Another name: areas, iterations, groups and web addresses follow."""
    project, organization = mutation.project(), mutation.organization
    mutation.tick()
    old = project.name
    name = f"{old.split(' v')[0]} v{mutation.rng.randrange(10_000)}"
    for structure in ("area", "iteration"):
        _rename(mutation, nodes.root(organization, project, structure), name)
    project.former_names.append(old)
    project.name = name
    for group in organization.identities.values():
        if group.scope_project_id == project.id:
            group.account = group.display_name = group.account.replace(f"[{old}]", f"[{name}]", 1)
    _touch(mutation, project)
    return True


def _touch(mutation: Mutation, project: Project) -> None:
    project.revision += 1
    project.last_update_time = mutation.organization.now


def project_created(mutation: Mutation) -> bool:
    """A new one, with its groups, teams, areas and iterations, and nothing in it."""
    mutation.making.people[:] = mutation.people()
    mutation.tick()
    number = len(mutation.organization.projects) + 1
    process = mutation.rng.choice(("Agile", "Scrum", "Basic"))
    _touch(mutation, make_project(mutation.making, ProjectPlan(f"New project {number}", process, 0)))
    return True


def project_deleted(mutation: Mutation) -> bool:
    """Into the bin for 28 days; never one of the last two."""
    if len(mutation.projects()) < 3:
        return False
    project = mutation.rng.choice(mutation.projects()[1:])
    project.state, project.deleted_at = "deleted", mutation.tick()
    _touch(mutation, project)
    return True


def project_restored(mutation: Mutation) -> bool:
    """Back from the bin."""
    gone = [one for one in mutation.organization.projects.values() if one.state == "deleted"]
    if not gone:
        return False
    project = mutation.rng.choice(gone)
    project.state, project.deleted_at = "wellFormed", None
    mutation.tick()
    _touch(mutation, project)
    return True


def project_hidden(mutation: Mutation) -> bool:
    """The integration's own account does not see it any more; never one of the last two that it sees."""
    account = _account(mutation)
    seen = [one for one in mutation.projects() if account not in one.hidden_from]
    if not account or len(seen) < 3:
        return False
    mutation.rng.choice(seen[1:]).hidden_from.add(account)
    mutation.tick()
    return True


def project_shown(mutation: Mutation) -> bool:
    """One that was hidden from it is seen again."""
    account = _account(mutation)
    hidden = [one for one in mutation.projects() if account in one.hidden_from]
    if not hidden:
        return False
    mutation.rng.choice(hidden).hidden_from.discard(account)
    mutation.tick()
    return True


def _account(mutation: Mutation) -> str:
    organization = mutation.organization
    return main_account(organization).id if "good" in named_tokens(organization) else ""


def user_joined(mutation: Mutation) -> bool:
    """A new member, in the contributors of a project."""
    mutation.tick()
    organization = mutation.organization
    person = make_person(mutation.making, f"New Colleague {len(organization.identities)}", len(organization.identities))
    organization.identities[person.id] = person
    for group in organization.identities.values():
        if group.kind == "group" and group.account.endswith(("\\Contributors", "\\Project Collection Valid Users")):
            group.member_ids.append(person.id)
    return True


def user_left(mutation: Mutation) -> bool:
    """Somebody is in no list any more; half of them, as disabled ones, still are."""
    people = mutation.people()
    if len(people) < 4:
        return False
    person = mutation.rng.choice(people)
    person.is_active, person.left_at = False, mutation.tick()
    person.listed = mutation.rng.random() < 0.5
    for group in mutation.organization.identities.values():
        group.member_ids = [one for one in group.member_ids if one != person.id]
    for team in mutation.organization.teams.values():
        team.member_ids = [one for one in team.member_ids if one != person.id]
    return True


KINDS: Final[dict[str, tuple[float, Kind]]] = {
    "sprint_created": (1, sprint_created), "sprint_renamed": (1, sprint_renamed),
    "sprint_redated": (1, sprint_redated), "sprint_deleted": (0.5, sprint_deleted),
    "project_renamed": (0.5, project_renamed), "project_created": (0.3, project_created),
    "project_deleted": (0.2, project_deleted), "project_restored": (0.3, project_restored),
    "project_hidden": (0.2, project_hidden), "project_shown": (0.3, project_shown),
    "user_joined": (1, user_joined), "user_left": (0.5, user_left),
}  # fmt: skip
