"""Links from pull requests to tickets: neither reporting feed has them, so each pull request is asked about, in lots.

Source: https://learn.microsoft.com/rest/api/azure/devops/wit/artifact-uri-query/query
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote

from shared.ado.endpoints import wit
from shared.errors import ConnectorError, ContractError, UnavailableError
from shared.flow.base import Entity
from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest
from shared.flow.ticket_links import PullRequestTickets, TicketLink
from shared.flow.tickets import Ticket, ticket_partition
from shared.mapping.times import need_time, to_text
from shared.mapping.values import need
from shared.streams.base import Batch, Slice
from shared.streams.whole_lists import lots

LOT: Final = 200
"""More artifacts are refused; fewer may be, then a lot is halved."""
OVERLAP: Final = timedelta(minutes=5)


def read_artifact_links(slice_: Slice) -> Iterator[Batch]:
    """Pull requests that were read since the last time, and some of the others in turn, as a link alone changes no pull
    request. One request when little changed.

    The watermark is ``read_at``, whose turn it is (``turn``), and how far an unfinished pass is (``began``, ``after``).
    """
    watermark = slice_.watermark or {}
    asking = _Asking(slice_)
    rows = sorted((one for one in slice_.stored.all(PullRequest) if not one.is_deleted), key=_key)
    began = str(watermark.get("began") or to_text(slice_.now))
    fresh = [one for one in rows if _is_fresh(one, watermark) and _key(one) > watermark.get("after", "")]
    kept = {"read_at": watermark.get("read_at"), "turn": watermark.get("turn", "")}
    whole = len(fresh) - len(fresh) % LOT
    for done, lot in enumerate(lots(fresh[:whole], LOT), 1):
        after = {"began": began, "after": _key(lot[-1])}
        yield Batch({**kept, **after}, tuple(asking.entities(lot)), read=LOT, progress=done * LOT / (len(fresh) + LOT))
    rest = fresh[whole:]
    # The first pass asks about all of them; later the last lot is filled with those whose turn it is.
    asked = {_key(one) for one in fresh}
    quiet = [one for one in rows if kept["read_at"] is not None and _key(one) not in asked]
    turn = _turn(quiet, kept["turn"], LOT - len(rest))
    entities = tuple(asking.entities(rest + turn)) if rest or turn else ()
    done_at = {"read_at": began, "turn": _key(turn[-1]) if turn else kept["turn"]}
    yield Batch(done_at, entities, read=len(rest) + len(turn), progress=1.0)


def _key(row: PullRequest) -> str:
    return f"{row.repo_id}|{row.row_key()}"


def _is_fresh(row: PullRequest, watermark: dict[str, Any]) -> bool:
    read_at = watermark.get("read_at")
    return read_at is None or row.read_at >= need_time(read_at, "read_at") - OVERLAP


def _turn(rows: list[PullRequest], turn: str, count: int) -> list[PullRequest]:
    """The next so many in key order, from the beginning again behind the last."""
    behind = [row for row in rows if _key(row) > turn][:count]
    return behind or rows[:count]


class _Asking:
    """Asks about lots and compares with what is stored."""

    def __init__(self, slice_: Slice) -> None:
        self._slice = slice_
        self._known = {one.id: one for one in slice_.stored.all(PullRequestTickets)}
        projects = slice_.stored.all(TicketProject)
        self._away = {one.id for one in projects if one.unavailable_since or one.is_deleted or not one.is_imported}

    def entities(self, rows: list[PullRequest]) -> Iterator[Entity]:
        """What changed: a row for the pull request, and one for each link that came or went."""
        found = self._ask({_uri(row): row for row in rows})
        for row in rows:
            known = self._known.get(row.id)
            before = set(known.ticket_numbers) if known else set()
            hidden = {number for number in before - found[row.id] if self._is_out_of_sight(number)}
            now = found[row.id] | hidden
            if now == before:
                continue
            # The pull request's row is what the next answer is compared with: stored before its links, and stopped
            # there, it would say that they are stored too.
            yield from (self._link(row, number, is_gone=False) for number in sorted(now - before))
            yield from (self._link(row, number, is_gone=True) for number in sorted(before - now))
            yield PullRequestTickets(
                integration_id=row.integration_id,
                id=row.id,
                repo_id=row.repo_id,
                number=row.number,
                ticket_numbers=sorted(now),
                read_at=self._slice.now,
            )

    def _is_out_of_sight(self, number: int) -> bool:
        """Whether a ticket that is not named any more lies where nobody looks: that proves nothing about its link."""
        suffix = ticket_partition("", number)
        ticket = self._slice.stored.get(Ticket, suffix, f"{number:010d}")
        return ticket is not None and ticket.project_id in self._away

    def _ask(self, rows: dict[str, PullRequest]) -> dict[str, set[int]]:
        """Ticket numbers by pull request id. A lot that is refused is asked in halves. Raises what one alone raises."""
        try:
            body = self._slice.client.one(wit.ARTIFACT_URI_QUERY, body={"artifactUris": list(rows)})
        except (ContractError, UnavailableError) as e:
            if len(rows) == 1 or not _is_too_much(e):
                raise
            uris = list(rows)
            halves = uris[: len(uris) // 2], uris[len(uris) // 2 :]
            return {id_: found for half in halves for id_, found in self._ask({uri: rows[uri] for uri in half}).items()}
        given = need(body, "artifactUrisQueryResult", dict, "the answer about artifacts")
        by_uri = {_spelled(uri): items for uri, items in given.items()}
        return {row.id: set(_numbers(by_uri.get(_spelled(uri)) or ())) for uri, row in rows.items()}

    def _link(self, row: PullRequest, number: int, *, is_gone: bool) -> TicketLink:
        return TicketLink(
            integration_id=row.integration_id,
            id=f"{number}/pull_request/{row.id}",
            is_deleted=is_gone,
            deleted_at=self._slice.now if is_gone else None,
            link_type="pull_request",
            ado_rel="ArtifactLink",
            target_number=number,
            source_project_id=row.project_id,
            pull_request_id=row.id,
            changed_at=self._slice.now,
        )


def _uri(row: PullRequest) -> str:
    return f"vstfs:///Git/PullRequestId/{row.project_id}%2F{row.repo_id}%2F{row.number}"


def _spelled(uri: str) -> str:
    """Separators come as ``%2F`` and ``%2f``, ids in any case."""
    return unquote(uri).lower()


def _numbers(items: Iterable[dict[str, Any]]) -> Iterator[int]:
    return (need(item, "id", int, "a work item of an artifact") for item in items)


def _is_too_much(error: ConnectorError) -> bool:
    return getattr(error.facts, "status", None) in (400, 413)
