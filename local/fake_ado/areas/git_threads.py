"""Threads of a pull request.

https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/list
"""

from __future__ import annotations

from typing import Final

from local.fake_ado import refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.areas.git_pull_requests import find
from local.fake_ado.context import Call
from local.fake_ado.pull_request_rows import thread_row
from local.fake_ado.routing import CORE_HOST, route

_THREADS: Final = "_apis/git/repositories/{repository}/pullrequests/{id}/threads"
_SCOPES: Final = ("vso.code",)


@route("GET", CORE_HOST, "/{organization}/" + _THREADS, version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, "/{organization}/{project}/" + _THREADS, version="7.1", scopes=_SCOPES)
def list_threads(call: Call) -> Answer:
    """All threads, of people and of the system, oldest first."""
    threads = sorted(find(call).threads, key=lambda one: one.id)
    return value([thread_row(call.organization, one) for one in threads])


@route("GET", CORE_HOST, "/{organization}/" + _THREADS + "/{thread}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, "/{organization}/{project}/" + _THREADS + "/{thread}", version="7.1", scopes=_SCOPES)
def get_thread(call: Call) -> Answer:
    """One thread."""
    for thread in find(call).threads:
        if str(thread.id) == call.parameters["thread"]:
            return plain(thread_row(call.organization, thread))
    raise refusals.not_found_page()
