"""The app with an Entra application of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.fake_ado.testing import FakeAdo
from shared.services import Services
from shared.vault import Secret
from tests.functions.api import Api
from tests.functions.oauth.sign_in import CLIENT, PORTAL, SECRET_NAME, SignIn


@pytest.fixture(scope="module")
def more_settings() -> dict[str, str]:
    return {
        "OAUTH_CLIENT_ID": CLIENT,
        "OAUTH_TENANT": "organizations",
        "OAUTH_SECRET_NAME": SECRET_NAME,
        "PUBLIC_BASE_URL": "https://flow.example",
        "PORTAL_ORIGIN": PORTAL,
    }


@pytest.fixture(scope="module", autouse=True)
def _app_secret(parts: Services, fake: FakeAdo) -> None:
    parts.vault.put(SECRET_NAME, Secret(fake.settings.entra_secret))


@pytest.fixture(autouse=True)
def _usual_sign_in(fake: FakeAdo) -> Iterator[None]:
    before = dict(vars(fake.settings))
    yield
    vars(fake.settings).update(before)
    fake.clear_faults()


@pytest.fixture
def sign_in(api: Api) -> SignIn:
    return SignIn(api)
