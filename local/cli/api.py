"""A small client of our own HTTP API, as the portal would be one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from local.processes import StackError, pause
from local.stack import FUNCTION_KEY

_TIMEOUT_SECONDS = 60.0
_HEALTH_SECONDS = 5.0
_PAGE_ROWS = 1000


class ApiError(StackError):
    """A refusal of the API: its detail and remedy. ``checks`` are those of a failed connection test."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        detail = problem.get("detail") or problem.get("title") or f"the stack answered {status}"
        super().__init__(" ".join(filter(None, (detail, problem.get("remedy")))), exit_code=1)
        self.checks: list[dict[str, Any]] = problem.get("checks") or []


class ApiUnreachableError(StackError):
    """Nothing that speaks our API answers at this URL."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=1)


class Api:
    """One workspace's API at ``url``, like ``http://127.0.0.1:7071``. All calls raise ApiError, ApiUnreachableError."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["x-functions-key"] = FUNCTION_KEY

    def is_healthy(self) -> bool:
        """Whether our API answers here and all its parts do."""
        try:
            return "checks" in self._call("GET", "/health", timeout=_HEALTH_SECONDS)
        except (ApiError, ApiUnreachableError):
            return False

    def test_connection(self, base_url: str, email: str, token: str) -> dict[str, Any]:
        """The diagnosis: ``outcome``, ``message``, ``checks``, ..."""
        return self._call("POST", "/connections/test", {"base_url": base_url, "auth": _auth(email, token)})

    def create_integration(self, name: str, base_url: str, email: str, token: str) -> dict[str, Any]:
        """The new integration; its first sync has started."""
        body = {"name": name, "base_url": base_url, "auth": _auth(email, token)}
        return self._call("POST", "/integrations", body)

    def newest_run(self, integration_id: str) -> dict[str, Any] | None:
        """The last run that was started, without its streams."""
        runs = self._call("GET", f"/integrations/{integration_id}/runs", limit=1)["results"]
        return dict(runs[0]) if runs else None

    def run(self, integration_id: str, run_id: str) -> dict[str, Any]:
        """One run with its streams."""
        return self._call("GET", f"/integrations/{integration_id}/runs/{run_id}")

    def rows(self, integration_id: str, entities: str) -> Iterator[dict[str, Any]]:
        """Every stored row of a list, deleted ones included."""
        query: dict[str, Any] = {"limit": _PAGE_ROWS, "include_deleted": "true"}
        while True:
            page = self._call("GET", f"/integrations/{integration_id}/{entities}", **query)
            yield from page["results"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        timeout: float = _TIMEOUT_SECONDS,
        **query: Any,
    ) -> dict[str, Any]:
        pause()
        try:
            url = f"{self.url}/api/v1{path}"
            reply = self._session.request(method, url, json=body, params=query, timeout=timeout)
            answer = reply.json() if reply.content else {}
        except requests.JSONDecodeError:
            raise ApiUnreachableError(f"what answers at {self.url} is not our API") from None
        except requests.RequestException as e:
            raise ApiUnreachableError(f"no answer from {self.url} ({type(e).__name__})") from None
        if not isinstance(answer, dict):
            raise ApiUnreachableError(f"what answers at {self.url} is not our API")
        if not reply.ok:
            raise ApiError(reply.status_code, answer)
        return answer


def _auth(email: str, token: str) -> dict[str, str]:
    return {"type": "access_token", "email": email, "token": token}
