"""HTTP: the stored Flow entities, lists and single ones; what is chosen for import; why something is missing."""

from __future__ import annotations

from functions.found import integration_of
from functions.http import blueprint, serves
from shared import routes
from shared.commit_list import COMMITS, read_commits_page
from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.flow.rows import to_json
from shared.http import Answer, Call
from shared.lists import TICKET_EVENTS, TICKET_PROJECTS, read_page
from shared.requests import ImportChoice
from shared.services import services

bp = blueprint()


def _serve_list(name: str) -> None:
    def list_entities(call: Call) -> Answer:
        """A page of one of the entity lists."""
        integration = integration_of(call)
        if name == TICKET_EVENTS:
            from shared.ticket_events import read_ticket_events

            return Answer(200, read_ticket_events(services().tables, integration.id, call.query))
        if name == TICKET_PROJECTS:
            from shared.ticket_projects import read_ticket_projects

            return Answer(200, read_ticket_projects(services().tables, integration.id, call.query))
        if name == COMMITS:
            return Answer(200, read_commits_page(services().tables, integration.id, call.query))
        return Answer(200, read_page(services().tables, integration.id, name, call.query))

    serves(bp, routes.LIST_ENTITIES[name])(list_entities)


for _name in routes.LIST_ENTITIES:
    _serve_list(_name)


@serves(bp, routes.GET_TICKET)
def get_ticket(call: Call) -> Answer:
    """One ticket with its epic, its links, the history of its states and what follows from that."""
    from shared.entities import known_number
    from shared.ticket_detail import ticket_detail

    found, number = integration_of(call), known_number(call.path["ticket_id"])
    return Answer(200, ticket_detail(services(), found, number, include_deleted=call.query.include_deleted))


@serves(bp, routes.GET_PULL_REQUEST)
def get_pull_request(call: Call) -> Answer:
    """One pull request with its events."""
    from shared.entities import known_id, known_number, pull_request_with_events

    found = integration_of(call)
    repo_id, number = known_id(call.path["repo_id"]), known_number(call.path["number"])
    deleted = call.query.include_deleted
    return Answer(200, pull_request_with_events(services().tables, found.id, repo_id, number, include_deleted=deleted))


@serves(bp, routes.CHANGE_TICKET_PROJECT)
def change_ticket_project(call: Call, body: ImportChoice) -> Answer:
    """Choose whether a project is ingested."""
    from shared.entities import choose, known_id

    found, id_ = integration_of(call), known_id(call.path["project_id"])
    project = choose(services().tables, TicketProject, found.id, id_, is_imported=body.is_imported)
    return Answer(200, to_json(project))


@serves(bp, routes.CHANGE_REPO)
def change_repo(call: Call, body: ImportChoice) -> Answer:
    """Choose whether a repo is ingested."""
    from shared.entities import choose, known_id

    found, id_ = integration_of(call), known_id(call.path["repo_id"])
    repo = choose(services().tables, Repo, found.id, id_, is_imported=body.is_imported)
    return Answer(200, to_json(repo))


@serves(bp, routes.GET_COVERAGE)
def get_coverage(call: Call) -> Answer:
    """Why one thing is or is not stored."""
    from shared.coverage_lookup import look_up

    found, parts = integration_of(call), services()
    done = parts.runs.state(found.id).initial_done
    kind, source_id = call.query.kind, call.query.source_id
    return Answer(200, look_up(parts.tables, found, kind, source_id, initial_done=done))
