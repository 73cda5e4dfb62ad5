"""Progress on stderr."""

from pathlib import Path

import pytest

from pipelines.main_job.progress_display import ProgressDisplay
from transforms.work.progress import ProgressWriter


def work(folder: str, counts: dict[str, int]) -> None:
    for name, count in counts.items():
        writer = ProgressWriter(folder, name)
        for _ in range(count):
            writer.frame_done()
        writer.finish()


def test_the_last_line_tells_all(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay([3, 4]) as display:
        folder = display.folder
        work(folder, {"a": 3, "b": 4})
    err = capsys.readouterr().err
    last = err.strip().splitlines()[-1]
    assert err.startswith("\r0 parts done: 0/7 frames\n")
    assert "? " not in err
    assert "2 parts done" in last
    assert "7/7 frames" in last
    assert "\x1b" not in err
    assert not Path(folder).exists()


@pytest.mark.parametrize("promised", [None, 2])
def test_headers_that_promise_nothing_or_too_little(
    promised: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with ProgressDisplay([promised]) as display:
        work(display.folder, {"a": 5})
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "5/5 frames" in last if promised else "5/? frames" in last


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay([3, 4], quiet=True) as display:
        work(display.folder, {"a": 3})
    assert capsys.readouterr() == ("", "")


def test_the_folder_goes_after_a_failure_too(capsys: pytest.CaptureFixture[str]) -> None:
    display = ProgressDisplay([None])
    with pytest.raises(ZeroDivisionError), display:
        raise ZeroDivisionError
    assert not Path(display.folder).exists()
