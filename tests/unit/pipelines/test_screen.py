"""Processes without standard output or error."""

import io
import subprocess
import sys

import pytest

from pipelines.screen import printed, screen
from tests.fixtures.places import REPOSITORY


def test_texts_go_nowhere_where_there_is_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, name in ((screen, "stderr"), (printed, "stdout")):
        there = io.StringIO()
        monkeypatch.setattr(sys, name, there)
        assert stream() is there
        monkeypatch.setattr(sys, name, None)
        assert stream().write("text") == 4
        assert not stream().isatty()


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("docs", 0),
        ("docs no_such_page", 2),
        ("--version", 0),
        ("no_such_command", 2),
        ("export --help", 0),
        ("export", 2),
        ("run --input no_such.mp4 --output {} --models embedded", 2),
    ],
)
def test_a_command_whose_streams_are_closed(words: str, status: int) -> None:
    command = f"{sys.executable} -m pipelines.cli {words.format('/nonexistent/out')}"
    for closed in ("2>&-", ">&-", "<&- >&- 2>&-"):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{command} {closed}"],
            cwd=REPOSITORY, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == status, closed
        assert "Traceback" not in done.stderr
