"""Times to the first frame: which count, and how they are told."""

from collections.abc import Iterator

import pytest

from benchmarks.first_frame import MARKS
from benchmarks.startup import Moment, as_markdown, medians, parser


def test_the_first_run_does_not_count() -> None:
    runs: Iterator[float] = iter([90.0, 3.0, 1.0, 2.0])

    def measure() -> dict[str, Moment]:
        wall = next(runs)
        return {"first frame": Moment(wall, 10 * wall)}

    assert medians(measure, 3) == {"first frame": Moment(2.0, 20.0)}
    assert list(runs) == []


def test_the_table() -> None:
    moments = {mark: Moment(float(k), k / 2) for k, mark in enumerate(MARKS)}
    lines = as_markdown({"pipelines.run": moments}, 5).splitlines()
    assert lines[0].startswith("Medians of 5 runs")
    assert lines[-1] == "| `pipelines.run` | first frame | 4.00 | 2.00 |"
    assert len(lines) == 4 + len(MARKS)


def test_either_a_video_or_the_demo() -> None:
    assert parser().parse_args(["--demo"]).video is None
    for words in ([], ["--demo", "--video", "a.mp4"]):
        with pytest.raises(SystemExit):
            parser().parse_args(words)
