"""What can be done to pull requests: model, Git history and system threads change together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import NAMESPACE_OID, uuid5

from local.fake_ado import system_threads
from local.fake_ado.git_history import History
from local.fake_ado.git_objects import Signature, signature
from local.fake_ado.model import Iteration, Organization, PullRequest, Repository, Reviewer


@dataclass
class Opening:
    """What a new pull request starts with. ``base`` is the commit at which the source branched off."""

    number: int
    title: str
    description: str
    source_ref: str
    target_ref: str
    base: str
    reviewers: Sequence[Reviewer] = ()
    is_draft: bool = False
    labels: list[str] = field(default_factory=list)
    source_repository_id: str | None = None


def open_(organization: Organization, repository: Repository, at: datetime, by: str, opening: Opening) -> PullRequest:
    """A new pull request for a branch that has been pushed."""
    history = organization.histories[repository.id]
    source_history = organization.histories[opening.source_repository_id or repository.id]
    tip = source_history.refs[opening.source_ref]
    pull_request = PullRequest(
        id=opening.number,
        repository_id=repository.id,
        title=opening.title,
        description=opening.description,
        creator_id=by,
        created=at,
        source_ref=opening.source_ref,
        target_ref=opening.target_ref,
        is_draft=opening.is_draft,
        labels=opening.labels,
        reviewers=list(opening.reviewers),
        merge_id=str(uuid5(NAMESPACE_OID, f"{organization.id}/{opening.number}")),
        source_repository_id=opening.source_repository_id,
    )
    organization.pull_requests[pull_request.id] = pull_request
    if source_history is not history:
        history.adopt(source_history, tip)
    commits = history.between(opening.base, tip)
    _add_iteration(organization, pull_request, at, by, "create", tip, opening.base, commits)
    _try_merge(organization, pull_request, at, by)
    return pull_request


def push(
    organization: Organization,
    pull_request: PullRequest,
    at: datetime,
    by: str,
    tip: str,
    *,
    is_forced: bool = False,
    is_noted: bool = True,
) -> None:
    """The source branch moves to ``tip``, a commit of the source repository. ``is_noted``: False leaves no thread."""
    history = organization.histories[pull_request.repository_id]
    source = organization.histories[pull_request.source_repository_id or pull_request.repository_id]
    pushed = source.push(at, by, {pull_request.source_ref: tip})
    if source is not history:
        history.adopt(source, tip)
    last = pull_request.iterations[-1]
    known = set(history.between(last.common_commit, last.source_commit))
    commits = [sha for sha in history.between(last.common_commit, tip) if sha not in known]
    reason = "forcePush" if is_forced else "push"
    iteration = _add_iteration(organization, pull_request, at, by, reason, tip, last.common_commit, commits)
    iteration.push_id = pushed.id
    iteration.is_told = is_noted
    if is_noted:
        system_threads.add_push(organization, pull_request, at, by, commits, tip)
    _try_merge(organization, pull_request, at, by)


def retarget(organization: Organization, pull_request: PullRequest, at: datetime, by: str, target_ref: str) -> None:
    """Another target branch."""
    old, pull_request.target_ref = pull_request.target_ref, target_ref
    last = pull_request.iterations[-1]
    iteration = _add_iteration(
        organization, pull_request, at, by, "retarget", last.source_commit, last.common_commit, []
    )
    iteration.old_target_ref, iteration.new_target_ref = old, target_ref
    properties = {"CodeReviewTargetChangedNewTarget": target_ref, "CodeReviewTargetChangedOldTarget": old}
    text = f"The target branch was changed to {target_ref}"
    system_threads.add_other(organization, pull_request, at, "TargetChanged", properties, text)
    _try_merge(organization, pull_request, at, by)


def vote(organization: Organization, pull_request: PullRequest, at: datetime, by: str, value: int) -> None:
    """Vote; a voter who was no reviewer becomes one."""
    reviewer = find_reviewer(pull_request, by)
    if reviewer is None:
        reviewer = Reviewer(by)
        pull_request.reviewers.append(reviewer)
    reviewer.vote = value
    reviewer.has_declined = False
    system_threads.add_vote(organization, pull_request, at, by, value)
    _roll_up(organization, pull_request)


def reset_votes(organization: Organization, pull_request: PullRequest, at: datetime) -> None:
    """What a branch policy does after a push."""
    for reviewer in pull_request.reviewers:
        reviewer.vote = 0
    text = "Votes were reset because new changes were pushed"
    properties = {"CodeReviewResetMultipleVotesReason": "push"}
    system_threads.add_other(organization, pull_request, at, "ResetMultipleVotes", properties, text)


def add_reviewer(
    organization: Organization, pull_request: PullRequest, at: datetime, by: str, who: str, *, is_required: bool = False
) -> None:
    """One more reviewer, a person or a group."""
    pull_request.reviewers.append(Reviewer(who, is_required=is_required))
    system_threads.add_reviewer_change(organization, pull_request, at, by, who, is_added=True)


def remove_reviewer(organization: Organization, pull_request: PullRequest, at: datetime, by: str, who: str) -> None:
    """One reviewer less; the vote goes too."""
    pull_request.reviewers = [one for one in pull_request.reviewers if one.identity_id != who]
    system_threads.add_reviewer_change(organization, pull_request, at, by, who, is_added=False)
    _roll_up(organization, pull_request)


def set_draft(organization: Organization, pull_request: PullRequest, at: datetime, by: str, *, is_draft: bool) -> None:
    """Publish, or make a draft again."""
    pull_request.is_draft = is_draft
    system_threads.add_draft(organization, pull_request, at, by)


def abandon(
    organization: Organization, pull_request: PullRequest, at: datetime, by: str, *, is_noted: bool = True
) -> None:
    """Close without merging. ``is_noted``: False leaves no system thread, as some old ones have none."""
    pull_request.status, pull_request.closed, pull_request.closed_by = "abandoned", at, by
    if is_noted:
        system_threads.add_status(organization, pull_request, at, by)


def reactivate(organization: Organization, pull_request: PullRequest, at: datetime, by: str) -> None:
    """Open an abandoned one again: it has no closing date any more."""
    pull_request.status, pull_request.closed, pull_request.closed_by = "active", None, None
    system_threads.add_status(organization, pull_request, at, by)


def complete(
    organization: Organization,
    pull_request: PullRequest,
    at: datetime,
    by: str,
    *,
    strategy: Literal["noFastForward", "squash", "rebase", "rebaseMerge"] = "noFastForward",
    deletes_source: bool = True,
    is_noted: bool = True,
) -> None:
    """Merge into the target."""
    history = organization.histories[pull_request.repository_id]
    author = author_of(organization, by, at)
    last = pull_request.iterations[-1]
    target, source, base = history.refs[pull_request.target_ref], last.source_commit, last.common_commit
    message = f"Merged PR {pull_request.id}: {pull_request.title}"
    if strategy == "squash":
        landed = history.merge((target,), source, base, author, message)
    elif strategy in ("rebase", "rebaseMerge"):
        landed = history.rebase(target, reversed(history.between(base, source)), author)
        if strategy == "rebaseMerge":
            landed = history.merge((target, landed), landed, target, author, message)
    else:
        landed = history.merge((target, source), source, base, author, message)
    history.push(at, by, {pull_request.target_ref: landed})
    pull_request.status, pull_request.closed, pull_request.closed_by = "completed", at, by
    pull_request.merge_strategy, pull_request.merge_status = strategy, "succeeded"
    pull_request.completion_queued = at - timedelta(seconds=1)
    pull_request.last_merge_target, pull_request.last_merge_commit = target, landed
    if is_noted:
        system_threads.add_status(organization, pull_request, at, by)
    source_history = organization.histories[pull_request.source_repository_id or pull_request.repository_id]
    if deletes_source and pull_request.source_ref in source_history.refs:
        source_history.push(at, by, {pull_request.source_ref: None})


def find_reviewer(pull_request: PullRequest, identity_id: str) -> Reviewer | None:
    """The reviewer's row, or None."""
    return next((one for one in pull_request.reviewers if one.identity_id == identity_id), None)


