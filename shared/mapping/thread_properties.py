"""What a system thread says in its properties: which kind it is, and who it is about.

The names are in no specification; they are those of Microsoft's own replies and client code, for example
https://github.com/MicrosoftDocs/vsts-rest-api-specs (git, ``httpExamples/pullRequestThreads``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.mapping.values import AdoItem, guid, text


@dataclass(frozen=True, slots=True)
class Actor:
    """A person by alias id, with the name the source shows; the id is None where only a name is told."""

    id: str | None
    name: str | None


NOBODY = Actor(None, None)


class ThreadProperties:
    """The properties of one thread, by name whatever its case, unwrapped from ``{"$type", "$value"}``."""

    def __init__(self, thread: AdoItem) -> None:
        self._what = f"thread {thread.get('id')}"
        self._identities: AdoItem = thread.get("identities") or {}
        self._values: dict[str, Any] = {
            name.lower(): value.get("$value") if isinstance(value, dict) else value
            for name, value in (thread.get("properties") or {}).items()
        }

    @property
    def kind(self) -> str | None:
        """``VoteUpdate``, ``RefUpdate`` and the like; None for what people write."""
        return self.get("CodeReviewThreadType")

    def get(self, name: str) -> str | None:
        """A property as text; None where it is absent or empty."""
        return text(self._values, name.lower())

    def flag(self, name: str) -> bool | None:
        """A property that says yes or no (``1``, ``0``, ``True``, ``False``); None where it says neither."""
        return {"1": True, "true": True, "0": False, "false": False}.get((self.get(name) or "").lower())

    def actor(self, stem: str) -> Actor:
        """Who did it, from ``{stem}Identity`` (an index into the thread's identities) or the older ``{stem}TfId``.

        ``NOBODY`` where the thread does not tell.
        """
        people = self.people(stem)
        return people[0] if people else Actor(None, self.get(f"{stem}DisplayName"))

    def people(self, stem: str) -> list[Actor]:
        """Everybody named by properties that begin with ``{stem}Identity`` or ``{stem}TfId``, each once."""
        found: dict[str, Actor] = {}
        for form, read in (("Identity", self._by_index), ("TfId", self._by_id)):
            prefix = f"{stem}{form}".lower()
            for name in sorted(name for name in self._values if name.startswith(prefix)):
                actor = read(str(self._values[name]), stem)
                if actor is not None and actor.id is not None:
                    found.setdefault(actor.id, actor)
        return list(found.values())

    def _by_index(self, index: str, stem: str) -> Actor | None:
        identity = self._identities.get(index)
        if not isinstance(identity, dict):
            return None
        return Actor(guid(identity.get("id"), f"{self._what}: {stem}"), text(identity, "displayName"))

    def _by_id(self, value: str, stem: str) -> Actor | None:
        if value in ("", "None"):
            return None
        return Actor(guid(value, f"{self._what}: {stem}"), self.get(f"{stem}DisplayName"))
