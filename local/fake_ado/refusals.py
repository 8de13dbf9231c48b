"""Refusals: an error envelope, or one of the other ways in which Azure DevOps says no.

A handler raises ``Refusal``; the server turns it into the answer. The envelope is that of ``WrappedException`` in
https://github.com/microsoft/azure-devops-python-api (``azure-devops/azure/devops/_models.py``).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from local.fake_ado.answers import Answer, empty, page, plain

ANONYMOUS_ID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
REALM = 'Basic realm="https://tfsprodweu2.visualstudio.com/"'


class Refusal(Exception):  # noqa: N818 - what the service does, not a defect of the fake
    """An answer that is not what was asked for."""

    def __init__(
        self,
        status: int,
        type_key: str,
        message: str,
        *,
        event_id: int = 3000,
        namespace: str = "Microsoft.TeamFoundation.Core.WebApi",
        custom: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.answer = plain(
            envelope(type_key, message, event_id=event_id, namespace=namespace, custom=custom),
            status=status,
            headers=headers,
        )


class OtherAnswer(Refusal):
    """A refusal that is no JSON envelope: an empty body, a page, a redirect."""

    def __init__(self, answer: Answer) -> None:
        Exception.__init__(self, f"HTTP {answer.status}")
        self.answer = answer


def envelope(
    type_key: str, message: str, *, event_id: int = 0, namespace: str, custom: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body of an error."""
    body: dict[str, Any] = {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"{namespace}.{type_key}, {namespace}",
        "typeKey": type_key,
        "errorCode": 0,
        "eventId": event_id,
    }
    if custom is not None:
        body["customProperties"] = custom
    return body


def project_not_found(name: str) -> Refusal:
    """Hidden, deleted or absent: the service does not tell which."""
    return Refusal(
        404,
        "ProjectDoesNotExistWithNameException",
        f"TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and "
        "that the project exists on the specified Azure DevOps Server.",
    )


def build_project_not_found(name: str) -> Refusal:
    """The build area answers 400 for such a project."""
    return Refusal(
        400,
        "ProjectDoesNotExistException",
        f"VS800075: The project with id '{name}' does not exist, or you do not have permission to access it.",
    )


def repository_not_found(name: str) -> Refusal:
    """Hidden, disabled, deleted or absent repository."""
    return Refusal(
        404,
        "GitRepositoryNotFoundException",
        f"TF401019: The Git repository with name or identifier {name} does not exist or you do not have permissions "
        "for the operation you are attempting.",
        namespace="Microsoft.TeamFoundation.Git.Server",
    )


def work_item_not_found(number: int) -> Refusal:
    """Deleted, unreadable or absent work item."""
    return Refusal(
        404,
        "WorkItemUnauthorizedAccessException",
        f"TF401232: Work item {number} does not exist, or you do not have permissions to read it.",
        event_id=3200,
        namespace="Microsoft.TeamFoundation.WorkItemTracking.Server",
    )


def permission_missing(user: str, descriptor: str, namespace_id: str, token: str, permission: str, bit: int) -> Refusal:
    """403 with the permission's name, and its numbers in ``customProperties``."""
    return Refusal(
        403,
        "AccessCheckException",
        f"Access Denied: {user} needs the following permission(s) on the resource {token} to perform this action: "
        f"{permission}",
        namespace="Microsoft.TeamFoundation.Framework.Server",
        custom={
            "Descriptor": descriptor,
            "IdentityDisplayName": user,
            "Token": token,
            "RequestedPermissions": bit,
            "NamespaceId": namespace_id,
        },
    )


def invalid_argument(message: str, *, type_key: str = "InvalidQueryParameterException", event_id: int = 0) -> Refusal:
    """400 for a parameter or body that does not fit."""
    return Refusal(400, type_key, message, event_id=event_id, namespace="Microsoft.VisualStudio.Services.Common")


