"""Questions to Azure DevOps asked side by side, all answered by one deadline; a failure is an answer too."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from shared.ado.caller import Caller, read_caller
from shared.ado.endpoints.core import PROJECT
from shared.ado.endpoints.graph import DESCRIPTOR, SUBJECT_LOOKUP
from shared.ado.endpoints.ims import IDENTITIES
from shared.ado.endpoints.location import CONNECTION_DATA, CORE_AREA, ORGANIZATION_LOCATION
from shared.ado.endpoints.security import PERMISSION_EVALUATION_BATCH, PERMISSIONS
from shared.errors import ConnectorError, TransientError

if TYPE_CHECKING:
    from shared.ado.client import AdoClient
    from shared.ado.endpoint import Endpoint

AT_ONCE: Final = 12
COLLECTION_NAMESPACE: Final = "3e65f728-f8bc-4ecd-8764-7e378b19bfa7"
GIT_NAMESPACE: Final = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87"
GIT_READ_BIT: Final = 2
VIEW_INSTANCE_BIT: Final = 1
"""GENERIC_READ: "View instance-level information"."""
EDIT_INSTANCE_BIT: Final = 2
"""GENERIC_WRITE, which only Project Collection Administrators have by default."""

Question = Callable[[], Any]
Found = Any | ConnectorError


class Probes:
    """A pool of threads that is left behind at the deadline: a question still open then counts as timed out.

    What is left behind ends by its own read time-out, and nobody looks at what it brings.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def ask(self, questions: Mapping[str, Question], share: float = 1.0, first: str = "") -> dict[str, Found]:
        """Each question's answer or ConnectorError, by its name. Errors of other kinds rise.

        ``share``: of the time that remains; a round that others follow leaves them some, whatever is slow in it.
        ``first``: the question without which nothing follows; it may take all the time, the others a share of the rest.
        """
        futures = {name: self._pool.submit(question) for name, question in questions.items()}
        if first:
            wait([futures[first]], timeout=max(0.0, self._end - time.monotonic()))
        wait(futures.values(), timeout=max(0.0, share * (self._end - time.monotonic())))
        return {name: self._result(future) for name, future in futures.items()}

    def _result(self, future: Future[Any]) -> Found:
        if not future.done():
            return TransientError(f"no answer within {self._seconds:g} seconds", code="probe.timeout")
        try:
            return future.result()
        except ConnectorError as e:
            return e


def caller(client: AdoClient) -> Caller:
    """Who is calling, in which organisation."""
    return read_caller(client.one(CONNECTION_DATA))


def location(client: AdoClient, organization: str) -> str | None:
    """The organisation's URL; None where there is no organisation of that name. No credential is sent."""
    found = client.one(ORGANIZATION_LOCATION, path={"areaId": CORE_AREA}, query={"accountName": organization})
    url = found.get("locationUrl")
    return url if isinstance(url, str) and url else None


def listed(client: AdoClient, endpoint: Endpoint, query: Mapping[str, str], **path: str) -> list[dict[str, Any]]:
    """The first page of a list. The caller is known already, so a refusal needs no second question."""
    found = client.one(endpoint, path=path, query=query, confirm=False).get("value")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def may(client: AdoClient, permission: int) -> bool:
    """Whether the caller has the bit in the organisation's own namespace.

    Source: https://learn.microsoft.com/azure/devops/organizations/security/namespace-reference (Collection)
    """
    found = client.one(
        PERMISSIONS,
        path={"securityNamespaceId": COLLECTION_NAMESPACE, "permissions": str(permission)},
        query={"tokens": "NAMESPACE", "alwaysAllowAdministrators": "false"},
        confirm=False,
    )
    return found.get("value") == [True]


def readable(client: AdoClient, project_ids: Sequence[str]) -> dict[str, bool]:
    """Whether the caller may read the code of each project, as its Readers may.

    Source: https://learn.microsoft.com/azure/devops/organizations/security/namespace-reference (Git Repositories)
    """
    asked = [
        {"securityNamespaceId": GIT_NAMESPACE, "token": f"repoV2/{project_id}", "permissions": GIT_READ_BIT}
        for project_id in project_ids
    ]
    body = {"alwaysAllowAdministrators": False, "evaluations": asked}
    found = client.one(PERMISSION_EVALUATION_BATCH, body=body, confirm=False).get("evaluations")
    rows = found if isinstance(found, list) else []
    answers = {str(row.get("token")): row.get("value") for row in rows if isinstance(row, dict)}
    return {project_id: answers.get(f"repoV2/{project_id}") is not False for project_id in project_ids}


def descriptor(client: AdoClient, identity_id: str) -> str | None:
    """The subject descriptor of an identity, which needs the scope for Graph."""
    found = client.one(DESCRIPTOR, path={"storageKey": identity_id}, confirm=False).get("value")
    return found if isinstance(found, str) else None


def addresses(client: AdoClient, identity_id: str) -> list[str]:
    """What the identity's record holds as account and mail."""
    found = listed(client, IDENTITIES, {"identityIds": identity_id})
    return [text for item in found for name in ("Account", "Mail") if (text := _held(item, name))]


def graph_addresses(client: AdoClient, subject: str) -> list[str]:
    """What the directory's record of a subject descriptor holds as mail and principal name."""
    keys = {"lookupKeys": [{"descriptor": subject}]}
    found = client.one(SUBJECT_LOOKUP, body=keys, confirm=False).get("value")
    record = found.get(subject) if isinstance(found, dict) else None
    names = [record.get(name) for name in ("mailAddress", "principalName")] if isinstance(record, dict) else []
    return [name for name in names if isinstance(name, str) and name]


def is_tfvc_only(client: AdoClient, project_id: str) -> bool:
    """Whether the project's version control is TFVC and nothing else; the answer says so in capitalised text."""
    body = client.one(PROJECT, path={"projectId": project_id}, query={"includeCapabilities": "true"}, confirm=False)
    capabilities = body.get("capabilities")
    control = capabilities.get("versioncontrol") if isinstance(capabilities, dict) else None
    if not isinstance(control, dict):
        return False
    git = str(control.get("gitEnabled", "")).lower()
    return git == "false" or (not git and control.get("sourceControlType") == "Tfvc")


def _held(identity: Mapping[str, Any], name: str) -> str | None:
    """A property of an identity, out of its wrapping ``{"$type": "System.String", "$value": "…"}``."""
    properties = identity.get("properties")
    value = properties.get(name) if isinstance(properties, dict) else None
    text = value.get("$value") if isinstance(value, dict) else value
    return text if isinstance(text, str) and text else None
