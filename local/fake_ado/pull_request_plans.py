"""When things happen to a pull request, with all that can lie around the six-month border."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal[
    "comment", "robot", "amend", "push", "vote", "add_reviewer", "remove_reviewer", "publish", "merge_attempt",
    "abandon", "reactivate", "complete",
]  # fmt: skip
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    kind: Kind


@dataclass
class Plan:
    """``is_noted``: False for an old one whose end, with the pushes before, left no system thread."""

    created: datetime
    steps: list[Step] = field(default_factory=list)
    is_draft: bool = False
    is_noted: bool = True

    def has_end(self) -> bool:
        """Whether it is completed or abandoned some time."""
        return any(step.kind in ("complete", "abandon") for step in self.steps)


@dataclass(frozen=True, slots=True)
class _Times:
    now: datetime
    border: datetime
    """Six calendar months before."""


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time, ``months`` calendar months earlier; the last day of a shorter month."""
    count = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(count, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def make_plan(rng: random.Random, now: datetime, place: int) -> Plan:
    """Every fifth is a special case, mostly around the border; the others are spread over fourteen months."""
    if place % 5 == 0:
        return _SPECIAL_CASES[place // 5 % len(_SPECIAL_CASES)](rng, _Times(now, months_before(now, 6)))
    created = now - (0.3 + 420 * rng.random() ** 2) * DAY
    lifetime = min(rng.lognormvariate(1.0, 1.2), 60) * DAY
    end = created + lifetime
    plan = Plan(created, is_draft=rng.random() < 0.15, is_noted=now - created < 200 * DAY or rng.random() < 0.85)
    is_open = end > now - 0.2 * DAY or (rng.random() < 0.15 and now - created < 50 * DAY)
    last = now - timedelta(hours=3) if is_open else end
    plan.steps = _work(rng, created, last)
    if plan.is_draft and (not is_open or rng.random() < 0.4):
        plan.steps.append(Step(_within(rng, created, last), "publish"))
    if not is_open:
        _end(rng, plan, end, now)
    plan.steps.sort(key=lambda step: step.at)
    return plan


def _work(rng: random.Random, start: datetime, end: datetime) -> list[Step]:
    counts: dict[Kind, int] = {
        "comment": rng.choice((0, 1, 2, 3, 5, 8)),
        "push": rng.choice((0, 0, 1, 1, 2, 3)),
        "vote": rng.choice((0, 1, 1, 2, 3)),
        "amend": rng.choice((0, 0, 1, 2)),
        "robot": int(rng.random() < 0.15),
        "add_reviewer": int(rng.random() < 0.25),
        "remove_reviewer": int(rng.random() < 0.08),
        "merge_attempt": int(rng.random() < 0.2),
    }
    return [Step(_within(rng, start, end), kind) for kind, count in counts.items() for _ in range(count)]


def _end(rng: random.Random, plan: Plan, end: datetime, now: datetime) -> None:
    roll = rng.random()
    if roll < 0.82:
        plan.steps.append(Step(end, "complete"))
    elif roll < 0.95 or now - end < DAY:
        plan.steps.append(Step(end, "abandon"))
    else:
        back = end + 0.3 * DAY
        plan.is_noted = True
        plan.steps += [Step(end, "abandon"), Step(back, "reactivate")]
        if back + 0.5 * DAY < now and rng.random() < 0.6:
            plan.steps.append(Step(back + 0.5 * DAY, "complete"))


def _within(rng: random.Random, start: datetime, end: datetime) -> datetime:
    return start + (end - start) * rng.uniform(0.02, 0.98)


def _untouched_and_open(rng: random.Random, times: _Times) -> Plan:
    created = times.border - rng.uniform(20, 120) * DAY
    return Plan(created, _sorted(_work(rng, created, times.border - 2 * DAY)))


def _old_open_and_commented(rng: random.Random, times: _Times) -> Plan:
    created = times.border - rng.uniform(20, 120) * DAY
    return Plan(created, [Step(times.now - rng.uniform(2, 100) * DAY, "comment")])


def _closed_and_commented_late(rng: random.Random, times: _Times) -> Plan:
    created = times.border - rng.uniform(40, 120) * DAY
    steps = [Step(created + 3 * DAY, "vote"), Step(created + 9 * DAY, "complete")]
    late: Kind = "comment" if rng.random() < 0.6 else "vote"
    steps.append(Step(times.now - rng.uniform(2, 100) * DAY, late))
    return Plan(created, steps, is_noted=rng.random() < 0.5)


def _closed_after_the_border(rng: random.Random, times: _Times) -> Plan:
    created = times.border - rng.uniform(5, 60) * DAY
    end: Kind = "complete" if rng.random() < 0.5 else "abandon"
    return Plan(created, [Step(created + DAY, "comment"), Step(times.border + rng.uniform(0.01, 20) * DAY, end)])


def _all_before_the_border(rng: random.Random, times: _Times) -> Plan:
    end = times.border - rng.uniform(0.01, 30) * DAY
    created = end - 12 * DAY
    kind: Kind = "complete" if rng.random() < 0.5 else "abandon"
    return Plan(created, _sorted([*_work(rng, created, end), Step(end, kind)]), is_noted=rng.random() < 0.7)


def _created_at_the_border(rng: random.Random, times: _Times) -> Plan:
    return Plan(times.border + rng.uniform(0.01, 0.3) * DAY)


def _draft(rng: random.Random, times: _Times) -> Plan:
    created = times.now - rng.uniform(2, 60) * DAY
    return Plan(created, [Step(created + DAY, "comment")], is_draft=True)


def _sorted(steps: list[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: step.at)


_SPECIAL_CASES = (
    _closed_and_commented_late,
    _all_before_the_border,
    _untouched_and_open,
    _closed_after_the_border,
    _old_open_and_commented,
    _created_at_the_border,
    _draft,
)
