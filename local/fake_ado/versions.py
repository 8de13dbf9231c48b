"""``api-version``: which ones an operation takes, and how the service refuses the others.

Source: https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-versioning
"""

from __future__ import annotations

import re

from local.fake_ado.refusals import Refusal

_FORM = re.compile(r"^(\d{1,2})\.(\d{1,2})(?:-preview(?:\.(\d{1,2}))?)?$")
_IN_ACCEPT = re.compile(r"api-version=([^;,\s]+)", re.IGNORECASE)
NEWEST = (7, 2)
OLDEST = (1, 0)


def asked_version(query_value: str, accept: str) -> str:
    """The version in the query, else in the Accept header, else ""."""
    found = _IN_ACCEPT.search(accept)
    return query_value or (found.group(1) if found else "")


def check_version(asked: str, declared: str, method: str) -> None:
    """Refuse with 400 a version that the operation (``declared``, as ``7.1`` or ``7.1-preview.3``) does not take.

    A GET may leave it out. A revision of a preview is taken only as declared: the fake plays no other.
    """
    if not asked:
        if method not in ("GET", "HEAD", "OPTIONS"):
            raise _refusal(
                "VssVersionNotSpecifiedException",
                f'No api-version was supplied for the "{method}" request. The version must be supplied either as part '
                'of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter (e.g. '
                '"?api-version=1.0").',
            )
        return
    found = _FORM.match(asked)
    if found is None:
        raise _refusal("VssInvalidApiResourceVersionException", f"The api resource version '{asked}' is not valid.")
    number = (int(found.group(1)), int(found.group(2)))
    if not OLDEST <= number <= NEWEST:
        raise _out_of_range(asked)
    _check_preview(asked, number, found.group(3), declared)


def _check_preview(asked: str, number: tuple[int, int], revision: str | None, declared: str) -> None:
    is_preview = "-preview" in asked
    declared_number, _, declared_revision = declared.partition("-preview.")
    major, minor = (int(part) for part in declared_number.split("."))
    if not is_preview and (declared_revision or number > (major, minor)):
        raise _refusal(
            "VssInvalidPreviewVersionException",
            f'The requested version "{asked}" of the resource is under preview. The -preview flag must be supplied in '
            f'the api-version for such requests. For example: "{asked}-preview"',
        )
    if declared_revision and revision and number == (major, minor) and revision != declared_revision:
        raise _out_of_range(asked)


def _out_of_range(asked: str) -> Refusal:
    return _refusal(
        "VssVersionOutOfRangeException",
        f"The requested REST API version of {asked} is out of range for this server. The latest REST API version this "
        "server supports is 7.2.",
    )


def _refusal(type_key: str, message: str) -> Refusal:
    return Refusal(400, type_key, message, event_id=3000, namespace="Microsoft.VisualStudio.Services.WebApi")
