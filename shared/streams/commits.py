"""Commits of one repo, of all its branches, with line counts and work types.

One request tells the tips of all branches; as long as they are those of the last time, nothing else is asked. What
new tips lead to and known ones do not is read over git (``shared.ado.git_commits``), where that is refused by REST.
Commits of the six months before the first processing are stored, and later ones: those committed since then, and
whatever is built upon them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.ado.endpoints import git
from shared.ado.git import GitRemote, RepositoryMovedError
from shared.ado.git_commits import CommitReader, NewCommits
from shared.ado.git_graph import edges, heads
from shared.ado.git_objects import ObjectFolder
from shared.ado.git_wire import GitProtocolError, GitRefusedError
from shared.ado.transport import ReplyTooLargeError
from shared.errors import TransientError, UnavailableError
from shared.flow.commits import Commit
from shared.flow.repos import Repo
from shared.mapping.commits import CommitMapping
from shared.mapping.times import months_before
from shared.streams.base import Batch, Skip, Slice
from shared.streams.commit_list import listed_commits
from shared.streams.commit_progress import Progress, digest
from shared.streams.commit_pushes import Pushes
from shared.streams.commit_rows import CommitRows
from shared.streams.whole_lists import ROWS_IN_A_BATCH, lots

KIND: Final = "commits"
MONTHS: Final = 6
FEW: Final = 1_000
"""Of so many new commits each is looked up: it may have been stored, orphaned and pushed again."""

_REASONS: Final[dict[type[Exception], str]] = {
    GitRefusedError: "git_refused",
    GitProtocolError: "git_unreadable",
    ReplyTooLargeError: "too_large",
    UnavailableError: "git_unavailable",
}


def read_commits(slice_: Slice) -> Iterator[Batch]:
    """One request where nothing changed; else the new commits, then which are orphaned now, then the tips."""
    repo = slice_.stored.get(Repo, "", slice_.unit_id)
    progress = Progress.load(slice_.watermark)
    if repo is None or repo.is_deleted:
        yield Batch(progress.watermark())
        return
    if repo.is_disabled:
        yield Batch(replace(progress, disabled=True).watermark(), skips=(_disabled(repo),))
        return
    tips = _tips(slice_, repo)
    if progress.tips != digest(tips) or progress.began or progress.disabled:
        yield from _Round(slice_, repo, tips, progress).read()
    else:
        yield Batch(progress.watermark())


def _tips(slice_: Slice, repo: Repo) -> list[str]:
    path = {"project": repo.project_id, "repositoryId": repo.id}
    pages = slice_.client.pages(git.REFS, path=path, query={"filter": "heads/"})
    return sorted({str(item["objectId"]).lower() for page in pages for item in page.items if item.get("objectId")})


def _disabled(repo: Repo) -> Skip:
    detail = f"The repository {repo.name} is disabled in Azure DevOps: its commits cannot be read."
    return Skip(KIND, repo.id, "repo_disabled", detail, repo.project_id)


class _Round:
    """From the tips known to those of now."""

    def __init__(self, slice_: Slice, repo: Repo, tips: list[str], progress: Progress) -> None:
        self._slice, self._repo, self._tips = slice_, repo, tips
        self._rows = CommitRows(slice_, repo)
        stored = self._rows.tips()
        # A watermark that begins anew reads everything again, whatever the rows say.
        self._known = stored if progress.tips else []
        self._done = self._rows.changed_since(progress.began) if progress.began else set()
        self._progress = progress.begun(slice_.now)
        self._since = months_before(slice_.initial_processed_at, MONTHS)
        self._mapping = CommitMapping(repo, slice_.rework_days, slice_.now)

    def read(self) -> Iterator[Batch]:
        new = [tip for tip in self._tips if tip not in set(self._known)]
        lost = sorted(set(self._known).difference(self._tips))
        built_upon: set[str] = set()
        if new:
            built_upon = yield from self._new(new, lost)
        wrong: list[Commit] = []
        if not built_upon.issuperset(lost):
            wrong = self._rows.reachability(self._tips)
        for lot in lots(wrong, ROWS_IN_A_BATCH):
            yield Batch(self._progress.watermark(), tuple(lot))
        yield self._end()

    def _new(self, new: list[str], lost: list[str]) -> Generator[Batch, None, set[str]]:
        """The commits of new tips; returns those known before that they build upon."""
        remote = GitRemote(self._slice.client, self._repo.project_name, self._repo.name)
        # What a branch pointed to before is the likeliest ancestor of what it points to now.
        known = [*lost, *(tip for tip in self._known if tip not in set(lost))]
        reason = ""
        for filters in (True, False):
            try:
                if not filters or remote.abilities.filters:
                    return (yield from self._over_git(remote, new, known, filters=filters))
            except RepositoryMovedError:
                raise
            except tuple(_REASONS) as error:
                reason = reason or _REASONS[type(error)]
        if _tips(self._slice, self._repo) != self._tips:
            raise TransientError("branches moved while their commits were read", code="git.moved")
        yield from self._over_rest(new, reason)
        return set()

    def _over_git(
        self, remote: GitRemote, new: list[str], known: list[str], *, filters: bool
    ) -> Generator[Batch, None, set[str]]:
        now, rework_days = self._slice.now, self._slice.rework_days
        asked = NewCommits(
            tips=new,
            known=known,
            anchors=self._progress.known_before(now, rework_days),
            since=int(self._since.timestamp()),
            rework_days=rework_days,
            done=frozenset(self._done),
        )
        with ObjectFolder(remote) as folder:
            reader = CommitReader(folder, asked, filters=filters)
            pushes = Pushes(self._slice, self._repo, self._progress.pushed_at or self._since)
            pushed = pushes.of({commit.sha: commit.parents for commit in reader.new})
            again = bool(self._known) and len(reader.todo) <= FEW
            read = 0
            for lot in reader.counted():
                rows = [self._mapping.of_git(counted, pushed.get(counted.commit.sha)) for counted in lot]
                if again:
                    rows = [self._rows.with_first_push(row) for row in rows]
                read += len(lot)
                self._done.update(row.id for row in rows)
                yield Batch(
                    self._progress.watermark(), tuple(rows), read=len(lot), progress=0.99 * read / len(reader.todo)
                )
        self._note(reader, pushes.last, now - timedelta(days=rework_days + 14))
        return set(edges(reader.new))

    def _note(self, reader: CommitReader, pushed_at: datetime | None, early: datetime) -> None:
        """What the next rounds need to know of this one."""
        progress = replace(self._progress, pushed_at=pushed_at or self._progress.pushed_at)
        if not self._known:
            recent = [commit for commit in reader.new if commit.committer.seconds >= early.timestamp()]
            progress = replace(progress, left_out=reader.left_out, anchors=()).with_anchor(early, edges(recent))
        self._progress = progress.with_anchor(self._slice.now, heads(reader.new))

    def _over_rest(self, new: list[str], reason: str) -> Iterator[Batch]:
        """Without lines and work types, for what git does not give."""
        stored = [row for row in self._rows.all() if not row.is_orphaned and row.id not in self._done]
        known = {row.id for row in stored} if self._known else set()
        # Read anew, nothing that was counted once loses its lines.
        done = self._done | {row.id for row in stored if row.lines == "computed"}
        pushes = Pushes(self._slice, self._repo, self._progress.pushed_at or self._since)
        pushed = pushes.of(dict.fromkeys(new, ()))
        for items in listed_commits(self._slice.client, self._repo, new, self._since, known=known, done=done):
            rows = [self._mapping.of_rest(item, reason, pushed.get(str(item["commitId"]))) for item in items]
            for lot in lots(rows, ROWS_IN_A_BATCH):
                yield Batch(self._progress.watermark(), tuple(lot), read=len(lot))
        self._progress = replace(self._progress, pushed_at=pushes.last or self._progress.pushed_at)

    def _end(self) -> Batch:
        progress = self._progress.ended(self._tips)
        rows = tuple(self._rows.tip_rows(self._tips, self._progress.began))
        if not progress.left_out:
            return Batch(progress.watermark(), rows, unskipped=((KIND, self._repo.id),), progress=1.0)
        detail = (
            f"{progress.left_out} commits of the repository {self._repo.name} were made before "
            f"{self._since.date().isoformat()}, six months before the first processing."
        )
        skip = Skip(KIND, self._repo.id, "six_month_rule", detail, self._repo.project_id)
        return Batch(progress.watermark(), rows, skips=(skip,), progress=1.0)
