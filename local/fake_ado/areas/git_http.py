"""Git over smart HTTP: ``https://dev.azure.com/{organization}/{project}/_git/{repository}``.

https://learn.microsoft.com/azure/devops/repos/git/auth-overview
"""

from __future__ import annotations

import asyncio
from typing import Final

from local.fake_ado import repositories
from local.fake_ado.answers import Answer
from local.fake_ado.context import Call
from local.fake_ado.git_http import GitRequest, serve
from local.fake_ado.git_repository import bare_repository
from local.fake_ado.model import Repository
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route

_LONG: Final = "/{organization}/{project}/_git/{repository}/"
_SHORT: Final = "/{organization}/_git/{repository}/"
_SCOPES: Final = ("vso.code",)


def _repository(call: Call) -> Repository:
    """The short form names the repository that has its project's name."""
    name = call.parameters["repository"]
    if "project" not in call.parameters:
        call.parameters = {**call.parameters, "project": name}
    return repositories.named(call, name)


async def _serve(call: Call, service: str, query: str) -> Answer:
    repository = _repository(call)
    request = GitRequest(call.method, service, query, call.headers.get("content-type", ""), call.content)
    return await asyncio.to_thread(lambda: serve(bare_repository(call.organization, repository), request))


@route("GET", CORE_HOST, _LONG + "info/refs", version=None, scopes=_SCOPES)
@route("GET", CORE_HOST, _SHORT + "info/refs", version=None, scopes=_SCOPES)
async def info_refs(call: Call) -> Answer:
    """What there is to fetch. Pushing is refused: the model is changed by mutations only."""
    service = call.query.one("service")
    if service != "git-upload-pack":
        raise Refusal(
            403,
            "GitNeedsPermissionException",
            "TF401027: You need the Git 'GenericContribute' permission to perform this action.",
            namespace="Microsoft.TeamFoundation.Git.Server",
        )
    return await _serve(call, "info/refs", f"service={service}")


@route("POST", CORE_HOST, _LONG + "git-upload-pack", version=None, scopes=_SCOPES)
@route("POST", CORE_HOST, _SHORT + "git-upload-pack", version=None, scopes=_SCOPES)
async def upload_pack(call: Call) -> Answer:
    """Negotiation and the pack."""
    return await _serve(call, "git-upload-pack", "")
