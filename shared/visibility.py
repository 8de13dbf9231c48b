"""What the account can see of the organisation: its projects, and the Git repositories in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from shared import checks as ids
from shared.checks import Checks
from shared.errors import ConnectorError, CredentialError, TransientError
from shared.probes import Found
from shared.verdicts import trouble

MAX_NAMED: Final = 20
LISTED_AT_ONCE: Final = 1000
"""So many projects the list gives at most; there may be more."""

_BE_READER: Final = "Add the account to the Readers of each project that shall be connected."


def judge_projects(checks: Checks, projects: Found, readers: Found, administrator: Found) -> None:
    """Whether there is a project that the account can read.

    ``readers``: project id -> whether the account may read its code, or None where that was not asked.
    """
    if isinstance(projects, CredentialError):
        return  # the scope's own check says why
    if isinstance(projects, ConnectorError):
        checks.undecided(ids.PROJECT_READER, trouble(projects))
    elif not projects and administrator is True:
        checks.failed(
            ids.PROJECT_READER,
            "The organization is empty: it has no project that a Project Collection Administrator can read.",
            "Verify the base URL; create a project, or add the account to the Readers of those that there are.",
        )
    elif not projects:
        checks.failed(ids.PROJECT_READER, "The account can read no project.", _BE_READER)
    else:
        _judge_some(checks, {str(item.get("id")): str(item.get("name")) for item in projects}, readers)


def _judge_some(checks: Checks, names: Mapping[str, str], readers: Found) -> None:
    many = f"{LISTED_AT_ONCE} or more" if len(names) >= LISTED_AT_ONCE else str(len(names))
    detail = f"Projects the account can read: {many} ({named(names.values(), 3)})."
    closed = [names[id_] for id_, may in readers.items() if not may] if isinstance(readers, dict) else []
    if closed:
        detail += f" Without the right to read code, which Readers have: {named(closed)}."
        checks.warned(ids.PROJECT_READER, detail, _BE_READER)
    else:
        checks.passed(ids.PROJECT_READER, detail)


def judge_repos(checks: Checks, repos: Found, tfvc: Mapping[str, Found], unasked: int) -> None:
    """Which projects keep their code in TFVC, which is not read. ``tfvc``: project name -> whether it is TFVC only."""
    if isinstance(repos, ConnectorError):
        if isinstance(repos, TransientError):
            checks.skipped(ids.GIT_REPOS, trouble(repos))
        return
    only = [name for name, found in tfvc.items() if found is True]
    unknown = unasked + sum(isinstance(found, ConnectorError) for found in tfvc.values())
    disabled = [str(repo.get("name")) for repo in repos if repo.get("isDisabled")]
    parts = [f"Git repositories the account can see: {len(repos)}"]
    if disabled:
        parts.append(f"of them disabled, and so not read: {len(disabled)} ({named(disabled)})")
    if unknown:
        parts.append(f"projects without Git that were not looked at for TFVC: {unknown}")
    if only:
        parts.append(f"projects with TFVC alone: {named(only)}")
        checks.warned(
            ids.GIT_REPOS, "; ".join(parts) + ".",
            "TFVC is not read. Move the code to a Git repository to see its commits and pull requests.",
        )  # fmt: skip
    else:
        checks.passed(ids.GIT_REPOS, "; ".join(parts) + ".")


def named(names: Iterable[str], at_most: int = MAX_NAMED) -> str:
    """The first names, and an ellipsis where there are more."""
    known = list(names)
    return ", ".join(known[:at_most]) + (", …" if len(known) > at_most else "")
