"""The console script and its sub-commands."""

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

from openface_core import __version__
from pipelines import cli
from tests.fixtures.places import REPOSITORY


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([word]) == 0
    out = capsys.readouterr().out
    assert all(name in out and text in out for name, text in cli.COMMANDS.items())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"openface-beam {__version__}\n"


def test_no_command_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage:")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("fly", ""),
        ("--fly", ""),
        ("", ""),
        ("exportt", " Did you mean export?"),
        ("--verison", " Did you mean --version?"),
    ],
)
def test_what_is_no_command(word: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([word]) == 2
    told = f"error: unknown command {word!r}.{hint} See `openface-beam --help`.\n"
    assert capsys.readouterr() == ("", told)


def test_a_command_gets_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("pipelines.fake")
    seen: list[list[str]] = []

    def main(argv: list[str]) -> int:
        seen.append(argv)
        return 7

    module.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pipelines.fake", module)
    monkeypatch.setitem(cli.COMMANDS, "fake", "does nothing")
    assert cli.main(["fake", "--a", "b"]) == 7
    assert seen == [["--a", "b"]]


def test_the_main_job_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module("pipelines.run")
    assert callable(module.main)
    with pytest.raises(SystemExit) as caught:
        cli.main(["run", "--help"])
    assert caught.value.code == 0
    assert "--input" in capsys.readouterr().out


def test_the_script_ends_the_process() -> None:
    code = (
        "import atexit, os, sys\n"
        "from pipelines.cli import script\n"
        "sys.argv = ['openface-beam', '--version']\n"
        "atexit.register(lambda: print(os.environ['PYTHONSAFEPATH']))\n"
        "script()\n"
        "print('it goes on')\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout) == (0, f"openface-beam {__version__}\n1\n")