def author_of(organization: Organization, identity_id: str, at: datetime, offset_minutes: int = 60) -> Signature:
    """How a person signs commits."""
    identity = organization.identities[identity_id]
    name = identity.display_name.replace("<", "").replace(">", "").strip()
    return signature(name, identity.mail or f"{identity.id[:8]}@unknown.example", at, offset_minutes)


def _roll_up(organization: Organization, pull_request: PullRequest) -> None:
    """A member's vote counts for the groups that review: their rows show the lowest that is not none."""
    votes = {one.identity_id: one.vote for one in pull_request.reviewers}
    for reviewer in pull_request.reviewers:
        group = organization.identities[reviewer.identity_id]
        if group.kind == "group":
            cast = [votes[member] for member in group.member_ids if votes.get(member)]
            reviewer.vote = min(cast, default=0)


def _add_iteration(
    organization: Organization,
    pull_request: PullRequest,
    at: datetime,
    by: str,
    reason: str,
    tip: str,
    base: str,
    commits: list[str],
) -> Iteration:
    history = organization.histories[pull_request.repository_id]
    target = history.refs[pull_request.target_ref]
    number = len(pull_request.iterations) + 1
    iteration = Iteration(number, by, at, at, reason, tip, target, base, commits)
    pull_request.iterations.append(iteration)
    return iteration


def _try_merge(organization: Organization, pull_request: PullRequest, at: datetime, by: str) -> None:
    """The test merge that the service makes after each change; its commit hangs on ``refs/pull/{id}/merge``."""
    history: History = organization.histories[pull_request.repository_id]
    last = pull_request.iterations[-1]
    target = history.refs[pull_request.target_ref]
    short = [ref.removeprefix("refs/heads/") for ref in (pull_request.source_ref, pull_request.target_ref)]
    message = f"Merge pull request {pull_request.id} from {short[0]} into {short[1]}"
    author = author_of(organization, by, at)
    merged = history.merge((target, last.source_commit), last.source_commit, last.common_commit, author, message)
    history.refs[f"refs/pull/{pull_request.id}/merge"] = merged
    pull_request.last_merge_source = last.source_commit
    pull_request.last_merge_target = target
    pull_request.last_merge_commit = merged
