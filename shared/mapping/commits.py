"""Git's commits, and the REST API's, to Flow's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.ado.blame import LineAges
from shared.ado.git_commits import CountedCommit
from shared.ado.git_objects import Signed
from shared.ado.line_counts import LineCounts
from shared.flow.commits import Commit
from shared.flow.repos import Repo
from shared.mapping.times import need_time
from shared.mapping.values import AdoItem, guid, need, text

MAX_MESSAGE: Final = 8_000
"""Characters of a message that are kept."""
_LONGEST_NAME: Final = 500


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push: when, and by whom."""

    at: datetime
    by: str | None
    by_name: str | None


@dataclass(frozen=True, slots=True)
class CommitMapping:
    """What all commits of one reading have in common."""

    repo: Repo
    rework_days: int
    now: datetime

    def of_git(self, counted: CountedCommit, pushed: Pushed | None = None) -> Commit:
        """A commit read over git."""
        commit = counted.commit
        return self._commit(
            commit.sha,
            commit.message,
            pushed,
            author_name=commit.author.name[:_LONGEST_NAME],
            author_email=commit.author.email[:_LONGEST_NAME],
            author_date=_date(commit.author),
            author_tzoffset=commit.author.offset,
            author_local_date=_local(commit.author),
            committer_name=commit.committer.name[:_LONGEST_NAME],
            committer_email=commit.committer.email[:_LONGEST_NAME],
            committer_date=_date(commit.committer),
            committer_tzoffset=commit.committer.offset,
            parents=list(commit.parents),
            is_merge=len(commit.parents) > 1,
            **_lines(counted.lines, counted.lines_reason),
            **_ages(counted.ages, counted.ages_reason),
        )

    def of_rest(self, item: AdoItem, reason: str, pushed: Pushed | None = None) -> Commit:
        """A listed commit (``git/commits``), for when git itself cannot be read; ``reason`` says why.

        Source: https://learn.microsoft.com/rest/api/azure/devops/git/commits/get-commits
        """
        sha = need(item, "commitId", str, "a commit").lower()
        author, committer = (need(item, role, dict, f"commit {sha}") for role in ("author", "committer"))
        parents = item.get("parents")
        authored = need_time(author.get("date"), f"commit {sha}: author's date")
        return self._commit(
            sha,
            text(item, "comment") or "",
            pushed,
            author_name=text(author, "name") or "",
            author_email=text(author, "email") or "",
            author_date=authored,
            author_local_date=authored,
            committer_name=text(committer, "name") or "",
            committer_email=text(committer, "email") or "",
            committer_date=need_time(committer.get("date"), f"commit {sha}: committer's date"),
            parents=parents if isinstance(parents, list) else None,
            is_merge=len(parents) > 1 if isinstance(parents, list) else None,
            cut=item.get("commentTruncated") is True,
            **_lines(None, reason),
            **_ages(None, reason),
        )

    def _commit(self, sha: str, message: str, pushed: Pushed | None, *, cut: bool = False, **fields: Any) -> Commit:
        link = self.repo.commit_url
        return Commit(
            integration_id=self.repo.integration_id,
            id=sha,
            url=link.replace("{sha}", sha) if link else None,
            repo_id=self.repo.id,
            project_id=self.repo.project_id,
            message=message[:MAX_MESSAGE],
            message_truncated=cut or len(message) > MAX_MESSAGE,
            rework_days=self.rework_days,
            first_pushed_at=pushed.at if pushed else None,
            pushed_by=pushed.by if pushed else None,
            pushed_by_name=pushed.by_name if pushed else None,
            updated_at=self.now,
            **fields,
        )


def to_pushed(item: AdoItem) -> tuple[Pushed, list[str]]:
    """A listed push with the new tips it brought. A deleted branch's, all zeros, leads nowhere.

    Source: https://learn.microsoft.com/rest/api/azure/devops/git/pushes/list
    """
    what = f"push {item.get('pushId')}"
    by = item.get("pushedBy")
    pushed = Pushed(
        need_time(item.get("date"), f"{what}: date"),
        guid(by["id"], f"{what}: pushedBy") if isinstance(by, dict) and by.get("id") else None,
        text(by, "displayName") if isinstance(by, dict) else None,
    )
    updates = [update for update in item.get("refUpdates") or () if isinstance(update, dict)]
    return pushed, [str(update["newObjectId"]).lower() for update in updates if update.get("newObjectId")]


def _date(signed: Signed) -> datetime:
    return datetime.fromtimestamp(signed.seconds, UTC)


def _local(signed: Signed) -> datetime:
    try:
        return _date(signed) + timedelta(seconds=signed.offset)
    except OverflowError:
        return _date(signed)


def _lines(lines: LineCounts | None, reason: str | None) -> dict[str, Any]:
    if lines is None:
        return {"lines": "not_computed", "lines_reason": reason}
    counts = {name: getattr(lines, name) for name in LineCounts.__dataclass_fields__}
    return {"lines": "computed", **counts}


def _ages(ages: LineAges | None, reason: str | None) -> dict[str, Any]:
    if ages is None:
        return {"work_types": "not_computed", "work_types_reason": reason}
    return {
        "work_types": "computed",
        "new_work": ages.added,
        "churn": ages.own_recent,
        "help_others": ages.others_recent,
        "legacy_refactor": ages.old,
    }
