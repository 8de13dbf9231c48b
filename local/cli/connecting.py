"""The way that every command goes with an organisation: test, create, follow the first sync, say what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape

from local.cli.api import Api, ApiError
from local.cli.progress import follow_first_run
from local.cli.table import failures, run_table
from local.processes import StackError

NOT_CONNECTED = 3
"""Exit code when the connection test fails."""
_STYLES = {"passed": "green", "failed": "bold red", "warning": "yellow", "skipped": "dim"}


@dataclass(frozen=True, slots=True)
class Organization:
    """Which organisation to connect, with whose token, under which name."""

    base_url: str
    email: str
    token: str = field(repr=False)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """The integration and its first run, which has ended, with its streams."""

    integration: dict[str, Any]
    run: dict[str, Any]


def connect(api: Api, organization: Organization, console: Console) -> Connected:
    """Connect an organisation and wait for its first sync. Raises StackError: one line with the remedy."""
    try:
        diagnosis = api.test_connection(organization.base_url, organization.email, organization.token)
        show_checks(diagnosis["checks"], console)
        if diagnosis["outcome"] != "connected":
            raise StackError(f"{diagnosis['message']}: see the failed checks above", exit_code=NOT_CONNECTED)
        console.print(f"[green]{escape(diagnosis['message'])}[/green] to {escape(diagnosis['base_url'])}")
        name = organization.name or diagnosis["organization"]
        integration = api.create_integration(name, organization.base_url, organization.email, organization.token)
        run = follow_first_run(api, integration["id"], console)
    except ApiError as e:
        show_checks(e.checks, console)
        if e.checks:
            raise StackError(str(e), exit_code=NOT_CONNECTED) from None
        raise
    console.print(run_table(run))
    for line in failures(run):
        console.print(line, style="bold red", markup=False, soft_wrap=True)
    return Connected(integration, run)


def show_checks(checks: list[dict[str, Any]], console: Console) -> None:
    """A line for each check, and one for what to do where that is not in it."""
    for check in checks:
        style = _STYLES.get(check["status"], "")
        label = f"[{style}]{check['status']:8}[/]" if style else f"{check['status']:8}"
        console.print(f"{label} {escape(check['id'])}: {escape(check['detail'])}", soft_wrap=True)
        if check["remedy"] and check["status"] != "passed" and check["remedy"] not in check["detail"]:
            console.print(f"         [bold]{escape(check['remedy'])}[/bold]", soft_wrap=True)
