"""Pull requests of a project with two repos, as a test's own Azure DevOps answers them."""

from __future__ import annotations

from shared.flow.repos import Repo
from tests.mapping.examples import CAT, iteration, pull_request
from tests.streams.playing import Refused

PROJECT = "11111111-0000-4000-8000-000000000001"
REPO = "aaaaaaaa-0000-4000-8000-00000000000a"
OTHER = "bbbbbbbb-0000-4000-8000-00000000000b"


class Source:
    """Pull requests by number, with their threads; answers lists as Azure DevOps does, ``page_size`` a page."""

    def __init__(self):
        self.items = {}
        self.threads = {}
        self.iterations = {}
        self.commits = {}
        self.page_size = 1000
        self.refusing = set()
        """Ids of repos, and numbers of pull requests whose threads are refused."""

    def add(self, number, created="2026-01-05T12:00:00Z", *threads, repo=REPO, **changes):
        item = pull_request(pullRequestId=number, creationDate=created, closedBy=None, **changes)
        item["repository"] = {"id": repo, "name": "r", "project": {"id": PROJECT, "name": "One"}}
        self.items[number] = item
        self.threads[number] = list(threads)

    def close(self, number, at, status="completed"):
        self.items[number] |= {"status": status, "closedDate": at, "closedBy": CAT}

    def listed(self, query):
        criteria = {name.removeprefix("searchCriteria."): value for name, value in query.items()}
        field = {"created": "creationDate", "closed": "closedDate"}[criteria.get("queryTimeRangeType", "created")]
        status = criteria.get("status", "active")

        def wanted(item):
            at = item.get(field)
            return (
                status in ("all", item["status"])
                and (at is not None or field == "creationDate")
                and criteria.get("minTime", "") <= (at or "") <= criteria.get("maxTime", "~")
                and criteria.get("repositoryId", item["repository"]["id"]) == item["repository"]["id"]
            )

        rows = sorted(filter(wanted, self.items.values()), key=lambda item: item["creationDate"], reverse=True)
        start = int(query["$skip"])
        return rows[start : start + min(int(query["$top"]), self.page_size)]

    def refs(self, repo, query):
        assert "~" in query["filter"]
        if repo in self.refusing:
            raise Refused(404)
        return []

    def details(self, repo, number, query):
        if repo in self.refusing or int(number) in self.refusing:
            raise Refused(404)
        return self.threads[int(number)]

    def iterations_of(self, repo, number, query):
        item = self.items[int(number)]
        assert query["includeCommits"] == "true"
        return self.iterations.get(int(number), [iteration(1, item["creationDate"], "b6" * 20)])

    def commits_of(self, repo, number, query):
        return [{"commitId": sha} for sha in self.commits[int(number)]]

    def single(self, repo, number, query):
        if repo in self.refusing:
            raise Refused(404)
        item = self.items[int(number)]
        return item | {"description": item.get("fullDescription", item["description"])}


def connected(ado, runner):
    """A source that ``ado`` answers from, with its repos stored."""
    found = Source()
    ado.on(f"{PROJECT}/_apis/git/pullrequests", found.listed)
    ado.on(f"{PROJECT}/_apis/git/repositories/(.*)/pullRequests/(.*)/threads", found.details)
    ado.on(f"{PROJECT}/_apis/git/repositories/(.*)/pullRequests/(.*)/iterations", found.iterations_of)
    ado.on(f"{PROJECT}/_apis/git/repositories/(.*)/pullRequests/(.*)/commits", found.commits_of)
    ado.on(f"{PROJECT}/_apis/git/repositories/(.*)/pullrequests/(.*)", found.single)
    ado.on(f"{PROJECT}/_apis/git/repositories/(.*)/refs", found.refs)
    for repo_id in (REPO, OTHER):
        runner.stored.put(stored_repo(repo_id))
    return found


def stored_repo(repo_id, **changes):
    return Repo(
        integration_id="i", id=repo_id, url=f"https://x/_git/{repo_id[0]}", name="r", project_id=PROJECT,
        project_name="One", **changes,
    )  # fmt: skip
