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
