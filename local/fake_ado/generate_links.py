"""Links between made-up work items other than parents."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from local.fake_ado.making import Making, to_milliseconds
from local.fake_ado.model import Organization
from local.fake_ado.work_item_links import DEPENDENCY, RELATED, add_link


def make_links(making: Making, after: datetime) -> None:
    """Some related and dependent items, after everything else; some of the links are taken away again."""
    organization, rng = making.organization, making.rng
    items = [one for one in organization.work_items.values() if not one.is_deleted]
    end = making.now - timedelta(minutes=15)
    start = max(after, making.now - timedelta(days=1))
    for step in range(len(items) // 12):
        at = to_milliseconds(start + (end - start) * step / len(items))
        source, target = rng.sample(items, 2)
        rel = rng.choice((RELATED, RELATED, DEPENDENCY))
        by = rng.choice(making.members[source.project_id]).id
        add_link(organization, rel, source.id, target.id, at, by)
        if step % 7 == 3:
            add_link(organization, rel, source.id, target.id, at, by, is_active=False)


def link_commits(organization: Organization, rng: random.Random) -> None:
    """Every tenth item or so is mentioned by a commit of its project; some commits mention several."""
    shas = {
        one.id: list(organization.histories[one.id].commits)
        for one in organization.repositories.values()
        if one.id in organization.histories
    }
    for item in organization.work_items.values():
        repositories = [
            id_ for id_ in shas if organization.repositories[id_].project_id == item.project_id and shas[id_]
        ]
        if repositories and rng.random() < 0.1:
            repository = rng.choice(repositories)
            # Late ones rather than early ones, as those are the ones that a reader stores.
            sha = shas[repository][-1 - int(rng.random() ** 2 * len(shas[repository]))]
            item.artifact_uris.append(f"vstfs:///Git/Commit/{item.project_id}%2F{repository}%2F{sha}")
