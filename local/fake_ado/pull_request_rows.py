"""Pull requests, threads and iterations as the service shows them. Specification: ``git/7.1/git.json``."""

from __future__ import annotations

from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado.git_rows import commit_row, precise, repository_row, repository_url, short_commit, short_repository
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Comment, Iteration, Organization, PullRequest, Repository, Reviewer, Thread
from local.fake_ado.wit_rows import item_url

LISTED_DESCRIPTION: Final = 400
"""Characters of a description that lists show."""


def url(organization: Organization, pull_request: PullRequest) -> str:
    """The REST address of a pull request."""
    repository = organization.repositories[pull_request.repository_id]
    return f"{repository_url(organization, repository)}/pullRequests/{pull_request.id}"


def artifact_id(organization: Organization, pull_request: PullRequest) -> str:
    """What work items link to."""
    repository = organization.repositories[pull_request.repository_id]
    return f"vstfs:///Git/PullRequestId/{repository.project_id}%2f{repository.id}%2f{pull_request.id}"


def listed_row(organization: Organization, pull_request: PullRequest) -> dict[str, Any]:
    """As lists show it: the description is cut, who closed it is missing."""
    repository = organization.repositories[pull_request.repository_id]
    row: dict[str, Any] = {
        "repository": short_repository(organization, repository),
        "pullRequestId": pull_request.id,
        "codeReviewId": pull_request.id,
        "status": pull_request.status,
        "createdBy": identity_ref(organization, pull_request.creator_id),
        "creationDate": precise(pull_request.created),
    }
    if pull_request.closed is not None:
        row["closedDate"] = precise(pull_request.closed)
    row["title"] = pull_request.title
    if pull_request.description:
        row["description"] = pull_request.description[:LISTED_DESCRIPTION]
    row |= {
        "sourceRefName": pull_request.source_ref,
        "targetRefName": pull_request.target_ref,
        "mergeStatus": pull_request.merge_status,
        "isDraft": pull_request.is_draft,
        "mergeId": pull_request.merge_id,
    }
    for name, sha in (
        ("lastMergeSourceCommit", pull_request.last_merge_source),
        ("lastMergeTargetCommit", pull_request.last_merge_target),
        ("lastMergeCommit", pull_request.last_merge_commit),
    ):
        if sha is not None:
            row[name] = short_commit(organization, repository, sha)
    row["reviewers"] = [reviewer_row(organization, pull_request, one) for one in pull_request.reviewers]
    if pull_request.labels:
        row["labels"] = [label_row(organization, pull_request, name) for name in pull_request.labels]
    row["url"] = url(organization, pull_request)
    if pull_request.completion_queued is not None:
        row["completionQueueTime"] = precise(pull_request.completion_queued)
    row["supportsIterations"] = True
    row.update(_fork(organization, pull_request))
    return row


def _fork(organization: Organization, pull_request: PullRequest) -> dict[str, Any]:
    if pull_request.source_repository_id is None:
        return {}
    fork = organization.repositories[pull_request.source_repository_id]
    source: dict[str, Any] = {"name": pull_request.source_ref}
    if fork.deleted_at is None:
        source["repository"] = short_repository(organization, fork)
    return {"forkSource": source}


def single_row(organization: Organization, pull_request: PullRequest, *, with_items: bool = False) -> dict[str, Any]:
    """As the single read shows it: all of the description, who closed it, and how."""
    repository = organization.repositories[pull_request.repository_id]
    row = listed_row(organization, pull_request)
    row["repository"] = repository_row(organization, repository)
    if pull_request.description:
        row["description"] = pull_request.description
    if pull_request.closed_by is not None:
        row["closedBy"] = identity_ref(organization, pull_request.closed_by)
    if pull_request.auto_complete_by is not None:
        row["autoCompleteSetBy"] = identity_ref(organization, pull_request.auto_complete_by)
    if pull_request.status == "completed":
        row["completionOptions"] = {
            "mergeCommitMessage": f"Merged PR {pull_request.id}: {pull_request.title}",
            "mergeStrategy": pull_request.merge_strategy,
            "squashMerge": pull_request.merge_strategy == "squash",
            "transitionWorkItems": True,
        }
    history = organization.histories[repository.id]
    if pull_request.last_merge_commit is not None:
        merged = history.commits[pull_request.last_merge_commit]
        shown = commit_row(organization, repository, history, merged)
        row["lastMergeCommit"] = {name: shown[name] for name in ("commitId", "author", "committer", "comment", "url")}
    if with_items:
        row["workItemRefs"] = item_references(organization, pull_request)
    row["_links"] = _links(organization, pull_request, repository)
    row["artifactId"] = artifact_id(organization, pull_request)
    return row


def item_references(organization: Organization, pull_request: PullRequest) -> list[dict[str, str]]:
    """Linked work items that are there; ids are texts here."""
    items = (organization.work_items.get(number) for number in pull_request.work_item_ids)
    present = [item for item in items if item is not None and not item.is_deleted]
    return [{"id": str(item.id), "url": item_url(organization, item.id)} for item in present]


