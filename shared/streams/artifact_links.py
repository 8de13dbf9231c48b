"""Links from commits and pull requests to tickets: neither reporting feed has them, so each artifact is asked about, in
lots.

Source: https://learn.microsoft.com/rest/api/azure/devops/wit/artifact-uri-query/query
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

from shared.ado.endpoints import wit
from shared.errors import ConnectorError, ContractError, UnavailableError
from shared.flow.base import Entity
from shared.flow.projects import TicketProject
from shared.flow.ticket_links import CommitTickets, PullRequestTickets, TicketLink
from shared.flow.tickets import Ticket, ticket_partition
from shared.mapping.times import need_time, to_text
from shared.mapping.values import need
from shared.streams.artifacts import Artifact, Artifacts
from shared.streams.base import Batch, Slice
from shared.streams.whole_lists import lots

LOT: Final = 200
"""More artifacts are refused; fewer may be, then a lot is halved."""
OVERLAP: Final = timedelta(minutes=5)


def read_artifact_links(slice_: Slice) -> Iterator[Batch]:
    """Artifacts that were read since the last time, and some of the others in turn, as a link alone changes neither
    commit nor pull request. One request when little changed.

    The watermark is ``read_at``, whose turn it is (``turn``), and how far an unfinished pass is (``began``, ``after``).
    """
    watermark = slice_.watermark or {}
    began = str(watermark.get("began") or to_text(slice_.now))
    kept = {"read_at": watermark.get("read_at"), "turn": watermark.get("turn", "")}
    artifacts, asking = Artifacts(slice_), _Asking(slice_)
    asked: set[str] = set()
    rest: list[Artifact] = []
    for lot in lots(artifacts.changed(_since(kept["read_at"]), after=watermark.get("after", "")), LOT):
        if len(lot) < LOT:
            rest = lot
            break
        if kept["read_at"] is not None:
            asked.update(one.key for one in lot)
        after = {"began": began, "after": lot[-1].key}
        yield Batch({**kept, **after}, tuple(asking.entities(lot)), read=LOT)
    # The first pass asks about all of them; later the last lot is filled with those whose turn it is.
    turn: list[Artifact] = []
    if kept["read_at"] is not None:
        asked.update(one.key for one in rest)
        turn = _turn(artifacts, kept["turn"], LOT - len(rest), asked)
    entities = tuple(asking.entities(rest + turn)) if rest or turn else ()
    done_at = {"read_at": began, "turn": turn[-1].key if turn else kept["turn"]}
    yield Batch(done_at, entities, read=len(rest) + len(turn), progress=1.0)


def _since(read_at: str | None) -> datetime | None:
    return need_time(read_at, "read_at") - OVERLAP if read_at else None


def _turn(artifacts: Artifacts, turn: str, count: int, asked: set[str]) -> list[Artifact]:
    """The next so many in key order, from the beginning again behind the last."""
    for after in (turn, ""):
        found = list(islice((one for one in artifacts.changed(None, after=after) if one.key not in asked), count))
        if found:
            return found
    return []


class _Asking:
    """Asks about lots and compares with what is stored."""

    def __init__(self, slice_: Slice) -> None:
        self._slice = slice_
        self._known: dict[str, dict[str, list[int]]] = {}
        projects = slice_.stored.all(TicketProject)
        self._away = {one.id for one in projects if one.unavailable_since or one.is_deleted or not one.is_imported}

    def entities(self, artifacts: list[Artifact]) -> Iterator[Entity]:
        """What changed: a row for the artifact, and one for each link that came or went."""
        found = self._ask({one.uri: one for one in artifacts})
        for one in artifacts:
            before = self._before(one)
            hidden = {number for number in before - found[one.id] if self._is_out_of_sight(number)}
            now = found[one.id] | hidden
            if now == before:
                continue
            # The artifact's row is what the next answer is compared with: stored before its links, and stopped there,
            # it would say that they are stored too.
            yield from (self._link(one, number, is_gone=False) for number in sorted(now - before))
            yield from (self._link(one, number, is_gone=True) for number in sorted(before - now))
            yield one.with_tickets(sorted(now), self._slice)

    def _before(self, artifact: Artifact) -> set[int]:
        if artifact.repo_id not in self._known:
            stored, prefix = self._slice.stored, f"|{artifact.repo_id}"
            linked: list[PullRequestTickets | CommitTickets] = [*stored.all(PullRequestTickets, prefix)]
            linked += stored.all(CommitTickets, prefix)
            self._known[artifact.repo_id] = {one.id: one.ticket_numbers for one in linked}
        return set(self._known[artifact.repo_id].get(artifact.id, ()))

    def _is_out_of_sight(self, number: int) -> bool:
        """Whether a ticket that is not named any more lies where nobody looks: that proves nothing about its link."""
        suffix = ticket_partition("", number)
        ticket = self._slice.stored.get(Ticket, suffix, f"{number:010d}")
        return ticket is not None and ticket.project_id in self._away

    def _ask(self, artifacts: dict[str, Artifact]) -> dict[str, set[int]]:
        """Ticket numbers by artifact id. A lot that is refused is asked in halves. Raises what one alone raises."""
        uris = list(artifacts)
        try:
            body = self._slice.client.one(wit.ARTIFACT_URI_QUERY, body={"artifactUris": uris})
        except (ContractError, UnavailableError) as e:
            if len(artifacts) == 1 or not _is_too_much(e):
                raise
            halves = uris[: len(uris) // 2], uris[len(uris) // 2 :]
            asked = [self._ask({uri: artifacts[uri] for uri in half}) for half in halves]
            return asked[0] | asked[1]
        given = need(body, "artifactUrisQueryResult", dict, "the answer about artifacts")
        by_uri = {_spelled(uri): items for uri, items in given.items()}
        return {one.id: set(_numbers(by_uri.get(_spelled(uri)) or ())) for uri, one in artifacts.items()}

    def _link(self, artifact: Artifact, number: int, *, is_gone: bool) -> TicketLink:
        return TicketLink(
            integration_id=self._slice.integration_id,
            id=f"{number}/{artifact.kind}/{artifact.id}",
            is_deleted=is_gone,
            deleted_at=self._slice.now if is_gone else None,
            link_type=artifact.kind,
            ado_rel="ArtifactLink",
            target_number=number,
            source_project_id=artifact.project_id,
            pull_request_id=artifact.id if artifact.kind == "pull_request" else None,
            commit_id=artifact.id if artifact.kind == "commit" else None,
            changed_at=self._slice.now,
        )


def _spelled(uri: str) -> str:
    """Separators come as ``%2F`` and ``%2f``, ids in any case."""
    return unquote(uri).lower()


def _numbers(items: Iterable[dict[str, Any]]) -> Iterator[int]:
    return (need(item, "id", int, "a work item of an artifact") for item in items)


def _is_too_much(error: ConnectorError) -> bool:
    return getattr(error.facts, "status", None) in (400, 413)
