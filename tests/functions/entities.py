"""One of each entity, as small as it can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.flow.builds import Build, Deployment
from shared.flow.commits import Commit
from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest, PullRequestComment, PullRequestCommit, PullRequestEvent
from shared.flow.repos import Repo
from shared.flow.sprints import Sprint
from shared.flow.ticket_links import TicketLink
from shared.flow.tickets import Ticket, TicketRevision
from shared.flow.users import UserAlias

T0 = datetime(2026, 3, 2, 10, tzinfo=UTC)
REPO = "aaaaaaaa-0000-4000-8000-000000000001"
OTHER_REPO = "aaaaaaaa-0000-4000-8000-000000000002"
PROJECT = "bbbbbbbb-0000-4000-8000-000000000001"
OTHER_PROJECT = "bbbbbbbb-0000-4000-8000-000000000002"
SPRINT = "cccccccc-0000-4000-8000-000000000001"
PERSON = "dddddddd-0000-4000-8000-000000000001"


def project(integration, **other):
    return TicketProject(**{"integration_id": integration.id, "id": PROJECT, "name": "Fabrikam", **other})


def repo(integration, **other):
    given = {"integration_id": integration.id, "id": REPO, "name": "web", "project_id": PROJECT}
    return Repo(**{**given, "project_name": "Fabrikam", **other})


def sprint(integration, **other):
    given = {"integration_id": integration.id, "id": SPRINT, "project_id": PROJECT, "project_name": "Fabrikam"}
    return Sprint(**{**given, "node_id": 4, "name": "Sprint 1", "path": "Fabrikam\\Sprint 1", **other})


def user(integration, **other):
    return UserAlias(**{"integration_id": integration.id, "id": PERSON, "apex_user_id": PERSON, "name": "Ada", **other})


def ticket(integration, number, **other):
    given = {"integration_id": integration.id, "id": str(number), "number": number, "rev": 1, "project_id": PROJECT}
    given |= {"project_name": "Fabrikam", "title": f"Ticket {number}", "type": "Bug", "state": "New"}
    return Ticket(**{**given, "created_at": T0, "updated_at": T0, **other})


def revision(integration, number, rev, **other):
    given = {"integration_id": integration.id, "id": f"{number}/{rev}", "number": number, "rev": rev}
    given |= {"changed_at": T0 + timedelta(hours=rev), "project_name": "Fabrikam", "type": "Bug", "state": "New"}
    return TicketRevision(**{**given, **other})


def commit(integration, sha="1f" * 20, **other):
    given = {"integration_id": integration.id, "id": sha, "repo_id": REPO, "project_id": PROJECT, "message": "Add it"}
    given |= {f"{role}_{what}": "ada" for role in ("author", "committer") for what in ("name", "email")}
    given |= dict.fromkeys(("author_date", "author_local_date", "committer_date", "updated_at"), T0)
    given |= {"lines": "computed", "work_types": "computed", "rework_days": 30}
    return Commit(**{**given, **other})


def pull_request(integration, number=7, repo_id=REPO, **other):
    given = {"integration_id": integration.id, "id": f"{repo_id}/{number}", "number": number, "repo_id": repo_id}
    given |= {"project_id": PROJECT, "title": "Add it", "state": "open", "ado_status": "active"}
    given |= {"source_branch": "topic", "target_branch": "main", "created_at": T0, "created_by_id": PERSON}
    return PullRequest(**{**given, "created_by_name": "Ada", "last_activity_at": T0, "read_at": T0, **other})


def comment(integration, number=7, **other):
    given = {"integration_id": integration.id, "id": f"{REPO}/{number}/3/1", "pull_request_id": f"{REPO}/{number}"}
    given |= {"number": number, "repo_id": REPO, "project_id": PROJECT, "thread_id": 3, "comment_id": 1}
    given |= {"author_id": PERSON, "author_name": "Ada", "comment_type": "text", "is_submitter": False}
    return PullRequestComment(**{**given, "created_at": T0, "updated_at": T0, **other})


def event(integration, source_ref="opened", number=7, **other):
    given = {"integration_id": integration.id, "id": f"{REPO}/{number}/{source_ref}", "number": number}
    given |= {"pull_request_id": f"{REPO}/{number}", "repo_id": REPO, "project_id": PROJECT, "event_type": "opened"}
    return PullRequestEvent(**{**given, "occurred_at": T0, "source_ref": source_ref, **other})


def link(integration, source=1, target=2, **other):
    rel = "System.LinkTypes.Hierarchy"
    given = {"integration_id": integration.id, "id": f"{source}/{target}/{rel}", "ado_rel": rel, "changed_at": T0}
    given |= {"link_type": "parent_child", "source_number": source, "target_number": target}
    return TicketLink(**{**given, **other})


def build(integration, number=77, **other):
    given = {"integration_id": integration.id, "id": str(number), "number": "20260302.1", "project_id": PROJECT}
    return Build(**{**given, "repo_id": REPO, "status": "completed", "updated_at": T0, "read_at": T0, **other})


def deployment(integration, tag_name="release/v1.0+#1", sha="1f" * 20, **other):
    given = {"integration_id": integration.id, "id": f"{REPO}/{sha}/{tag_name}", "repo_id": REPO, "sha": sha}
    given |= {"project_id": PROJECT, "tag_name": tag_name, "object_id": sha, "is_annotated": False}
    return Deployment(**{**given, "matches_rule": True, "updated_at": T0, **other})


def pull_request_commit(integration, sha="2e" * 20, number=7, **other):
    given = {"integration_id": integration.id, "id": f"{REPO}/{number}/{sha}", "number": number, "hexsha": sha}
    given |= {"pull_request_id": f"{REPO}/{number}", "repo_id": REPO, "project_id": PROJECT}
    return PullRequestCommit(**{**given, "pushed_at": T0, "is_follow_on": True, **other})


ONE_OF_EACH = {
    "ticket_projects": project,
    "users": user,
    "repos": repo,
    "commits": commit,
    "builds": build,
    "deployments": deployment,
    "sprints": sprint,
    "tickets": lambda integration: ticket(integration, 42),
    "ticket_links": link,
    "pull_requests": pull_request,
    "pull_request_comments": comment,
    "pull_request_commits": pull_request_commit,
    "pull_request_events": event,
}
