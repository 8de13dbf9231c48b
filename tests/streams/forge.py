"""A loopback Azure Repos for one repository: git by ``git http-backend``, refs, pushes and commits by REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from shared.flow.repos import Repo as FlowRepo
from tests.ado.git_server import GitServer, Repo, client_of, new_repo, serving
from tests.streams.playing import Runner

REPO_ID = "aaaaaaaa-0000-4000-8000-000000000001"
PROJECT_ID = "bbbbbbbb-0000-4000-8000-000000000001"
PUSHER = "cccccccc-0000-4000-8000-000000000001"
ZERO = "0" * 40


@dataclass
class Forge:
    """``work`` is where people work, ``hub`` what Azure Repos has of it after ``push``."""

    work: Repo
    hub: Repo
    server: GitServer
    runner: Runner
    asked: list[str] = field(default_factory=list)
    pushes: list[dict[str, Any]] = field(default_factory=list)

    def push(self, *, at: int | None = None) -> None:
        """Make the hub's branches those of ``work``, by force."""
        before = self._refs()
        self.hub.git("fetch", "-q", "--prune", str(self.work.path), "+refs/heads/*:refs/heads/*", "--update-head-ok")
        after = self._refs()
        updates = [
            {"name": name, "oldObjectId": before.get(name, ZERO), "newObjectId": after.get(name, ZERO)}
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]
        moment = datetime.fromtimestamp(at or self.work.clock + 60, UTC).isoformat().replace("+00:00", "Z")
        by = {"id": PUSHER, "displayName": "Pia"}
        self.pushes.append({"pushId": len(self.pushes) + 1, "date": moment, "pushedBy": by, "refUpdates": updates})

    def _refs(self) -> dict[str, str]:
        lines = self.hub.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads").splitlines()
        return dict(line.split(" ") for line in lines)

    def repo_row(self, **changes: Any) -> FlowRepo:
        given = {"integration_id": "i", "id": REPO_ID, "name": "web", "project_id": PROJECT_ID, "project_name": "Shop"}
        link = "https://dev.azure.com/contoso/Shop/_git/web/commit/{sha}"
        return FlowRepo(**{**given, "default_branch": "refs/heads/main", "commit_url": link, **changes})

    def answer(self, handler: Any) -> bool:
        """REST; False leaves the request to git."""
        parts = urlsplit(handler.path)
        what = parts.path.rpartition("/")[2]
        self.asked.append(what)
        if "/_apis/" not in parts.path:
            return False
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if what == "refs":
            listed: list[Any] = [{"name": name, "objectId": sha} for name, sha in self._refs().items()]
        elif what == "pushes":
            since = query["searchCriteria.fromDate"]
            listed = [push for push in reversed(self.pushes) if push["date"] >= since]
        else:
            listed = list(self._commits(query["searchCriteria.itemVersion.version"]))
        if "$skip" in query:
            listed = listed[int(query["$skip"]) :][: int(query["$top"])]
        body = orjson.dumps({"value": listed})
        handler.send(200, body, "application/json")
        return True

    def _commits(self, tip: str) -> Iterator[dict[str, Any]]:
        form = "%H%x00%an%x00%ae%x00%aI%x00%cI%x00%s"
        for line in self.hub.git("log", f"--format={form}", tip).splitlines():
            sha, name, email, authored, committed, subject = line.split("\0")
            yield {
                "commitId": sha,
                "author": {"name": name, "email": email, "date": authored},
                "committer": {"name": name, "email": email, "date": committed},
                "comment": subject,
            }


@contextmanager
def forge(path: Path) -> Iterator[Forge]:
    work, hub = new_repo(path / "work"), new_repo(path / "hub")
    with serving(web=hub.path) as server:
        client = client_of(server)
        made = Forge(work, hub, server, Runner(client))
        server.answer = made.answer
        made.runner.stored.put(made.repo_row())
        yield made
        client.close()
