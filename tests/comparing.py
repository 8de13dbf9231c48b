"""What is stored against what is true of the fake Azure DevOps, row by row and field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rows = Mapping[str, Mapping[str, Any]]
"""Rows of one list by id, as the API gives them."""


def differences(name: str, have: Rows, truth: Mapping[str, Any]) -> list[str]:
    """Every difference of one list as a line: missing and extra ids, and fields that are not as they should be.

    ``truth`` is the fake's (``local/fake_ado/truth.py``). Left out is what no reading can be held to: what the truth
    calls unknowable, and former names of things that were renamed after they were read.
    """
    want = {row["id"]: row for row in truth[name]}
    excused = {id_ for ids in truth["unknowable"].values() for id_ in ids}
    found = [f"{name} {id_}: missing" for id_ in sorted(want.keys() - have.keys() - excused)]
    found += [
        f"{name} {id_}: extra" for id_ in sorted(have.keys() - want.keys()) if not _is_excused(have[id_], excused)
    ]
    former = _former_names(truth)
    for id_ in sorted(want.keys() & have.keys()):
        for field, value in want[id_].items():
            if name == "repos" and have[id_]["is_deleted"] and field not in ("is_deleted", "deleted_at"):
                continue  # what changed between the last list and the deletion is in no list
            # A rename changes names without a revision: rows read before it may still have the former one.
            right = [value, *former.get(value, [])] if isinstance(value, str) else [value]
            if have[id_].get(field, "no such field") not in right:
                found.append(f"{name} {id_} {field}: stored {have[id_].get(field)!r}, true {value!r}")
    return found


def _is_excused(row: Mapping[str, Any], unknowable: set[str]) -> bool:
    """A row about something that cannot be read now (its rows stay), or an end that was the last when it was read."""
    ids = {row.get("project_id"), row.get("repo_id"), *str(row["id"]).split("/")}
    if row.get("is_current") is False:
        return True  # history that the source shows no more: a moved tag's former place, a commit that was pushed away
    return str(row["id"]).endswith("/ended") or bool(ids & unknowable)


def _former_names(truth: Mapping[str, Any]) -> dict[str, list[str]]:
    former: dict[str, list[str]] = {}
    for spelling in truth["spellings"]:
        former.setdefault(spelling["now"], []).extend(spelling["former"])
    return former
