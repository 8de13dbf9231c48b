"""One simulated customer: an organisation, its integration, syncs, changes, and what is stored in the end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from local.fake_ado.generate import make_organization
from local.fake_ado.model import Organization
from local.fake_ado.mutate import mutate
from local.fake_ado.named_tokens import equip, main_account, named_tokens
from local.fake_ado.sizes import SIZES, Size
from local.fake_ado.truth import truth
from shared.errors import TransientError
from shared.flow.catalog import ENTITIES, LISTS
from shared.flow.integration import Integration
from shared.flow.rows import from_row, to_json
from shared.flow.tickets import TicketRevision, ticket_events
from shared.integration_store import new_integration_id
from shared.integrations import change, create, sync
from shared.requests import AccessToken, IntegrationChange, NewIntegration, ServiceSwitches
from shared.runs import Run
from shared.storage import COVERAGE, RUNS, WATERMARKS
from shared.table_rules import Row, Value
from shared.vault import Secret
from tests.comparing import differences
from tests.engine import new_integration
from tests.simulation.host import Host
from tests.simulation.scheduler import KilledError
from tests.simulation.world import START, World

BORN: Final = START - timedelta(minutes=1)
LISTED: Final = (
    "ticket_projects", "users", "repos", "sprints", "tickets", "pull_requests", "pull_request_comments",
    "pull_request_events",
)  # fmt: skip
SMALLEST: Final = "smallest"
"""A size of our own: quick enough for thousands of histories."""
SIZES.setdefault(
    SMALLEST,
    Size(SIZES["tiny"].projects, people=12, tickets=14, revisions=50, longest=8, repositories=2, pull_requests=6,
         commits=24, builds=4),
)  # fmt: skip
_SWITCHES: Final = ServiceSwitches(webhooks=False)


def organization(seed: int, name: str = "demo", size: str = SMALLEST) -> Organization:
    """Made from the seed, at a fixed time."""
    made = make_organization(name, seed, size, BORN)
    equip(made)
    made.follows_wall_clock = False
    return made


class Customer:
    """An integration in a world, kept by a host."""

    def __init__(self, world: World, host: Host, source: Organization) -> None:
        self.world = world
        self.host = host
        self.source = source
        self.id = ""

    @property
    def services(self) -> Any:
        return self.host.workers[0].services

    @property
    def integration(self) -> Integration:
        found = self.services.integrations.load("acme", self.id)
        assert found is not None
        return found  # type: ignore[no-any-return]

    def connect(self) -> None:
        """Store the integration and its secret, as creating it does after its connection test."""
        services = self.services
        made = new_integration(self.world.clock, name=self.source.name, organization=self.source.name)
        name = services.secrets.keep(made.workspace, made.id, Secret(self._token))
        self.id = services.integrations.create(replace(made, secret_name=name)).id

    def create(self) -> None:
        """Create it by the API's own call, connection test and first sync included, again until there is an answer."""
        wanted = NewIntegration(self.source.name, f"https://dev.azure.com/{self.source.name}", self._auth, _SWITCHES)
        self.id = self.id or new_integration_id()
        while True:
            # What is sent again has the same key, and so the same id.
            with suppress(KilledError, TransientError):
                self.host.call(lambda worker: create(worker.services, "acme", wanted, self.id))
                return

    def reconnect(self) -> None:
        """Enter the token again, as the API does."""
        change(self.services, self.integration, IntegrationChange(auth=self._auth), only_this=False)

    @property
    def _auth(self) -> AccessToken:
        return AccessToken(email=main_account(self.source).account, token=self._token)

    @property
    def _token(self) -> str:
        return named_tokens(self.source)["good"].value

    def start(self, *, full: bool = False) -> Run:
        """Ask for a sync as the API does."""
        return sync(self.services, self.integration, full=full)

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        return self.services.runs.list(self.id, 1000)[0]  # type: ignore[no-any-return]

    def change(self, seed: int, changes: int) -> None:
        """Things happen in Azure DevOps."""
        self.source.now = max(self.source.now, self.world.now)
        mutate(self.source, seed, changes)
        self.world.now = max(self.world.now, self.source.now)

    def differences(self) -> list[str]:
        """What is stored that is not true, and the other way round."""
        processed_at = self.services.runs.state(self.id).initial_processed_at
        assert processed_at is not None
        expected = truth(self.source, processed_at)
        found = []
        for name in LISTED:
            have = {entity.id: to_json(entity) for entity in self._entities(LISTS[name])}
            found += differences(name, have, expected)
        return found + differences("ticket_events", self._events(), expected)

    def _entities(self, kind: type[Any]) -> list[Any]:
        rows = [row for row in self.world.tables.rows(kind.TABLE) if str(row["PartitionKey"]).startswith(self.id)]
        return [from_row(kind, row) for row in rows]

    def _events(self) -> dict[str, Any]:
        revisions = sorted(self._entities(TicketRevision), key=lambda one: (one.number, one.rev))
        before: dict[int, TicketRevision] = {}
        found = {}
        for revision in revisions:
            for event in ticket_events(before.get(revision.number), revision):
                found[event.id] = to_json(event)
            before[revision.number] = revision
        return found

    def rows(self) -> dict[tuple[str, str, str], Row]:
        """Every row of what was ingested, without moments of reading and the integration's id."""
        found = {}
        for table in sorted({entity.TABLE for entity in ENTITIES} | {COVERAGE}):
            for row in self.world.tables.rows(table):
                partition = str(row["PartitionKey"])
                if partition.startswith(self.id):
                    kept = {name: _timeless(value) for name, value in row.items()} | {"PartitionKey": ""}
                    kept.pop("detail" if table == COVERAGE else "", None)  # names the day of the first processing
                    found[table, partition.removeprefix(self.id), str(row["RowKey"])] = kept
        return found

    def unfinished(self) -> list[str]:
        """What should be over and is not: runs, leases, messages."""
        now: datetime = self.world.now
        left = [
            f"run {row['RowKey']} {row['status']}"
            for row in self.world.tables.rows(RUNS)
            if row.get("status") in ("running", "rate_limited")
        ]
        left += [f"lease {row['RowKey']}" for row in self.world.tables.rows(WATERMARKS) if _is_held(row, now)]
        return left + [f"{len(self.world.queues)} messages"] * bool(len(self.world.queues))


def _timeless(value: Value) -> Value:
    """Moments since the beginning are when something was read: all that happened in the source lies before."""
    return "then" if isinstance(value, datetime) and value >= START else value


def _is_held(row: Row, now: datetime) -> bool:
    until = row.get("until")
    return bool(row.get("owner")) and isinstance(until, datetime) and until > now
