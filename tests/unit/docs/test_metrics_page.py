"""docs/metrics.md knows every name in ``metrics.json``, and no other."""

import re
from datetime import UTC, datetime

from pipelines.main_job.metrics import RunMetrics
from pipelines.main_job.metrics_report import RunOutline, metrics_document
from tests.unit.docs.known import durations
from tests.unit.docs.markdown import page, spans_of
from transforms.metrics import SHARD_FRAMES

PAGE = page("docs/metrics.md")
NO_FACE = "frames_without_face_"
FAILED = "inputs_failed_"
OUTLINE = RunOutline(datetime(2026, 11, 1, tzinfo=UTC), 1.0, "DirectRunner", 1, 0, 0)
DOCUMENT = metrics_document(RunMetrics(), OUTLINE)
"""Of a run that counted nothing; all counters are there."""


def names_in(heading: str) -> set[str]:
    return {name for row in PAGE.table(heading) for name in spans_of(row[0])}


def test_every_key_of_the_document() -> None:
    assert names_in("key") == set(DOCUMENT)


def test_every_counter() -> None:
    # One row each stands for the reasons and the stages, which have the same beginning.
    patterns = {f"{NO_FACE}<reason>", f"{FAILED}<stage>"}
    plain = {name for name in DOCUMENT["counters"] if not name.startswith(NO_FACE)}
    assert names_in("counter") == plain | patterns


def test_every_reason_for_no_face() -> None:
    (text,) = (row[1] for row in PAGE.table("counter") if NO_FACE in row[0])
    reasons = {n.removeprefix(NO_FACE) for n in DOCUMENT["counters"] if n.startswith(NO_FACE)}
    assert set(spans_of(text)) == reasons


def test_every_distribution() -> None:
    assert names_in("distribution") == durations() | {SHARD_FRAMES}


def test_the_example_has_the_labels_of_the_table() -> None:
    from pipelines.main_job.metrics_report import seconds_of_steps

    (block,) = (block for block in PAGE.blocks if "time of all workers" in block.text)
    labels = [re.split(r"\s{2,}", line)[0] for line in block.text.splitlines()[1:]]
    assert set(labels) - {"...", "together"} <= set(seconds_of_steps(RunMetrics()))
