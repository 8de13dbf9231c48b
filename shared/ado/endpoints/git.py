"""Git repositories and pull requests."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, Endpoint
from shared.ado.paging import ContinuationHeader, NextSkip, SkipTop

PULL_REQUEST_PARTS: Final = "{project}/_apis/git/repositories/{repositoryId}/pullRequests/{pullRequestId}"

REPOSITORIES: Final = Endpoint(
    path="_apis/git/repositories",
    scope="vso.code",
    docs=LEARN + "git/repositories/list",
)
"""All repositories of the organisation in one reply, disabled ones included."""

PROJECT_REPOSITORIES: Final = REPOSITORIES.in_project()

DELETED_REPOSITORIES: Final = Endpoint(
    path="{project}/_apis/git/recycleBin/repositories",
    scope="vso.code",
    docs=LEARN + "git/repositories/get-recycle-bin-repositories",
)
"""Deleted less than 30 days ago; the proof that a repository is gone."""

REFS: Final = Endpoint(
    path="{project}/_apis/git/repositories/{repositoryId}/refs",
    paging=ContinuationHeader(page_size=1000),
    scope="vso.code",
    docs=LEARN + "git/refs/list",
)

ANNOTATED_TAG: Final = Endpoint(
    path="{project}/_apis/git/repositories/{repositoryId}/annotatedtags/{objectId}",
    items=None,
    scope="vso.code",
    docs=LEARN + "git/annotated-tags/get",
)
"""By the tag's own object id; who made it and when."""

COMMIT: Final = Endpoint(
    path="{project}/_apis/git/repositories/{repositoryId}/commits/{commitId}",
    items=None,
    scope="vso.code",
    docs=LEARN + "git/commits/get",
)

PUSHES: Final = Endpoint(
    path="{project}/_apis/git/repositories/{repositoryId}/pushes",
    paging=SkipTop(page_size=1000),
    scope="vso.code",
    docs=LEARN + "git/pushes/list",
)
"""Newest first; what each ref moved from and to with ``searchCriteria.includeRefUpdates``."""

COMMITS: Final = Endpoint(
    path="{project}/_apis/git/repositories/{repositoryId}/commits",
    paging=SkipTop(page_size=1000),
    scope="vso.code",
    docs=LEARN + "git/commits/get-push-commits",
)
"""What one version leads to, newest first; ``searchCriteria.fromDate`` looks at the committer's date. Without parents
and line counts, long messages cut: for a repository that cannot be read over git."""

PULL_REQUESTS: Final = Endpoint(
    path="{project}/_apis/git/pullrequests",
    # More than 1,000 is cut to 1,000 without a word.
    paging=SkipTop(page_size=1000),
    scope="vso.code",
    docs=LEARN + "git/pull-requests/get-pull-requests-by-project",
)
"""Filtered by creation or closing time (``searchCriteria.queryTimeRangeType``), never by change; ``status`` is
``active`` unless said. Descriptions are cut at 400 characters."""

PULL_REQUEST: Final = Endpoint(
    path="{project}/_apis/git/repositories/{repositoryId}/pullrequests/{pullRequestId}",
    items=None,
    scope="vso.code",
    docs=LEARN + "git/pull-requests/get-pull-request",
)

PULL_REQUEST_BY_ID: Final = Endpoint(
    path="{project}/_apis/git/pullrequests/{pullRequestId}",
    items=None,
    scope="vso.code",
    docs=LEARN + "git/pull-requests/get-pull-request-by-id",
)
"""For a number whose repository is not known; numbers are unique in the organisation."""

PULL_REQUEST_THREADS: Final = Endpoint(
    path=PULL_REQUEST_PARTS + "/threads",
    scope="vso.code",
    docs=LEARN + "git/pull-request-threads/list",
)
"""All of them; votes, pushes and status changes are threads too."""

PULL_REQUEST_ITERATIONS: Final = Endpoint(
    path=PULL_REQUEST_PARTS + "/iterations",
    scope="vso.code",
    docs=LEARN + "git/pull-request-iterations/list",
)

PULL_REQUEST_ITERATION_CHANGES: Final = Endpoint(
    path=PULL_REQUEST_PARTS + "/iterations/{iterationId}/changes",
    paging=NextSkip(page_size=2000),
    items="changeEntries",
    scope="vso.code",
    docs=LEARN + "git/pull-request-iteration-changes/get",
)
"""``$compareTo=0`` compares with the beginning: the files of the whole pull request."""

PULL_REQUEST_COMMITS: Final = Endpoint(
    path=PULL_REQUEST_PARTS + "/commits",
    paging=ContinuationHeader(),
    scope="vso.code",
    docs=LEARN + "git/pull-request-commits/get-pull-request-commits",
)

PULL_REQUEST_WORK_ITEMS: Final = Endpoint(
    path=PULL_REQUEST_PARTS + "/workitems",
    scope="vso.code",
    docs=LEARN + "git/pull-request-work-items/list",
)
