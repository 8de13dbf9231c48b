"""Changes to pull requests."""

from __future__ import annotations

from typing import Final, Literal

from local.fake_ado import announce, comment_actions, pull_request_actions, texts
from local.fake_ado.generate_code import change
from local.fake_ado.generate_repositories import MAIN
from local.fake_ado.making import next_number
from local.fake_ado.model import Comment, PullRequest, Reviewer, Thread
from local.fake_ado.mutate_tickets import Kind
from local.fake_ado.mutation import Mutation
from local.fake_ado.pull_request_actions import Opening, author_of


def created(mutation: Mutation) -> bool:
    """A branch with a commit, and a pull request for it."""
    repositories = [one for one in mutation.repositories() if not one.is_fork]
    if not repositories:
        return False
    organization, rng = mutation.organization, mutation.rng
    repository = rng.choice(repositories)
    history = organization.histories[repository.id]
    creator = mutation.person(repository.project_id)
    number = next_number(organization, "pull_request")
    ref, base, at = f"refs/heads/feature/{number}", history.refs[MAIN], mutation.tick()
    tip = history.commit((base,), change(rng, history, base), author_of(organization, creator.id, at), texts.title(rng))
    announce.pushed(organization, repository, history.push(at, creator.id, {ref: tip}))
    others = [one for one in mutation.people(repository.project_id) if one is not creator]
    reviewers = [Reviewer(one.id) for one in rng.sample(others, min(2, len(others)))]
    text = mutation.making.texts.plain(rng)
    opening = Opening(number, texts.title(rng), text, ref, MAIN, base, reviewers, rng.random() < 0.3)
    made = pull_request_actions.open_(organization, repository, mutation.tick(), creator.id, opening)
    announce.pull_request(organization, made, "created")
    return True


def _project(mutation: Mutation, made: PullRequest) -> str:
    return mutation.organization.repositories[made.repository_id].project_id


def _somebody(mutation: Mutation, made: PullRequest) -> str:
    return mutation.person(_project(mutation, made)).id


def commented(mutation: Mutation) -> bool:
    """A new thread or a reply, on any pull request, however old."""
    made = mutation.pull_request()
    if made is None:
        return False
    by, text = _somebody(mutation, made), texts.remark(mutation.rng)
    threads = [one for one in made.threads if one.event is None and not one.is_deleted]
    if threads and mutation.rng.random() < 0.5:
        thread = mutation.rng.choice(threads)
        comment = comment_actions.reply(thread, mutation.tick(), by, text)
    else:
        thread = comment_actions.start_thread(mutation.organization, made, mutation.tick(), by, text)
        comment = thread.comments[0]
    announce.commented(mutation.organization, made, thread, comment)
    return True


def _some_comment(mutation: Mutation) -> tuple[PullRequest, Thread, Comment] | None:
    found = [
        (made, thread, comment)
        for made in mutation.pull_requests()
        for thread in made.threads
        if thread.event is None
        for comment in thread.comments
        if not comment.is_deleted
    ]
    return mutation.rng.choice(found) if found else None


def comment_edited(mutation: Mutation) -> bool:
    """Another text."""
    found = _some_comment(mutation)
    if found is None:
        return False
    made, thread, comment = found
    comment_actions.edit(thread, comment, mutation.tick(), texts.remark(mutation.rng) + " (edited)")
    announce.commented(mutation.organization, made, thread, comment)
    return True


def comment_deleted(mutation: Mutation) -> bool:
    """The text goes, the comment stays."""
    found = _some_comment(mutation)
    if found is None:
        return False
    made, thread, comment = found
    comment_actions.delete(thread, comment, mutation.tick())
    announce.commented(mutation.organization, made, thread, comment)
    return True


def voted(mutation: Mutation) -> bool:
    """A vote, a change of mind, or a vote taken back."""
    made = mutation.pull_request("active")
    if made is None:
        return False
    people = [one.id for one in mutation.people(_project(mutation, made)) if one.id != made.creator_id]
    if not people:
        return False
    value = mutation.rng.choice((10, 10, 5, 0, -5, -10))
    pull_request_actions.vote(mutation.organization, made, mutation.tick(), mutation.rng.choice(people), value)
    announce.pull_request(mutation.organization, made, "updated", "ReviewerVoteNotification")
    return True


def pushed(mutation: Mutation) -> bool:
    """One more commit; at times the branch is rewritten."""
    made = mutation.pull_request("active")
    if made is None:
        return False
    organization, rng = mutation.organization, mutation.rng
    source = organization.repositories[made.source_repository_id or made.repository_id]
    history = organization.histories[source.id]
    last = made.iterations[-1]
    is_forced = rng.random() < 0.2
    base = last.common_commit if is_forced else last.source_commit
    at = mutation.tick()
    author = author_of(organization, made.creator_id, at)
    tip = history.commit((base,), change(rng, history, base), author, texts.title(rng))
    pull_request_actions.push(organization, made, at, made.creator_id, tip, is_forced=is_forced)
    announce.pushed(organization, source, history.pushes[-1])
    announce.pull_request(organization, made, "updated", "PushNotification")
    return True


