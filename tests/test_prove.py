import json
import subprocess
import sys
from datetime import UTC, datetime

from tests.prove import REPO, machine, page

LINES = [
    {"proof": "Soak", "figures": {"ticks": 672, "memory_growth": 0.0312}},
    {"proof": "Crash points", "figures": {"points": 1784, "seed": "1", "rows_identical": True}},
]


def test_the_page_has_each_proof_with_its_figures_its_day_and_its_machine():
    text = page(LINES, "a machine", datetime(2026, 11, 2, tzinfo=UTC), 12.4)
    assert "on 2026-11-02 in 12 minutes, on a machine" in text
    assert text.index("## Crash points") < text.index("## Soak")
    assert "| points | 1,784 |" in text
    assert "| memory growth | 0.03 |" in text
    assert "| rows identical | True |" in text


def test_the_machine_is_named():
    assert "cores" in machine()


def collected(**environment):
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/simulation"]
    done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_proofs_run_only_when_asked_for():
    plain, asked = collected(), collected(PROVE="1")
    assert plain < asked
    assert not {line for line in plain if "in_full" in line}
    assert {line for line in asked if "in_full" in line}


def test_figures_are_kept_where_they_are_asked_for(tmp_path):
    kept = tmp_path / "figures"
    program = "from tests.figures import record; record('Disorder', histories=50)"
    subprocess.run([sys.executable, "-c", program], cwd=REPO, env={"PROVE_FIGURES": str(kept)}, check=True)
    assert json.loads(kept.read_text()) == {"proof": "Disorder", "figures": {"histories": 50}}
