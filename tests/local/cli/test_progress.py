from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from local.cli.connecting import show_checks
from local.cli.progress import LiveProgress, PlainProgress, totals
from local.cli.table import failures, run_table


def stream(name: str, project: str | None, status: str = "running", **fields) -> dict[str, Any]:
    return {
        "stream": name, "project_id": project, "project_name": project, "repo_id": None, "status": status,
        "read": 1, "written": 10, "skipped": 2, "requests": 3, "seconds": 0.5, "errors": 0, "progress": 0.5,
        "error": None, "error_code": None, "remedy": None,
    } | fields  # fmt: skip


def run(*streams: dict[str, Any], status: str = "running", progress: float = 0.25) -> dict[str, Any]:
    return {"kind": "initial", "status": status, "progress": progress, "error": None, "streams": list(streams)}


def written(show) -> str:
    """What a terminal 80 columns wide is shown."""
    out = StringIO()
    show(Console(file=out, width=80))
    return out.getvalue()


def test_streams_are_added_up_over_their_projects():
    one, other = totals(
        run(
            stream("projects", None, "succeeded", progress=1.0),
            stream("tickets", "A"),
            stream("tickets", "B", "failed", progress=1.0),
        )
    )
    assert (one.stream, one.units, one.ended, one.state) == ("projects", 1, 1, "done")
    assert (other.stream, other.rows, other.requests, other.progress) == ("tickets", 20, 6, 0.75)
    assert other.state == "1 of 2 units"


def test_a_throttled_stream_says_so():
    (one,) = totals(run(stream("tickets", "A", "rate_limited"), stream("tickets", "B", "succeeded")))
    assert one.state == "throttled"


def test_without_a_terminal_each_stream_is_one_line_when_it_ends_and_time_passes_in_lines():
    clock = iter([0.0, 1.0, 1.0, 6.0, 6.5]).__next__

    def show(console: Console) -> None:
        with PlainProgress(console, clock) as progress:
            progress.show(run(stream("projects", None, "succeeded"), stream("tickets", "A")))
            progress.show(run(stream("projects", None, "succeeded"), stream("tickets", "A"), progress=0.5))

    assert written(show).splitlines() == [
        "projects: 10 rows, 3 requests, done",
        "50%: 20 rows, 6 requests, running",
    ]


def test_a_terminal_gets_a_line_for_each_stream_within_80_columns():
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None)
    with LiveProgress(console) as progress:
        progress.show(run(stream("tickets_backfill", "A", written=1_234_567, requests=98_765)))
    line = [line for line in out.getvalue().splitlines() if "tickets_backfill" in line][-1]
    assert "1,234,567 rows 98,765 requests 0 of 1 units" in line


def test_the_closing_table_fits_80_columns_and_adds_up():
    done = run(
        stream(
            "tickets_backfill",
            "A project with a name",
            "succeeded",
            written=1_234_567,
            requests=123_456,
            seconds=1234.5,
        ),
        stream("projects", None, "succeeded"),
        status="succeeded",
    )
    text = written(lambda console: console.print(run_table(done)))
    lines = [line.split() for line in text.splitlines()]
    assert ["organisation", "projects", "10", "2", "3", "0.5"] in lines
    assert ["all", "1,234,577", "4", "123,459", "1235.0"] in lines
    assert "tickets_backfill" in text
    assert "1234.5" in text


def test_the_repos_of_a_project_are_one_line():
    repos = [stream("commits", "B", "succeeded", repo_id=repo, written=n) for repo, n in (("x", 5), ("y", 7))]
    done = run(repos[0], stream("commits", "A"), stream("builds", "B"), repos[1], status="succeeded")
    lines = [line.split() for line in written(lambda console: console.print(run_table(done))).splitlines()]
    assert [line for line in lines if "commits" in line] == [
        ["A", "commits", "10", "2", "3", "0.5"],
        ["B", "commits", "12", "4", "6", "1.0"],
    ]


def test_a_remedy_that_the_detail_says_already_is_not_repeated():
    said = {"id": "base_url", "status": "failed", "detail": "It must begin with https://. Use X.", "remedy": "Use X."}
    other = {**said, "detail": "It is wrong."}
    assert written(lambda console: show_checks([said], console)).count("Use X.") == 1
    assert written(lambda console: show_checks([other], console)).count("Use X.") == 1


def test_failures_name_project_stream_and_remedy():
    ended = run(
        stream("tickets", None, "succeeded"),
        stream("pull_requests", "B", "failed_project", error="B cannot be read.", remedy="Give the account Read."),
        stream("sprints", "B", "failed"),
        status="partially_failed",
    )
    assert failures(ended) == ["B, pull_requests: B cannot be read. Give the account Read.", "B, sprints: failed"]
