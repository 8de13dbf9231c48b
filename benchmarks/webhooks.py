"""Deliveries a second against the whole local stack, and how long answers take: ``python -m benchmarks.webhooks``.

Compare runs side by side on a quiet machine; nothing here is asserted.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import requests

from local.fake_ado.model import Subscription
from local.fake_ado.named_tokens import named_tokens
from local.fake_ado.testing import FakeAdo, start_fake
from tests.e2e.stack import Stack

ORGANIZATION = "contoso"
_WORKERS = 16


def _connect(stack: Stack, fake: FakeAdo) -> Subscription:
    """Connect the organisation; one of its subscriptions, once all are there."""
    home = fake.organization(ORGANIZATION)
    token = named_tokens(home)["good"]
    auth = {"type": "access_token", "email": home.identities[token.identity_id].account, "token": token.value}
    body = {"name": "Demo", "base_url": f"https://dev.azure.com/{ORGANIZATION}", "auth": auth}
    stack.wait(stack.call("POST", "/integrations", body).json()["id"])
    while not home.subscriptions:
        time.sleep(0.1)
    return next(iter(home.subscriptions.values()))


def _deliver(subscription: Subscription, rate: int, seconds: int, project_id: str) -> list[tuple[float, int]]:
    """Seconds and status of each answer. Each delivery leaves when it is due, however long others take."""
    inputs = subscription.consumer_inputs
    done: list[tuple[float, int]] = []
    begin, numbers, lock = time.perf_counter(), iter(range(rate * seconds)), threading.Lock()

    def work() -> None:
        session = requests.Session()
        session.auth = (inputs["basicAuthUsername"], inputs["basicAuthPassword"])
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            time.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            body = {
                "subscriptionId": subscription.id,
                "notificationId": number,
                "id": str(number),
                "eventType": ("workitem.updated", "build.complete")[number % 2],
                "resourceContainers": {"project": {"id": project_id}},
            }
            started = time.perf_counter()
            reply = session.post(inputs["url"], json=body, timeout=30)
            done.append((time.perf_counter() - started, reply.status_code))

    threads = [threading.Thread(target=work) for _ in range(_WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=50, help="deliveries a second")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with start_fake([ORGANIZATION]) as fake, tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), fake.url, in_memory=True)
        try:
            stack.start()
            subscription = _connect(stack, fake)
            project_id = next(iter(fake.organization(ORGANIZATION).projects))
            done = _deliver(subscription, options.rate, options.seconds, project_id)
        finally:
            stack.stop()
    times = sorted(seconds for seconds, _ in done)
    statuses = {status: sum(found == status for _, found in done) for _, status in done}
    at = {share: round(1000 * times[int(share * (len(times) - 1))], 1) for share in (0.5, 0.95, 0.99, 1.0)}
    print(f"{len(times)} deliveries, statuses {statuses}, milliseconds by share {at}")


if __name__ == "__main__":
    main()
