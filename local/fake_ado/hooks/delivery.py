"""Delivering: attempts, waits, probation.

Source: https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot (failure types, probation). One deviation
from https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks: loopback addresses are accepted, and they
alone are ever called.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import orjson

from local.fake_ado import access
from local.fake_ado.hooks.events import Event, Notification
from local.fake_ado.hooks.filters import wants
from local.fake_ado.hooks.payload import body
from local.fake_ado.model import Organization, Subscription
from local.fake_ado.times import current

if TYPE_CHECKING:
    from local.fake_ado.state import Fake

TRANSIENT = {408, 502, 503, 504}
TRANSIENT_WAITS = (1, 2, 4, 8, 16, 32, 60, 60)
PROBATION_WAITS = tuple(60 * minutes for minutes in (20, 40, 80, 160, 320, 640, 900))
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
KEPT = 500
_AT_ONCE = 32


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended. ``status`` is 0 where no answer came."""

    status: int
    text: str

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_transient(self) -> bool:
        return self.status == 0 or self.status in TRANSIENT


class Hub:
    """Takes the events of all organisations and delivers them. Lives in one event loop; ``accept`` is thread-safe."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(_AT_ONCE)
        self.notifications: dict[str, list[Notification]] = defaultdict(list)
        self.lost = 0
        """Events that a subscription on probation or a disabled one did not get."""

    def start(self) -> None:
        """Begin to deliver, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def stop(self) -> None:
        """Give up what is under way."""
        self._loop = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def accept(self, event: Event) -> None:
        """Take an event, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._dispatch, event)

    def _dispatch(self, event: Event) -> None:
        for subscription in list(event.organization.subscriptions.values()):
            if not wants(subscription, event) or not self._may_see(event, subscription):
                continue
            if subscription.status != "enabled" or self._fake.settings.hooks_are_lost:
                self.lost += 1
                continue
            notification = self.note(event, subscription)
            for _ in range(self._fake.settings.hook_copies):
                task = asyncio.get_running_loop().create_task(
                    self._deliver(event.organization, subscription, notification)
                )
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _may_see(self, event: Event, subscription: Subscription) -> bool:
        """A subscription acts as the one who changed it last; it ends with that person's membership."""
        organization = event.organization
        who = organization.identities.get(subscription.modified_by or subscription.created_by)
        if who is None or not who.is_active:
            subscription.status = "disabledByInactiveIdentity"
            return False
        project = organization.projects.get(event.project_id)
        return project is not None and access.sees(organization, who, project)

    def note(self, event: Event, subscription: Subscription) -> Notification:
        """Begin a notification."""
        subscription.notifications += 1
        notification = Notification(
            id=subscription.notifications,
            subscription_id=subscription.id,
            event_id=event.id,
            subscriber_id=subscription.modified_by or subscription.created_by,
            created=current(event.organization),
            body=body(subscription, event, subscription.notifications),
        )
        kept = self.notifications[subscription.id]
        kept.append(notification)
        del kept[:-KEPT]
        return notification

    async def _deliver(self, organization: Organization, subscription: Subscription, note: Notification) -> None:
        await self._wait(self._fake.settings.hook_lag_seconds)
        outcome = await self.attempt(subscription, note)
        for wait in TRANSIENT_WAITS:
            if not outcome.is_transient:
                break
            await self._wait(wait)
            if subscription.id not in organization.subscriptions:
                return
            outcome = await self.attempt(subscription, note)
        finish(note, outcome, current(organization))
        if outcome.status == 410:
            subscription.status = "disabledBySystem"
        elif not outcome.is_success and subscription.status == "enabled":
            await self._probation(organization, subscription, note)

    async def _probation(self, organization: Organization, subscription: Subscription, note: Notification) -> None:
        """Try the same event again, ever later; success ends it, the last failure disables the subscription."""
        subscription.status, subscription.probation_retries = "onProbation", 0
        for wait in PROBATION_WAITS:
            await self._wait(wait)
            if subscription.id not in organization.subscriptions or subscription.status != "onProbation":
                return
            outcome = await self.attempt(subscription, note)
            finish(note, outcome, current(organization))
            if outcome.is_success:
                subscription.status, subscription.probation_retries = "enabled", 0
                return
            subscription.probation_retries += 1
            if outcome.status == 410:
                break
        subscription.status = "disabledBySystem"

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._fake.settings.hook_time_scale)

    async def attempt(self, subscription: Subscription, note: Notification) -> Outcome:
        """Send it once. No answer in time, and no connection, count as status 0."""
        inputs = subscription.consumer_inputs
        note.status, note.attempts = "requestInProgress", note.attempts + 1
        headers = request_headers(subscription, note)
        note.request = f"Method: POST\nURI: {inputs['url']}\nHTTP Version: 1.1"
        if urlsplit(inputs["url"]).hostname not in LOOPBACK or self._session is None:
            return Outcome(0, "The remote name could not be resolved: the fake calls loopback addresses only.")
        started = time.perf_counter()
        try:
            async with (
                self._free,
                self._session.post(
                    inputs["url"],
                    data=orjson.dumps(note.body),
                    headers=headers,
                    allow_redirects=False,
                    ssl=inputs.get("acceptUntrustedCerts", "").lower() != "true",
                    timeout=aiohttp.ClientTimeout(total=self._fake.settings.hook_timeout_seconds),
                ) as response,
            ):
                text = (await response.content.read(4096)).decode(errors="replace")
                return Outcome(response.status, text)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Outcome(0, type(error).__name__)
        finally:
            note.seconds = time.perf_counter() - started


def request_headers(subscription: Subscription, note: Notification) -> dict[str, str]:
    """The headers of a delivery: the subscription's own lines, its credentials, and the service's."""
    inputs = subscription.consumer_inputs
    headers = {}
    for line in inputs.get("httpHeaders", "").splitlines():
        name, colon, text = line.partition(":")
        if colon:
            headers[name.strip()] = text.strip()
    user, password = inputs.get("basicAuthUsername", ""), inputs.get("basicAuthPassword", "")
    if user or password:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    headers["Content-Type"] = "application/json; charset=utf-8"
    headers["User-Agent"] = "VSServices/19.255.36128.5 (NetStandard; Linux)"
    headers["X-VSS-SubscriptionId"] = subscription.id
    headers["X-VSS-ActivityId"] = note.event_id
    return headers


def finish(note: Notification, outcome: Outcome, moment: datetime) -> None:
    """Write the end of an attempt into the notification."""
    note.completed = moment
    note.status, note.result = "completed", "succeeded" if outcome.is_success else "failed"
    note.response = f"Status Code: {outcome.status}\n{outcome.text}" if outcome.status else ""
    note.error = "" if outcome.is_success else f"{outcome.text or 'The request failed'} ({outcome.status})"
