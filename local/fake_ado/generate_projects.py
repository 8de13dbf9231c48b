"""Projects with their groups, teams, areas and iterations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from local.fake_ado.generate_people import add_group
from local.fake_ado.making import Making, next_number
from local.fake_ado.model import Identity, Node, Project, Team
from local.fake_ado.sizes import ProjectPlan

SPRINT = timedelta(days=14)


def make_projects(making: Making) -> None:
    """The projects of the plan, each with what a new project has."""
    for plan in making.size.projects:
        make_project(making, plan)


def make_project(making: Making, plan: ProjectPlan) -> Project:
    """A project as a new one is: groups, teams, areas, iterations."""
    organization = making.organization
    project = Project(
        id=making.guid(),
        name=plan.name,
        description=making.texts.plain(making.rng)[:200] if making.chance(0.7) else "",
        revision=making.rng.randrange(7, 500),
        last_update_time=making.ago(days_from=400, days_to=20),
        process=cast("Literal['Agile', 'Scrum', 'CMMI', 'Basic']", plan.process),
        git_enabled=plan.has_git,
        tfvc_enabled=not plan.has_git,
        former_names=list(plan.former_names),
        extra_types=list(plan.extra_types),
    )
    if plan.is_hidden:
        owners = {token.identity_id for token in organization.tokens.values()}
        project.hidden_from = owners - organization.administrators
    organization.projects[project.id] = project
    workers = [one for place, one in enumerate(making.people) if place % 3 == 0 or making.chance(0.4)]
    making.members[project.id] = workers
    _add_project_groups(making, project, workers)
    _add_areas(making, project)
    _add_iterations(making, project)
    _add_teams(making, project, workers)
    if plan.is_deleted:
        project.state, project.deleted_at = "deleted", making.ago(days_from=20, days_to=5)
    return project


def _add_project_groups(making: Making, project: Project, workers: list[Identity]) -> None:
    organization = making.organization
    ids = [one.id for one in workers if one.is_active]
    add_group(making, "Contributors", ids, project.id)
    add_group(making, "Readers", ids[:2], project.id)
    add_group(making, "Project Administrators", ids[:1], project.id)
    service = Identity(
        id=making.guid(),
        descriptor="svc." + making.guid().replace("-", ""),
        display_name=f"{project.name} Build Service ({organization.name})",
        account=f"Build\\{making.guid()}",
        mail=None,
        origin_id=making.guid(),
        kind="service",
        domain="Build",
    )
    organization.identities[service.id] = service


def add_node(
    making: Making,
    project: Project,
    structure: Literal["iteration", "area"],
    name: str,
    parent: Node | None,
    dates: tuple[datetime, datetime] | None = None,
) -> Node:
    """One node of a project's tree; the root has no parent and the project's name."""
    node = Node(
        id=next_number(making.organization, "node"),
        identifier=making.guid(),
        project_id=project.id,
        structure=structure,
        name=name,
        parent=parent.identifier if parent else None,
        start_date=dates[0] if dates else None,
        finish_date=dates[1] if dates else None,
    )
    making.organization.nodes[node.identifier] = node
    return node


def _add_areas(making: Making, project: Project) -> None:
    root = add_node(making, project, "area", project.name, None)
    website = add_node(making, project, "area", "Website", root)
    add_node(making, project, "area", "Käufer & Kasse", website)
    devices = add_node(making, project, "area", "Devices", root)
    add_node(making, project, "area", "Windows Phone", devices)


def _add_iterations(making: Making, project: Project) -> None:
    """Two years of dated sprints under releases, one release without dates, one sprint nested deeper."""
    root = add_node(making, project, "iteration", project.name, None)
    start = making.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 52 * SPRINT
    count = 54 if making.size.tickets > 100 else 12
    if count < 54:
        start = making.now.replace(hour=0, minute=0, second=0, microsecond=0) - 10 * SPRINT
    release: Node | None = None
    for place in range(count):
        begin = start + place * SPRINT
        if place % 6 == 0 or release is None:
            end = begin + 6 * SPRINT - timedelta(days=1)
            release = add_node(making, project, "iteration", f"Release {place // 6 + 1}", root, (begin, end))
        dates = (begin, begin + SPRINT - timedelta(days=1))
        sprint = add_node(making, project, "iteration", f"Sprint {place + 1}", release, dates)
        if place % 20 == 7:
            add_node(making, project, "iteration", "Härtung", sprint)
    undated = add_node(making, project, "iteration", "Future", root)
    add_node(making, project, "iteration", "Someday or maybe", undated)


def _add_teams(making: Making, project: Project, workers: list[Identity]) -> None:
    """The default team and others; sprints are shared by several, and some are nobody's."""
    sprints = [one for one in making.organization.nodes.values() if _is_sprint(one, project)]
    names = [f"{project.name} Team", "Zahlung"] + (["Platform", "Équipe Nord"] if making.size.tickets > 100 else [])
    for place, name in enumerate(names):
        members = workers if place == 0 else [one for one in workers if making.chance(0.4)]
        group = add_group(making, name, [one.id for one in members if one.is_active], project.id)
        chosen = [one.identifier for one in sprints if making.chance(0.8 if place == 0 else 0.4)]
        making.organization.teams[group.id] = Team(
            id=group.id,
            project_id=project.id,
            name=name,
            description=f"The team “{name}”.",
            member_ids=list(group.member_ids),
            iteration_ids=chosen,
        )


def _is_sprint(node: Node, project: Project) -> bool:
    return node.project_id == project.id and node.structure == "iteration" and node.parent is not None
