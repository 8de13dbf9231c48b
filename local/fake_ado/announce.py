"""Service hook events for what mutations do, with the resources that live payloads carry.

https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from __future__ import annotations

from typing import Any

from local.fake_ado import hooks
from local.fake_ado.areas.git_commits import pushed_commits
from local.fake_ado.git_history import Push
from local.fake_ado.git_rows import commit_row, project_reference, push_row, repository_row, repository_url
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Build, Comment, Organization, PullRequest, Repository, Thread, WorkItem
from local.fake_ado.pull_request_rows import single_row, thread_row, url
from local.fake_ado.times import iso
from local.fake_ado.wit_rows import Shower, as_text, item_row
from local.fake_ado.wit_updates import updates


def work_item(organization: Organization, item: WorkItem, what: str) -> None:
    """``workitem.created``, ``.deleted``, ``.restored`` or ``.commented``: the item after the change."""
    hooks.publish(organization, f"workitem.{what}", _whole(organization, item), item.project_id)


def work_item_updated(organization: Organization, item: WorkItem) -> None:
    """``workitem.updated``: the newest update, with the item afterwards."""
    update = updates(organization, item, as_text)[-1]
    resource = {**update, "revision": _whole(organization, item)}
    hooks.publish(organization, "workitem.updated", resource, item.project_id)


def _whole(organization: Organization, item: WorkItem) -> dict[str, Any]:
    shower = Shower(organization, as_text, with_long=True)
    return item_row(organization, item, item.revisions[-1], shower, with_relations=True, with_links=True)


def pushed(organization: Organization, repository: Repository, push: Push) -> None:
    """``git.push`` with at most 25 commits."""
    history = organization.histories[repository.id]
    commits = [commit_row(organization, repository, history, one) for one in pushed_commits(history, push)[:25]]
    resource = {"commits": commits, **push_row(organization, repository, push, with_updates=True)}
    hooks.publish(organization, "git.push", resource, repository.project_id)


def pull_request(organization: Organization, made: PullRequest, what: str, notification: str = "") -> None:
    """``git.pullrequest.created``, ``.updated`` or ``.merged``, rendered when it is delivered."""
    facts = {"notificationType": notification} if notification else {}
    if what == "merged":
        facts = {"mergeResult": "Succeeded"}
    project_id = organization.repositories[made.repository_id].project_id
    hooks.publish(
        organization, f"git.pullrequest.{what}", lambda: single_row(organization, made), project_id, facts=facts
    )


def commented(organization: Organization, made: PullRequest, thread: Thread, comment: Comment) -> None:
    """The comment event; the thread's number is only in the links."""
    own = f"{url(organization, made)}/threads/{thread.id}"
    rows = thread_row(organization, thread)["comments"]
    row = next(one for one in rows if one["id"] == comment.id)
    links = {"self": {"href": f"{own}/comments/{comment.id}"}, "threads": {"href": own}}
    repository = organization.repositories[made.repository_id]
    resource = {"comment": {**row, "_links": links}, "pullRequest": single_row(organization, made)}
    hooks.publish(organization, "ms.vss-code.git-pullrequest-comment-event", resource, repository.project_id)


def repository(organization: Organization, made: Repository, what: str, by: str, **more: Any) -> None:
    """``git.repo.created``, ``.renamed``, ``.statuschanged``, ``.undeleted``."""
    resource = {
        **more,
        "repository": repository_row(organization, made),
        "initiatedBy": identity_ref(organization, by),
        "utcTimestamp": iso(organization.now),
    }
    hooks.publish(organization, f"git.repo.{what}", resource, made.project_id)


def repository_deleted(organization: Organization, gone: Repository, by: str) -> None:
    """``git.repo.deleted``, which names the repository only."""
    resource = {
        "project": project_reference(organization, organization.projects[gone.project_id]),
        "repositoryId": gone.id,
        "repositoryName": gone.name,
        "isHardDelete": False,
        "initiatedBy": identity_ref(organization, by),
        "utcTimestamp": iso(organization.now),
    }
    hooks.publish(organization, "git.repo.deleted", resource, gone.project_id)


def built(organization: Organization, build: Build) -> None:
    """``build.complete``, resource version 2.0."""
    definition = organization.definitions[build.definition_id]
    made_in = organization.repositories[build.repository_id]
    resource = {
        "id": build.id,
        "buildNumber": build.number,
        "status": build.status,
        "result": build.result,
        "reason": build.reason,
        "queueTime": iso(build.queued),
        "startTime": iso(build.started),
        "finishTime": iso(build.finished),
        "sourceBranch": build.branch,
        "sourceVersion": build.commit,
        "definition": {"id": definition.id, "name": definition.name},
        "project": project_reference(organization, organization.projects[build.project_id]),
        "repository": {"id": made_in.id, "type": "TfsGit", "url": repository_url(organization, made_in)},
        "requestedFor": identity_ref(organization, build.requested_for),
    }
    hooks.publish(organization, "build.complete", resource, build.project_id)
