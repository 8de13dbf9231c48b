"""The one file that talks to Azure DevOps over git: fetches packs of new objects from one repository.

Source: https://learn.microsoft.com/azure/devops/repos/git/auth-overview
"""

from __future__ import annotations

from contextlib import closing
from typing import BinaryIO, Final

from shared.ado.client import AdoClient
from shared.ado.endpoint import Endpoint
from shared.ado.git_wire import (
    ADVERTISEMENT,
    REQUEST,
    RESULT,
    UPLOAD_PACK,
    Abilities,
    Wanted,
    fetch_request,
    read_abilities,
    read_pack,
)
from shared.ado.transport import OpenReply
from shared.ado.wire import Request, segment
from shared.errors import ContractError, CredentialError, TransientError, UnavailableError

_DOCS: Final = "https://learn.microsoft.com/azure/devops/repos/git/auth-overview"
_REFS: Final = Endpoint(path="{project}/_git/{repository}/info/refs", scope="vso.code", docs=_DOCS)
_FETCH: Final = Endpoint(
    path="{project}/_git/{repository}/git-upload-pack", scope="vso.code", docs=_DOCS, method="POST", read_only=True
)
MAX_REFS_BYTES: Final = 64 << 20
MAX_PACK_BYTES: Final = 64 << 20
# What a reply holds besides its pack: answers to haves, shallow commits, progress, five bytes a piece.
_OVERHEAD_BYTES: Final = 4 << 20


class RepositoryMovedError(UnavailableError):
    """Azure DevOps sends the repository's address elsewhere, where nobody follows."""

    def __init__(self) -> None:
        super().__init__(
            "the repository or its project was renamed while it was read",
            code="repository.moved",
            remedy="Nothing: the next sync knows the new name.",
        )


class GitRemote:
    """One repository of Azure DevOps, reached over smart HTTP with the client's credential, hosts and counters.

    ``project`` and ``repository`` are names: the documented form of a clone URL. Nothing a reply names is ever asked
    for; the two addresses are built here.
    """

    def __init__(self, client: AdoClient, project: str, repository: str) -> None:
        self._client = client
        self._path = f"{segment(client.organization)}/{segment(project)}/_git/{segment(repository)}"
        self._abilities: Abilities | None = None

    @property
    def abilities(self) -> Abilities:
        """What the server offers, asked once. Raises the errors of ``AdoClient``."""
        if self._abilities is None:
            request = self._request(_REFS, "info/refs?service=" + UPLOAD_PACK, ADVERTISEMENT)
            # Version 0 lists all refs behind the first line, which nobody here reads: tips come from REST.
            with closing(self._open(_REFS, request, ADVERTISEMENT, MAX_REFS_BYTES)) as reply:
                self._abilities = read_abilities(reply.read)
                self._client.count_bytes(reply.received)
        return self._abilities

    def fetch(self, wanted: Wanted, into: BinaryIO, *, max_bytes: int = MAX_PACK_BYTES) -> int:
        """Write the pack of what is wanted into a file; its size.

        Raises the errors of ``AdoClient``, GitRefusedError, GitProtocolError, and ReplyTooLargeError for a pack of
        more than ``max_bytes``; the file then holds its beginning.
        """
        abilities = self.abilities
        request = self._request(_FETCH, UPLOAD_PACK, RESULT, fetch_request(abilities, wanted))
        limit = max_bytes + max_bytes // 1000 + _OVERHEAD_BYTES
        with closing(self._open(_FETCH, request, RESULT, limit)) as reply:
            try:
                return self._read(reply, wanted, into)
            finally:
                self._client.count_bytes(reply.received)

    def _open(self, endpoint: Endpoint, request: Request, kind: str, max_bytes: int) -> OpenReply:
        try:
            return self._client.stream(endpoint, request, kind, max_bytes=max_bytes)
        except ContractError as error:
            cause = error.__cause__
            if not isinstance(cause, CredentialError) or cause.code != "organization.moved":
                raise
            # A renamed repository or project; the address of now comes with the next list of repositories.
            raise RepositoryMovedError from error

    def _read(self, reply: OpenReply, wanted: Wanted, into: BinaryIO) -> int:
        size = 0
        for piece in read_pack(self.abilities, wanted, reply.read):
            into.write(piece)
            size += len(piece)
        if not size:
            raise TransientError("git: the reply has no pack", code="reply.cut")
        return size

    def _request(self, endpoint: Endpoint, path: str, accept: str, body: bytes | None = None) -> Request:
        headers = {"Accept": accept, "Git-Protocol": "version=2", "X-TFS-FedAuthRedirect": "Suppress"}
        if body is not None:
            headers["Content-Type"] = REQUEST
        url = f"{self._client.url_of(endpoint)}/{self._path}/{path}"
        return Request(endpoint.method, url, headers, body, endpoint.route)
