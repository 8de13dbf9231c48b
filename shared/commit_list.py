"""The list of commits with the tickets of each: one look at a range of rows for each repo of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.flow.rows import from_row
from shared.flow.ticket_links import CommitTickets
from shared.lists import read_page

if TYPE_CHECKING:
    from shared.tables import Tables

COMMITS: Final = "commits"


def read_commits_page(tables: Tables, integration_id: str, query: Any) -> dict[str, Any]:
    """A page as ``read_page`` gives it, each commit with ``work_item_ids``. Raises ApiProblem 400 for a bad cursor."""
    page = read_page(tables, integration_id, COMMITS, query)
    shas: dict[str, list[str]] = {}
    for row in page["results"]:
        shas.setdefault(row["repo_id"], []).append(row["id"])
    linked = {repo_id: _linked(tables, f"{integration_id}|{repo_id}", found) for repo_id, found in shas.items()}
    rows = [{**row, "work_item_ids": linked[row["repo_id"]].get(row["id"], [])} for row in page["results"]]
    return {**page, "results": rows}


def _linked(tables: Tables, partition: str, shas: list[str]) -> dict[str, list[int]]:
    """Ticket numbers by sha, of those between the first and the last; most commits have none."""
    rows = tables.query(
        CommitTickets.TABLE,
        partition=partition,
        row_from=min(shas),
        row_to=max(shas) + "!",
    )
    found = (from_row(CommitTickets, one.row) for one in rows)
    return {one.sha: one.ticket_numbers for one in found}
