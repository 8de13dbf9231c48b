"""How far commits are read, as a watermark keeps it."""

from __future__ import annotations

from datetime import timedelta

from shared.streams.commit_progress import MOST_ANCHORS, Progress
from tests.streams.playing import NOW


def test_a_watermark_is_read_as_it_was_written():
    progress = Progress().begun(NOW)
    for week in range(20):
        progress = progress.with_anchor(NOW + timedelta(days=7 * week), ["1" * 40] * 50)
        progress = progress.with_anchor(NOW + timedelta(days=7 * week + 1), ["2" * 40])
    assert len(progress.anchors) == MOST_ANCHORS
    assert Progress.load(progress.watermark()) == progress
    assert Progress.load(None) == Progress()
    last = NOW + timedelta(days=7 * 19)
    assert progress.known_before(last + timedelta(days=40), 30) == ("1" * 40,) * 16
    assert Progress().known_before(NOW, 30) == ()