def completed(mutation: Mutation) -> bool:
    """Merged in one of the four ways."""
    made = mutation.pull_request("active")
    if made is None:
        return False
    organization = mutation.organization
    strategy: Literal["noFastForward", "squash", "rebase", "rebaseMerge"] = mutation.rng.choice(
        ("noFastForward", "squash", "rebase", "rebaseMerge")
    )
    by = _somebody(mutation, made)
    if made.is_draft:
        pull_request_actions.set_draft(organization, made, mutation.tick(), made.creator_id, is_draft=False)
    pull_request_actions.complete(organization, made, mutation.tick(), by, strategy=strategy)
    announce.pull_request(organization, made, "updated", "StatusUpdateNotification")
    announce.pull_request(organization, made, "merged")
    return True


def abandoned(mutation: Mutation) -> bool:
    """Closed without merging."""
    made = mutation.pull_request("active")
    if made is None:
        return False
    pull_request_actions.abandon(mutation.organization, made, mutation.tick(), _somebody(mutation, made))
    announce.pull_request(mutation.organization, made, "updated", "StatusUpdateNotification")
    return True


def reactivated(mutation: Mutation) -> bool:
    """An abandoned one is active again; old ones too."""
    made = mutation.pull_request("abandoned")
    if made is None:
        return False
    pull_request_actions.reactivate(mutation.organization, made, mutation.tick(), made.creator_id)
    announce.pull_request(mutation.organization, made, "updated", "StatusUpdateNotification")
    return True


def published(mutation: Mutation) -> bool:
    """A draft is published; without a draft, one becomes a draft."""
    active = mutation.pull_requests("active")
    if not active:
        return False
    drafts = [one for one in active if one.is_draft]
    made = mutation.rng.choice(drafts or active)
    pull_request_actions.set_draft(
        mutation.organization, made, mutation.tick(), made.creator_id, is_draft=not made.is_draft
    )
    announce.pull_request(mutation.organization, made, "updated", "StatusUpdateNotification")
    return True


def reviewer_added(mutation: Mutation) -> bool:
    """One more person or team."""
    made = mutation.pull_request("active")
    if made is None:
        return False
    project_id = _project(mutation, made)
    present = {one.identity_id for one in made.reviewers} | {made.creator_id}
    teams = [one.id for one in mutation.organization.teams.values() if one.project_id == project_id]
    people = [one.id for one in mutation.people(project_id)]
    absent = [one for one in (teams if mutation.rng.random() < 0.2 else people) if one not in present]
    if not absent:
        return False
    who = mutation.rng.choice(absent)
    pull_request_actions.add_reviewer(mutation.organization, made, mutation.tick(), made.creator_id, who)
    announce.pull_request(mutation.organization, made, "updated", "ReviewersUpdateNotification")
    return True


def reviewer_removed(mutation: Mutation) -> bool:
    """One reviewer less, with the vote."""
    found = [one for one in mutation.pull_requests("active") if one.reviewers]
    if not found:
        return False
    made = mutation.rng.choice(found)
    who = mutation.rng.choice(made.reviewers).identity_id
    pull_request_actions.remove_reviewer(mutation.organization, made, mutation.tick(), made.creator_id, who)
    announce.pull_request(mutation.organization, made, "updated", "ReviewersUpdateNotification")
    return True


def retargeted(mutation: Mutation) -> bool:
    """Into another branch."""
    made = mutation.pull_request("active")
    if made is None:
        return False
    history = mutation.organization.histories[made.repository_id]
    others = [ref for ref in ("refs/heads/release/1.0", MAIN) if ref in history.refs and ref != made.target_ref]
    if not others:
        return False
    pull_request_actions.retarget(mutation.organization, made, mutation.tick(), made.creator_id, others[0])
    announce.pull_request(mutation.organization, made, "updated")
    return True


def votes_reset(mutation: Mutation) -> bool:
    """What a branch policy does when something was pushed."""
    found = [one for one in mutation.pull_requests("active") if any(reviewer.vote for reviewer in one.reviewers)]
    if not found:
        return False
    made = mutation.rng.choice(found)
    pull_request_actions.reset_votes(mutation.organization, made, mutation.tick())
    announce.pull_request(mutation.organization, made, "updated", "ReviewerVoteNotification")
    return True


KINDS: Final[dict[str, tuple[float, Kind]]] = {
    "pull_request_created": (6, created), "pull_request_commented": (8, commented),
    "pull_request_comment_edited": (2, comment_edited), "pull_request_comment_deleted": (2, comment_deleted),
    "pull_request_voted": (6, voted), "pull_request_pushed": (5, pushed), "pull_request_completed": (4, completed),
    "pull_request_abandoned": (2, abandoned), "pull_request_reactivated": (2, reactivated),
    "pull_request_published": (2, published), "pull_request_reviewer_added": (2, reviewer_added),
    "pull_request_reviewer_removed": (1, reviewer_removed), "pull_request_retargeted": (1, retargeted),
    "pull_request_votes_reset": (0.5, votes_reset),
}  # fmt: skip
