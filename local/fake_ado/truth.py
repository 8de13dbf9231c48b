"""The ground truth: what a reader that never errs has stored, worked out from the model alone.

Rows have the names and formats of the connector's API; what only the reader knows (integration, times of reading) and
what is a matter of its taste (word counts, web addresses that names are part of) is left out. All is seen with the eyes
of the account behind the token ``good``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from local.fake_ado import nodes, truth_code, truth_pull_requests, urls
from local.fake_ado.model import Identity, Organization, Project, PullRequest, Repository
from local.fake_ado.truth_process import boards, ticket_types
from local.fake_ado.truth_tickets import TicketTruth
from local.fake_ado.truth_view import View, iso


def truth(organization: Organization, initial_processed_at: datetime, *, counts: bool = False) -> dict[str, Any]:
    """Everything by the name of its list, for an integration whose first processing began at ``initial_processed_at``.

    - ``ticket_projects``, ``users``, ``repos``, ``sprints``, ``tickets``, ``ticket_events``, ``pull_requests``,
      ``pull_request_comments``, ``pull_request_events``, ``builds``, ``deployments``: rows in the order of their keys.
    - ``pull_request_commits``: all that were ever pushed, as the iterations tell.
    - ``ticket_types`` of each readable project with their states; ``boards``: ticket projects of that kind.
    - ``ticket_links``: links that hold between tickets, ``{"rel", "source", "target"}``.
    - ``pull_request_tickets``: numbers of the tickets that link to each pull request, stored or not.
    - ``commit_tickets``: numbers of the tickets that link to each commit, stored or not.
    - ``skipped``: what was seen and is not stored, by list: ``{"id", "reason"}``.
    - ``unknowable``: ids about which no reading can be held to anything: ``tickets`` (destroyed, or in a project that
      cannot be read), ``users`` (in no list, though others name them, and groups), ``sprints`` (deleted, no proof),
      ``hidden_projects``, ``deleted_projects``, ``deleted_repos``, ``disabled_repos`` (with all that lies in them).
    - ``spellings``: ``{"now", "former"}`` for names of projects and paths of nodes: rows that were read before a rename
      may carry a former one.

    ``counts`` gives numbers instead of rows.
    """
    view = View(organization, initial_processed_at)
    found = {
        "ticket_projects": [_project(one) for one in organization.projects.values() if _is_known(view, one)],
        "users": [_user(one) for one in organization.identities.values() if view.knows(one)],
        "repos": [_repo(organization, one) for one in organization.repositories.values() if _is_known_repo(view, one)],
        **_tickets(view),
        **_pull_requests(view),
        "builds": list(truth_code.builds(view)),
        "deployments": list(truth_code.deployments(view)),
        "unknowable": _unknowable(view),
        "spellings": _spellings(organization),
    }
    return _counted(found) if counts else found


def _tickets(view: View) -> dict[str, Any]:
    tickets = TicketTruth(view)
    items = list(tickets.items())
    return {
        "ticket_types": [row for one in view.projects() for row in ticket_types(one)],
        "boards": [row for one in view.projects() for row in boards(view.organization, one)],
        "sprints": sorted(tickets.sprint_rows(), key=lambda row: str(row["id"])),
        "tickets": [tickets.ticket(item) for item in items],
        "ticket_events": [event for item in items for event in tickets.events(item)],
        "ticket_links": list(tickets.links()),
        "pull_request_tickets": list(tickets.of_pull_requests()),
        "commit_tickets": list(tickets.of_commits()),
    }


def _pull_requests(view: View) -> dict[str, Any]:
    stored: list[PullRequest] = []
    left_out: list[PullRequest] = []
    for pull_request in truth_pull_requests.readable(view):
        (stored if truth_pull_requests.counts_for(view, pull_request) else left_out).append(pull_request)
    skipped = [{"id": truth_pull_requests.key(one), "reason": "six_month_rule"} for one in left_out]
    return {
        "pull_requests": [truth_pull_requests.row(view, one) for one in stored],
        "pull_request_comments": [row for one in stored for row in truth_pull_requests.comments(view, one)],
        "pull_request_commits": [row for one in stored for row in truth_pull_requests.commits(view, one)],
        "pull_request_events": [row for one in stored for row in truth_pull_requests.events(view, one)],
        "skipped": {"pull_requests": skipped, "repos": _skipped_repos(view)},
    }


def _skipped_repos(view: View) -> list[dict[str, str]]:
    """Projects without Git, by their id, and disabled repositories."""
    rows = [{"id": one.id, "reason": "tfvc"} for one in view.projects() if not one.git_enabled]
    return rows + [{"id": one.id, "reason": "repo_disabled"} for one in view.repositories() if one.is_disabled]


def _is_known(view: View, project: Project) -> bool:
    return view.sees(project) and (project.state == "wellFormed" or view.was_read(project.deleted_at))


def _is_known_repo(view: View, repository: Repository) -> bool:
    is_known = repository.deleted_at is None or view.was_read(repository.deleted_at)
    return is_known and view.is_readable(repository.project_id)


def _project(project: Project) -> dict[str, Any]:
    """A ticket project; ``is_deleted`` only where the list of deleted projects proves it."""
    return {
        "id": project.id,
        "name": project.name,
        "kind": "project",
        "description": project.description or None,
        "visibility": project.visibility,
        "ado_state": project.state,
        "source_updated_at": iso(project.last_update_time),
        "is_deleted": project.state == "deleted",
    }


def _user(identity: Identity) -> dict[str, Any]:
    """A user alias: users and services that Graph lists, or listed at the first processing."""
    origin = {"aad": "aad", "msa": "msa"}.get(identity.descriptor.split(".")[0], "vsts")
    return {
        "id": identity.id,
        "name": identity.display_name,
        "username": identity.account or None,
        "email": identity.mail,
        "descriptor": identity.descriptor,
        "origin": origin,
        "origin_id": identity.origin_id,
        "is_service": identity.kind == "service",
        "is_group": False,
        "is_active": identity.is_active,
        "is_deleted": False,
    }


def _repo(organization: Organization, repository: Repository) -> dict[str, Any]:
    """A repo; ``is_deleted`` and ``deleted_at`` from the recycle bin."""
    project = organization.projects[repository.project_id]
    page = urls.repository_page(organization, repository)
    return {
        "id": repository.id,
        "name": repository.name,
        "url": page,
        "project_id": project.id,
        "project_name": project.name,
        "vendor_type": "azure_devops",
        "clean_url": page,
        "commit_url": page + "/commit/{sha}",
        "default_branch": repository.default_branch,
        "size_bytes": repository.size,
        "is_private": project.visibility != "public",
        "is_fork": repository.is_fork,
        "is_disabled": repository.is_disabled,
        "is_in_maintenance": repository.is_in_maintenance,
        "blocked": repository.is_disabled,
        "is_deleted": repository.deleted_at is not None,
        "deleted_at": iso(repository.deleted_at),
    }


def _unknowable(view: View) -> dict[str, list[str]]:
    organization = view.organization
    unread = [str(one.id) for one in organization.work_items.values() if not view.is_readable(one.project_id)]
    projects, repositories = organization.projects.values(), organization.repositories.values()
    return {
        "tickets": [*map(str, organization.destroyed), *unread],
        "users": [one.id for one in organization.identities.values() if not view.knows(one) or one.kind == "group"],
        "sprints": [one.identifier for one in organization.nodes.values() if one.deleted_at is not None],
        "hidden_projects": [one.id for one in projects if not view.sees(one)],
        "deleted_projects": [one.id for one in projects if one.state == "deleted"],
        "deleted_repos": [one.id for one in repositories if one.deleted_at is not None],
        "disabled_repos": [one.id for one in repositories if one.is_disabled],
    }


def _spellings(organization: Organization) -> list[dict[str, Any]]:
    found = [{"now": one.name, "former": list(one.former_names)} for one in organization.projects.values()]
    for node in organization.nodes.values():
        found.append({"now": nodes.path(organization, node), "former": list(node.former_paths)})
    return [row for row in found if row["former"]]


def _counted(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {inner: len(rows) for inner, rows in value.items()} if isinstance(value, dict) else len(value)
        for name, value in found.items()
    }
