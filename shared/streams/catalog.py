"""Every stream, one line each. Adding an entity adds a line here, and changes nothing else in the engine."""

from __future__ import annotations

from typing import Final

from shared.streams.artifact_links import read_artifact_links
from shared.streams.base import Stream
from shared.streams.builds import read_builds
from shared.streams.commits import read_commits
from shared.streams.deployments import read_deployments
from shared.streams.process import read_process
from shared.streams.projects import read_projects
from shared.streams.pull_requests import read_pull_requests
from shared.streams.repos import read_repos
from shared.streams.sprints import read_sprints
from shared.streams.ticket_links import read_ticket_links, read_ticket_links_backfill
from shared.streams.tickets import read_tickets, read_tickets_backfill
from shared.streams.users import read_users

STREAMS: Final[dict[str, Stream]] = {
    stream.name: stream
    for stream in (
        Stream("projects", None, "organization", read_projects),
        Stream("users", None, "organization", read_users),
        Stream("repos", "repos", "organization", read_repos, after=("projects",)),
        Stream("sprints", "tickets", "project", read_sprints, after=("projects",)),
        # People are named by account and sprints by the number of their node: both are looked up among stored rows.
        Stream("tickets", "tickets", "organization", read_tickets, after=("projects", "users", "sprints")),
        # The organisation's token is taken before any project is read, so that no change falls between the two.
        Stream("tickets_backfill", "tickets", "project", read_tickets_backfill, after=("tickets",), once=True),
        Stream("ticket_links", "tickets", "organization", read_ticket_links, after=("projects",)),
        Stream(
            "ticket_links_backfill",
            "tickets",
            "project",
            read_ticket_links_backfill,
            after=("ticket_links",),
            once=True,
        ),
        # A state that a ticket shows for the first time brings its process forward.
        Stream("process", "tickets", "project", read_process, after=("tickets",)),
        Stream("commits", "repos", "repo", read_commits, after=("projects", "repos")),
        Stream("builds", "repos", "project", read_builds, after=("projects",)),
        # A tag's time is mostly that of a commit, which is looked up among stored rows.
        Stream("deployments", "repos", "project", read_deployments, after=("projects", "repos", "commits")),
        Stream("pull_requests", "pull_requests", "project", read_pull_requests, after=("projects", "repos")),
        Stream(
            "artifact_links",
            "tickets",
            "organization",
            read_artifact_links,
            after=("projects", "commits", "pull_requests"),
        ),
    )
}
