"""Pull requests played in the order of time, together with the pushes to the default branches."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from local.fake_ado import comment_actions, pull_request_actions, system_threads, texts
from local.fake_ado.generate_code import change
from local.fake_ado.generate_repositories import MAIN, commit_to_main, retiring
from local.fake_ado.making import Making, next_number
from local.fake_ado.model import Identity, PullRequest, Repository, Reviewer
from local.fake_ado.pull_request_actions import Opening, author_of
from local.fake_ado.pull_request_plans import Plan, Step, make_plan

_Act = Callable[[], None]


@dataclass
class _Live:
    """A pull request while it is being played."""

    plan: Plan
    repository: Repository
    creator: Identity
    reviewers: list[Identity]
    pull_request: PullRequest | None = None

    @property
    def made(self) -> PullRequest:
        assert self.pull_request is not None
        return self.pull_request


class PullRequestMaker:
    """A queue of (moment, act) over all repositories."""

    def __init__(self, making: Making, working: list[Repository]) -> None:
        self.making = making
        self.rng = making.rng
        self.organization = making.organization
        self.working = working
        going = [one.id for one in retiring(working)]
        self.weights = [0.15 if one.id in going else 0.3 if one.is_fork else 1.0 for one in working]
        self._queue: list[tuple[datetime, int, _Act]] = []
        self._numbers = itertools.count()
        self._items: dict[str, list[int]] = {}
        for item in making.organization.work_items.values():
            self._items.setdefault(item.project_id, []).append(item.id)

    def make(self) -> None:
        """Play everything."""
        for place in range(self.making.size.pull_requests):
            self._plan(make_plan(self.rng, self.making.now, place))
        pushes = max(len(self.working), (self.making.size.commits - self.making.size.pull_requests * 5) // 2)
        for _ in range(pushes):
            repository = self.rng.choice(self.working)
            age = self.rng.uniform(0.5, 690)
            self._at(self.making.now - timedelta(days=age), self._pusher(repository, age))
        while self._queue:
            _, _, act = heapq.heappop(self._queue)
            act()

    def _pusher(self, repository: Repository, age: float) -> _Act:
        return lambda: commit_to_main(self.making, repository, age)

    def _at(self, moment: datetime, act: _Act) -> None:
        heapq.heappush(self._queue, (moment, next(self._numbers), act))

    def _plan(self, plan: Plan) -> None:
        repository = self.rng.choices(self.working, self.weights)[0]
        people = self.making.members[repository.project_id]
        creator = self.rng.choice(people)
        others = [one for one in people if one is not creator]
        live = _Live(plan, repository, creator, self.rng.sample(others, min(len(others), self.rng.randint(1, 4))))
        self._at(plan.created, lambda: self._open(live))

    def _open(self, live: _Live) -> None:
        rng, at = self.rng, live.plan.created
        target = self.organization.repositories[live.repository.parent_id or live.repository.id]
        source = live.repository.id if live.repository.is_fork else None
        number = next_number(self.organization, "pull_request")
        history = self.organization.histories[live.repository.id]
        base = history.refs[MAIN]
        ref = f"refs/heads/{rng.choice(('feature', 'fix', 'users/zoë'))}/{number}"
        tip = self._commit(live, base, at - timedelta(hours=2), rng.randint(1, 3))
        history.push(at - timedelta(minutes=3), live.creator.id, {ref: tip})
        opening = Opening(
            number,
            texts.title(rng),
            self.making.texts.plain(rng) if rng.random() < 0.8 else "",
            ref,
            MAIN if rng.random() < 0.95 else "refs/heads/release/1.0",
            base,
            self._reviewers(live),
            live.plan.is_draft,
            sorted(rng.sample(texts.LABELS, rng.randint(1, 2))) if rng.random() < 0.25 else [],
            source,
        )
        if source is not None:
            opening.target_ref = MAIN
        made = pull_request_actions.open_(self.organization, target, at, live.creator.id, opening)
        live.pull_request = made
        self._link_items(made, target)
        for step in live.plan.steps:
            self._at(step.at, self._player(live, step))

    def _reviewers(self, live: _Live) -> list[Reviewer]:
        rows = [Reviewer(one.id, is_required=self.rng.random() < 0.3) for one in live.reviewers[:2]]
        if self.rng.random() < 0.2:
            teams = [one.id for one in self.organization.teams.values() if one.project_id == live.repository.project_id]
            rows.append(Reviewer(self.rng.choice(teams), is_required=True))
        return rows

    def _link_items(self, pull_request: PullRequest, repository: Repository) -> None:
        numbers = self._items.get(repository.project_id, [])
        if not numbers or self.rng.random() < 0.4:
            return
        for number in self.rng.sample(numbers, min(len(numbers), self.rng.randint(1, 2))):
            pull_request.work_item_ids.append(number)
            uri = f"vstfs:///Git/PullRequestId/{repository.project_id}%2F{repository.id}%2F{pull_request.id}"
            self.organization.work_items[number].artifact_uris.append(uri)
        pull_request.work_item_ids.sort()

    def _commit(self, live: _Live, base: str, at: datetime, count: int) -> str:
        history = self.organization.histories[live.repository.id]
        tip = base
        for place in range(count):
            author = author_of(self.organization, live.creator.id, at + timedelta(minutes=11 * place))
            tip = history.commit((tip,), change(self.rng, history, tip), author, texts.title(self.rng))
        return tip

    def _player(self, live: _Live, step: Step) -> _Act:
        return lambda: _STEPS[step.kind](self, live, step.at)

    def _comment(self, live: _Live, at: datetime) -> None:
        pull_request, rng = live.made, self.rng
        by = live.creator if rng.random() < 0.3 else rng.choice(live.reviewers)
        threads = [one for one in pull_request.threads if one.event is None and not one.is_deleted]
        if threads and rng.random() < 0.4:
            comment_actions.reply(rng.choice(threads), at, by.id, texts.remark(rng))
            return
        place = ("/src/orders/orders.py", rng.randint(1, 40)) if rng.random() < 0.5 else None
        kind: Literal["text", "codeChange"] = "codeChange" if rng.random() < 0.02 else "text"
        comment_actions.start_thread(
            self.organization, pull_request, at, by.id, texts.remark(rng), place=place, comment_type=kind
        )

    def _robot(self, live: _Live, at: datetime) -> None:
        robots = [one for one in self.organization.identities.values() if one.descriptor.startswith("svc.")]
        text = "Coverage is 81 % (−2)."
        comment_actions.start_thread(self.organization, live.made, at, robots[0].id, text)

    def _amend(self, live: _Live, at: datetime) -> None:
        """Edit, delete or resolve something that was written."""
        threads = [one for one in live.made.threads if one.event is None and not one.is_deleted]
        if not threads:
            return
        thread = self.rng.choice(threads)
        comment = self.rng.choice([one for one in thread.comments if not one.is_deleted])
        roll = self.rng.random()
        if roll < 0.3:
            comment_actions.delete(thread, comment, at)
        elif roll < 0.5:
            comment_actions.edit(thread, comment, at, texts.remark(self.rng) + " (edited)")
        else:
            comment_actions.set_status(
                thread, at, self.rng.choice(("fixed", "closed", "wontFix", "byDesign", "pending"))
            )

    def _push(self, live: _Live, at: datetime) -> None:
        pull_request = live.made
        if pull_request.status != "active":
            return
        last = pull_request.iterations[-1]
        is_forced = self.rng.random() < 0.15
        start = last.common_commit if is_forced else last.source_commit
        tip = self._commit(live, start, at - timedelta(hours=1), self.rng.randint(1, 2))
        pull_request_actions.push(
            self.organization, pull_request, at, live.creator.id, tip,
            is_forced=is_forced, is_noted=live.plan.is_noted or not live.plan.has_end(),
        )  # fmt: skip
        if self.rng.random() < 0.1 and any(one.vote for one in pull_request.reviewers):
            pull_request_actions.reset_votes(self.organization, pull_request, at)

    def _vote(self, live: _Live, at: datetime) -> None:
        voter = live.creator if self.rng.random() < 0.05 else self.rng.choice(live.reviewers)
        value = self.rng.choices((10, 5, 0, -5, -10), (60, 12, 6, 17, 5))[0]
        pull_request_actions.vote(self.organization, live.made, at, voter.id, value)

    def _add_reviewer(self, live: _Live, at: datetime) -> None:
        present = {one.identity_id for one in live.made.reviewers}
        absent = [one for one in live.reviewers if one.id not in present]
        if absent:
            who = absent[0].id
            pull_request_actions.add_reviewer(self.organization, live.made, at, live.creator.id, who)

    def _remove_reviewer(self, live: _Live, at: datetime) -> None:
        if live.made.reviewers:
            who = self.rng.choice(live.made.reviewers).identity_id
            pull_request_actions.remove_reviewer(self.organization, live.made, at, live.creator.id, who)

    def _publish(self, live: _Live, at: datetime) -> None:
        if live.made.is_draft:
            pull_request_actions.set_draft(self.organization, live.made, at, live.creator.id, is_draft=False)

    def _merge_attempt(self, live: _Live, at: datetime) -> None:
        pull_request = live.made
        properties = {
            "CodeReviewMergeCommit": pull_request.last_merge_commit,
            "CodeReviewMergeStatus": "Succeeded",
            "CodeReviewSourceCommit": pull_request.last_merge_source,
            "CodeReviewTargetCommit": pull_request.last_merge_target,
        }
        text = f"The pull request is mergable and the target commit would be {pull_request.last_merge_commit}."
        system_threads.add_other(self.organization, pull_request, at, "MergeAttempt", properties, text)

    def _abandon(self, live: _Live, at: datetime) -> None:
        is_noted = live.plan.is_noted
        pull_request_actions.abandon(self.organization, live.made, at, live.creator.id, is_noted=is_noted)

    def _reactivate(self, live: _Live, at: datetime) -> None:
        pull_request_actions.reactivate(self.organization, live.made, at, live.creator.id)

    def _complete(self, live: _Live, at: datetime) -> None:
        pull_request = live.made
        if pull_request.is_draft:
            pull_request_actions.set_draft(self.organization, pull_request, at, live.creator.id, is_draft=False)
        by = live.creator if self.rng.random() < 0.6 else self.rng.choice(live.reviewers)
        strategy: Literal["noFastForward", "squash", "rebase", "rebaseMerge"] = self.rng.choice(
            ("noFastForward", "noFastForward", "squash", "squash", "rebase", "rebaseMerge")
        )
        pull_request_actions.complete(
            self.organization, pull_request, at, by.id,
            strategy=strategy, deletes_source=self.rng.random() < 0.7, is_noted=live.plan.is_noted,
        )  # fmt: skip


_STEPS: dict[str, Callable[[PullRequestMaker, _Live, datetime], None]] = {
    "comment": PullRequestMaker._comment, "robot": PullRequestMaker._robot, "amend": PullRequestMaker._amend,
    "push": PullRequestMaker._push, "vote": PullRequestMaker._vote, "add_reviewer": PullRequestMaker._add_reviewer,
    "remove_reviewer": PullRequestMaker._remove_reviewer, "publish": PullRequestMaker._publish,
    "merge_attempt": PullRequestMaker._merge_attempt, "abandon": PullRequestMaker._abandon,
    "reactivate": PullRequestMaker._reactivate, "complete": PullRequestMaker._complete,
}  # fmt: skip