def licence_missing(feature: str) -> Refusal:
    """403: the access level does not include the feature."""
    return Refusal(
        403,
        "MissingLicenseException",
        f"TF400409: You do not have licensing rights to access this feature: {feature}",
        namespace="Microsoft.TeamFoundation.Server.Core",
    )


def not_authorized(user_id: str, challenge: str) -> Refusal:
    """401 with TF400813: not a member, or (with the anonymous id) a token that means nothing."""
    return Refusal(
        401,
        "UnauthorizedRequestException",
        f"TF400813: The user '{user_id}' is not authorized to access this resource.",
        namespace="Microsoft.TeamFoundation.Framework.Server",
        headers={"WWW-Authenticate": challenge},
    )


def scope_missing() -> Refusal:
    """401 with an empty body and only a Basic challenge."""
    return OtherAnswer(empty(401, {"WWW-Authenticate": REALM}))


def sign_in_page(*, is_redirect: bool) -> Refusal:
    """What an unauthenticated caller gets who did not ask for a plain 401."""
    if is_redirect:
        where = "https://spsprodweu2.vssps.visualstudio.com/_signin?realm=dev.azure.com&protocol=&hid=0"
        return OtherAnswer(page("Object moved", "Object moved to here.", status=302, headers={"Location": where}))
    return OtherAnswer(page("Azure DevOps Services | Sign In", "Sign in to continue.", status=203))


def unauthenticated(tenant_id: str) -> Refusal:
    """401 with an empty body and all the challenges."""
    challenge = f"Bearer authorization_uri=https://login.microsoftonline.com/{tenant_id}, {REALM}, TFS-Federated"
    return OtherAnswer(empty(401, {"WWW-Authenticate": challenge}))


def expired(form: str) -> Refusal:
    """The sentence about the expired token, as JSON, as text, or as the title of a page."""
    sentence = "Access Denied: The Personal Access Token used has expired."
    headers = {"WWW-Authenticate": REALM, "X-TFS-ServiceError": quote(sentence)}
    if form == "html":
        return OtherAnswer(page(sentence, sentence, status=401, headers=headers))
    if form == "text":
        return OtherAnswer(Answer(401, sentence.encode(), "text/plain; charset=utf-8", headers))
    return Refusal(
        401, "AccessCheckException", sentence, namespace="Microsoft.TeamFoundation.Framework.Server", headers=headers
    )


def conditional_access(form: str) -> Refusal:
    """403 with VS403463."""
    sentence = "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed."
    if form == "html":
        return OtherAnswer(page("Access denied", sentence, status=403))
    return Refusal(403, "VssServiceException", sentence, namespace="Microsoft.VisualStudio.Services.Common")


def global_token_blocked() -> Refusal:
    """401 whose reason is only in a header."""
    reason = "Organization policy prohibits the use of global Personal Access Tokens unless they are on an allow list."
    headers = {"X-TFS-ServiceError": quote(reason), "WWW-Authenticate": REALM}
    return OtherAnswer(page("Azure DevOps Services | Unauthorized", "401", status=401, headers=headers))


def wrong_tenant() -> Refusal:
    """A bearer token of another tenant may meet a 429 that no waiting ends."""
    headers = {
        "Retry-After": "600",
        "X-RateLimit-Resource": "AzureDevOps/DBCPU",
        "X-RateLimit-Limit": "4000",
        "X-RateLimit-Remaining": "0",
    }
    return OtherAnswer(empty(429, headers))


def not_found_page() -> Refusal:
    """404 as a page: no such organisation, no such route."""
    return OtherAnswer(page("The resource cannot be found.", "HTTP 404.", status=404))


def too_many_requests(namespace: str) -> Refusal:
    """429 with TF400733; the headers with the times are the limit's."""
    return Refusal(
        429,
        "RequestBlockedException",
        "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource "
        f"TotalTSTUs in namespace {namespace}.",
        namespace="Microsoft.TeamFoundation.Framework.Server",
    )
