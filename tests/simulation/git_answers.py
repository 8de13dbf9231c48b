"""What git answers, kept by what it depends on: a process for each of a million requests would take days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from local.fake_ado.answers import Answer
from local.fake_ado.git_http import GitRequest, serve
from local.fake_ado.git_repository import bare_repository
from local.fake_ado.model import Organization, Repository

_KEPT = 4000


@dataclass(frozen=True)
class Asked:
    """A repository that is only made on disk when git has to be asked."""

    organization: Organization
    repository: Repository

    @property
    def refs(self) -> tuple[Any, ...]:
        history = self.organization.histories[self.repository.id]
        return self.repository.default_branch, *sorted(history.refs.items())


_answers: dict[tuple[Any, ...], Answer] = {}


def _serve(asked: Asked, request: GitRequest) -> Answer:
    # Names of objects are hashes of their contents, so that the same refs hold the same history.
    key = (asked.refs, request)
    if key not in _answers:
        if len(_answers) >= _KEPT:
            _answers.clear()
        _answers[key] = serve(bare_repository(asked.organization, asked.repository), request)
    known = _answers[key]
    return Answer(known.status, known.content, known.content_type, dict(known.headers))


async def _at_once(call: Callable[[], Answer]) -> Answer:
    return call()


def keep_git_answers(set_attribute: Callable[[Any, str, Any], None]) -> None:
    """Put it into place with ``set_attribute(object, name, value)``."""
    from local.fake_ado.areas import git_http

    set_attribute(git_http, "bare_repository", Asked)
    set_attribute(git_http, "serve", _serve)
    set_attribute(git_http, "asyncio", SimpleNamespace(to_thread=_at_once))
