"""An organisation made from a seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from local.fake_ado.generate_builds import make_builds
from local.fake_ado.generate_links import link_commits
from local.fake_ado.generate_people import make_people
from local.fake_ado.generate_projects import make_projects
from local.fake_ado.generate_pull_requests import PullRequestMaker
from local.fake_ado.generate_repositories import finish_repositories, make_repositories
from local.fake_ado.generate_work_items import WorkItemMaker
from local.fake_ado.making import Making, guid, to_milliseconds
from local.fake_ado.model import Organization
from local.fake_ado.named_tokens import equip
from local.fake_ado.sizes import SIZES
from local.fake_ado.texts import Paragraphs


def make_organization(name: str, seed: int, size: str = "tiny", now: datetime | None = None) -> Organization:
    """An organisation; the same arguments give the same one, down to commits and thread ids.

    ``size`` is one of ``sizes.SIZES``. ``now`` is the end of its history, aware UTC; the machine's clock by default,
    and then (or when it is within a day of it) what happens later is dated by that clock.
    """
    wall = datetime.now(UTC)
    moment = to_milliseconds(now or wall)
    rng = random.Random(f"{name.lower()} {seed} {size}")
    organization = Organization(name=name, id=guid(rng), tenant_id=guid(rng), now=moment)
    organization.follows_wall_clock = abs(wall - moment) < timedelta(days=1)
    equip(organization)
    making = Making(organization, rng, SIZES[size], Paragraphs(rng))
    make_people(making)
    make_projects(making)
    WorkItemMaker(making).make()
    working = make_repositories(making)
    PullRequestMaker(making, working).make()
    finish_repositories(making, working)
    make_builds(making, working)
    link_commits(organization, random.Random(f"{name.lower()} {seed} {size} commits of tickets"))
    return organization
