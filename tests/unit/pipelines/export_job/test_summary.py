"""What a person is told at the end of an export, and the exit status."""

from dataclasses import replace

import pytest

from pipelines.export_job.summary import ExportSummary
from transforms.problems import Problem, Severity

SUMMARY = ExportSummary("out", ("csv",), inputs=3, written=2, finished=1, problems=(), seconds=1.0)


def problems(count: int) -> tuple[Problem, ...]:
    return tuple(
        Problem(str(k), f"{k}.mp4", Severity.ERROR, "decoding", "it is gone", "Find it.")
        for k in range(count)
    )


@pytest.mark.parametrize(
    ("written", "finished", "failed", "expected"),
    [(3, 0, 0, 0), (0, 3, 0, 0), (2, 0, 1, 3), (0, 2, 1, 3), (0, 0, 3, 1)],
)
def test_the_exit_status_tells_whether_all_went_well(
    written: int, finished: int, failed: int, expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = replace(SUMMARY, written=written, finished=finished, problems=problems(failed))
    assert summary.exit_status == expected
    assert summary.tell() == expected
    assert capsys.readouterr().err.count("it is gone. Find it.") == failed


@pytest.mark.parametrize(
    ("inputs", "written", "finished", "failed", "in_part", "expected"),
    [
        (1, 1, 0, 0, 0, "Wrote csv of 1 input to out in 1.0 s; 0 inputs failed."),
        (3, 3, 0, 0, 0, "Wrote csv of 3 inputs to out in 1.0 s; 0 inputs failed."),
        (1, 0, 1, 0, 0, "Nothing to do: the input is complete in out."),
        (3, 0, 3, 0, 0, "Nothing to do: all 3 inputs are complete in out."),
        (
            3, 1, 1, 1, 0,
            "Wrote csv of 1 of 3 inputs (1 was complete before) to out in 1.0 s; "
            "1 input failed: see out/errors.parquet.",
        ),
        (
            5, 2, 2, 1, 1,
            "Wrote csv of 2 of 5 inputs (2 were complete before) to out in 1.0 s; "
            "0 inputs failed, 1 was written in some formats only: see out/errors.parquet.",
        ),
        (
            1, 0, 0, 1, 0,
            "Wrote csv of 0 of 1 input to out in 1.0 s; 1 input failed: see out/errors.parquet.",
        ),
    ],
)  # fmt: skip
def test_what_was_done_is_told_in_words(
    inputs: int, written: int, finished: int, failed: int, in_part: int, expected: str
) -> None:
    summary = replace(
        SUMMARY, inputs=inputs, written=written, finished=finished,
        problems=problems(failed), in_part=in_part,
    )  # fmt: skip
    assert str(summary) == expected


def test_inputs_without_gaze_are_named() -> None:
    summary = replace(SUMMARY, without_gaze=("a", "b", "c", "d"))
    assert "\nGaze is 0 in the CSV of a, b, c and 1 more: it was not measured" in str(summary)
    assert "Gaze" not in str(SUMMARY)