def _links(organization: Organization, pull_request: PullRequest, repository: Repository) -> dict[str, Any]:
    own, home = url(organization, pull_request), repository_url(organization, repository)
    return {
        "self": {"href": own},
        "repository": {"href": home},
        "workItems": {"href": f"{own}/workitems"},
        "sourceBranch": {"href": f"{home}/refs"},
        "targetBranch": {"href": f"{home}/refs"},
        "iterations": {"href": f"{own}/iterations"},
    }


def reviewer_row(organization: Organization, pull_request: PullRequest, reviewer: Reviewer) -> dict[str, Any]:
    """A reviewer with the vote; a member's row names the reviewing groups that the vote counts for too."""
    row: dict[str, Any] = {
        "reviewerUrl": f"{url(organization, pull_request)}/reviewers/{reviewer.identity_id}",
        "vote": reviewer.vote,
        "hasDeclined": reviewer.has_declined,
        "isFlagged": reviewer.is_flagged,
        **identity_ref(organization, reviewer.identity_id),
    }
    if reviewer.is_required:
        row["isRequired"] = True
    groups = [organization.identities[one.identity_id] for one in pull_request.reviewers]
    voted = [one for one in groups if one.kind == "group" and reviewer.identity_id in one.member_ids]
    if reviewer.vote and voted:
        row["votedFor"] = [{"reviewerUrl": None, "vote": 0, **identity_ref(organization, one.id)} for one in voted]
    return row


def label_row(organization: Organization, pull_request: PullRequest, name: str) -> dict[str, Any]:
    """A label."""
    identifier = str(uuid5(NAMESPACE_URL, f"{organization.id}/label/{name}"))
    return {
        "id": identifier,
        "name": name,
        "active": True,
        "url": f"{url(organization, pull_request)}/labels/{identifier}",
    }


def thread_row(organization: Organization, thread: Thread) -> dict[str, Any]:
    """A thread. System threads have no status; people are in ``identities`` or named in ``properties``."""
    row: dict[str, Any] = {
        "pullRequestThreadContext": None,
        "id": thread.id,
        "publishedDate": precise(thread.published),
        "lastUpdatedDate": precise(thread.updated),
        "comments": [_comment_row(organization, one) for one in thread.comments],
    }
    if thread.status is not None:
        row["status"] = thread.status
    row["threadContext"] = None
    if thread.file_path is not None:
        spot = {"line": thread.line, "offset": 1}
        row["threadContext"] = {"filePath": thread.file_path, "rightFileStart": spot, "rightFileEnd": spot}
        row["pullRequestThreadContext"] = {
            "iterationContext": {"firstComparingIteration": 1, "secondComparingIteration": 1},
            "changeTrackingId": 1,
        }
    row["properties"] = {name: _wrapped(value) for name, value in thread.properties.items()}
    people = thread.identities
    row["identities"] = (
        None if people is None else {index: identity_ref(organization, one) for index, one in people.items()}
    )
    row["isDeleted"] = thread.is_deleted
    return row


def _wrapped(value: Any) -> dict[str, Any]:
    return {"$type": "System.Int32" if isinstance(value, int) else "System.String", "$value": value}


def _comment_row(organization: Organization, comment: Comment) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": comment.id,
        "parentCommentId": comment.parent_id,
        "author": identity_ref(organization, comment.author_id),
    }
    if comment.content is not None:
        row["content"] = comment.content
    row |= {
        "publishedDate": precise(comment.published),
        "lastUpdatedDate": precise(comment.updated),
        "lastContentUpdatedDate": precise(comment.content_updated),
        "commentType": comment.comment_type,
        "usersLiked": [],
    }
    if comment.is_deleted:
        row["isDeleted"] = True
    return row


def iteration_row(
    organization: Organization, pull_request: PullRequest, iteration: Iteration, *, with_commits: bool
) -> dict[str, Any]:
    """A push to the source branch, or another change of what is compared."""
    repository = organization.repositories[pull_request.repository_id]
    history = organization.histories[repository.id]
    row: dict[str, Any] = {
        "id": iteration.id,
        "description": "",
        "author": identity_ref(organization, iteration.author_id),
        "createdDate": precise(iteration.created),
        "updatedDate": precise(iteration.updated),
        "sourceRefCommit": short_commit(organization, repository, iteration.source_commit),
        "targetRefCommit": short_commit(organization, repository, iteration.target_commit),
        "commonRefCommit": short_commit(organization, repository, iteration.common_commit),
        "hasMoreCommits": False,
        "reason": iteration.reason,
    }
    if iteration.push_id is not None:
        row["push"] = {"pushId": iteration.push_id}
    if iteration.new_target_ref is not None:
        row |= {"oldTargetRefName": iteration.old_target_ref, "newTargetRefName": iteration.new_target_ref}
    if with_commits:
        row["commits"] = [
            commit_row(organization, repository, history, history.commits[sha]) for sha in iteration.commit_ids
        ]
    return row
