"""System threads of a pull request: what the service notes about votes, pushes, reviewers and states.

The same fact comes in two spellings: the newer one names people by an index into the thread's ``identities``, the older
one by id (for reviewers without dashes) and display name. Older spelling: the example of
https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/list
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from local.fake_ado.making import next_number
from local.fake_ado.model import Comment, Organization, PullRequest, Thread, ThreadEvent

Spelling = Literal["new", "old"]


def spelling_of(pull_request: PullRequest) -> Spelling:
    """Every third pull request has the older one."""
    return "old" if pull_request.id % 3 == 0 else "new"


def add_vote(organization: Organization, pull_request: PullRequest, at: datetime, voter: str, vote: int) -> Thread:
    """``VoteUpdate``."""
    properties: dict[str, Any] = {"CodeReviewVoteResult": str(vote)}
    people = _People(organization, spelling_of(pull_request))
    properties |= people.named("CodeReviewVotedBy", voter)
    event = ThreadEvent("vote", voter, value=str(vote))
    return _add(
        organization,
        pull_request,
        at,
        "VoteUpdate",
        properties,
        people,
        f"{_name(organization, voter)} voted {vote}",
        event,
    )


def add_push(
    organization: Organization, pull_request: PullRequest, at: datetime, pusher: str, commits: list[str], head: str
) -> Thread:
    """``RefUpdate``; ``commits`` newest first."""
    people = _People(organization, spelling_of(pull_request))
    properties: dict[str, Any] = {
        "CodeReviewRefName": pull_request.source_ref,
        "CodeReviewRefNewCommits": ";".join(commits),
        "CodeReviewRefNewCommitsCount": len(commits),
        "CodeReviewRefNewHeadCommit": head,
        **people.named("CodeReviewRefUpdatedBy", pusher),
    }
    text = f"The reference {pull_request.source_ref} was updated."
    event = ThreadEvent("push", pusher, value=head)
    return _add(organization, pull_request, at, "RefUpdate", properties, people, text, event)


def add_reviewer_change(
    organization: Organization, pull_request: PullRequest, at: datetime, by: str, reviewer: str, *, is_added: bool
) -> Thread:
    """``ReviewersUpdate`` about one reviewer."""
    people = _People(organization, spelling_of(pull_request), has_dashes=False)
    word = "Added" if is_added else "Removed"
    properties: dict[str, Any] = {
        "CodeReviewReviewersUpdatedNumAdded": int(is_added),
        "CodeReviewReviewersUpdatedNumRemoved": int(not is_added),
        **people.named(f"CodeReviewReviewersUpdated{word}", reviewer),
        **people.named("CodeReviewReviewersUpdatedBy", by),
    }
    who, whom = _name(organization, by), _name(organization, reviewer)
    text = f"{who} added {whom} as a reviewer" if is_added else f"{who} removed {whom} from the reviewers"
    event = ThreadEvent("reviewer_added" if is_added else "reviewer_removed", by, reviewer)
    return _add(organization, pull_request, at, "ReviewersUpdate", properties, people, text, event)


def add_status(organization: Organization, pull_request: PullRequest, at: datetime, by: str) -> Thread:
    """``StatusUpdate`` to the status that the pull request has now."""
    people = _People(organization, spelling_of(pull_request))
    properties: dict[str, Any] = {
        "CodeReviewStatus": pull_request.status.capitalize(),
        **people.named("CodeReviewStatusUpdatedBy", by),
    }
    if pull_request.status == "completed":
        properties["CodeReviewStatusUpdateAssociatedCommit"] = pull_request.last_merge_commit
    text = f"{_name(organization, by)} updated the pull request status to {pull_request.status.capitalize()}"
    event = ThreadEvent("status", by, value=pull_request.status)
    return _add(organization, pull_request, at, "StatusUpdate", properties, people, text, event)


def add_draft(organization: Organization, pull_request: PullRequest, at: datetime, by: str) -> Thread:
    """``IsDraftUpdate`` to what the pull request is now."""
    people = _People(organization, spelling_of(pull_request))
    is_draft = pull_request.is_draft
    properties: dict[str, Any] = {
        "CodeReviewIsDraft": str(is_draft),
        **people.named("CodeReviewIsDraftUpdatedBy", by),
    }
    done = "marked the pull request as a draft" if is_draft else "published the pull request"
    event = ThreadEvent("draft", by, value="drafted" if is_draft else "published")
    text = f"{_name(organization, by)} {done}"
    return _add(organization, pull_request, at, "IsDraftUpdate", properties, people, text, event)


def add_other(
    organization: Organization,
    pull_request: PullRequest,
    at: datetime,
    kind: str,
    properties: dict[str, Any],
    text: str,
) -> Thread:
    """A kind that tells no action of a person: ``MergeAttempt``, ``TargetChanged``, ``ResetMultipleVotes`` ..."""
    people = _People(organization, spelling_of(pull_request))
    return _add(organization, pull_request, at, kind, properties, people, text, ThreadEvent("other"))


class _People:
    """Names people in the properties of one thread."""

    def __init__(self, organization: Organization, spelling: Spelling, *, has_dashes: bool = True) -> None:
        self._organization = organization
        self._spelling = spelling
        self._has_dashes = has_dashes
        self.identities: dict[str, str] = {}

    def named(self, prefix: str, identity_id: str) -> dict[str, Any]:
        if self._spelling == "new":
            index = next((key for key, one in self.identities.items() if one == identity_id), None)
            index = index or str(len(self.identities) + 1)
            self.identities[index] = identity_id
            return {f"{prefix}Identity": index}
        text = identity_id if self._has_dashes else identity_id.replace("-", "")
        return {f"{prefix}TfId": text, f"{prefix}DisplayName": _name(self._organization, identity_id)}


def _add(
    organization: Organization,
    pull_request: PullRequest,
    at: datetime,
    kind: str,
    properties: dict[str, Any],
    people: _People,
    text: str,
    event: ThreadEvent,
) -> Thread:
    comment = Comment(
        1, _system_author(organization, spelling_of(pull_request)), text, at, at, at, comment_type="system"
    )
    thread = Thread(
        next_number(organization, "thread"),
        at,
        at,
        None,
        [comment],
        properties={"CodeReviewThreadType": kind, **properties},
        identities=people.identities or None,
        event=event,
    )
    pull_request.threads.append(thread)
    return thread


def _name(organization: Organization, identity_id: str) -> str:
    identity = organization.identities.get(identity_id)
    return identity.display_name if identity else ""


def _system_author(organization: Organization, spelling: Spelling) -> str:
    """Newer system comments are by the service, older ones by a group of services."""
    for identity in organization.identities.values():
        if spelling == "new" and identity.descriptor.startswith("s2s."):
            return identity.id
        if spelling == "old" and identity.account.endswith("\\Project Collection Service Accounts"):
            return identity.id
    raise LookupError("the organisation has no services")
