"""The command that makes the demo corpus."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.demo import main
from tests.conftest import REPOSITORY


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("--output", "--run", "--models", "ground_truth.json"))


def test_help_waits_for_no_library() -> None:
    code = (
        "import sys, pipelines.demo\n"
        "assert not {'numpy', 'cv2', 'av', 'skimage', 'apache_beam'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_scikit_image_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    assert main(["--output", str(tmp_path / "demo")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: scikit-image: it is not installed")
    assert len(captured.err.splitlines()) == 1
