"""Folders that hold packages with the names of this program's own."""

import base64
import hashlib
import os
import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import cv2
import numpy as np
import pytest

from openface_core.errors import ConfigError
from pipelines import own_packages
from tests.fixtures.places import REPOSITORY

SCRIPT = "from pipelines.cli import script\nscript()\n"
"""What pip writes into the console script."""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The console script, in a folder of programs."""
    path = tmp_path / "bin" / "openface-beam"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with a picture in it."""
    path = tmp_path / "study"
    path.mkdir()
    cv2.imwrite(str(path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    return path


def perform(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(str(word) for word in words)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


RUN = ("--input", "a.png", "--output", "out", "--dry-run")


@pytest.mark.parametrize("name", ["models", "configs", "transforms"])
@pytest.mark.parametrize("command", [("run", *RUN), ("models", "list")])
def test_a_package_of_the_users_own_is_told_of_in_one_line(
    name: str, command: tuple[str, ...], folder: Path
) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    done = perform(folder, "-m", f"pipelines.{command[0]}", *command[1:])
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {folder / name}: found in place of this program's package")
    assert "`openface-beam`" in line


def test_a_module_of_the_users_own(folder: Path) -> None:
    (folder / "models.py").touch()
    done = perform(folder, "-m", "pipelines.run", *RUN)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {folder / 'models.py'}: ")


def test_mere_folders_hide_nothing(folder: Path) -> None:
    (folder / "models").mkdir()
    (folder / "configs").mkdir()
    done = perform(folder, "-m", "pipelines.run", *RUN)
    assert done.returncode == 0, done.stderr
    assert "1 input in 1 part to be analysed" in done.stdout


@pytest.mark.parametrize("is_package", [True, False])
def test_the_console_script_always_works(is_package: bool, folder: Path, script: Path) -> None:
    for name in ("models", "configs", "transforms", "pipelines", "openface_core"):
        (folder / name).mkdir()
        if is_package:
            (folder / name / "__init__.py").touch()
    done = perform(folder, script, "run", *RUN)
    assert done.returncode == 0, done.stderr
    assert "1 input in 1 part to be analysed" in done.stdout
    assert perform(folder, script, "models", "where", "embedded").returncode == 0


def test_a_package_of_another_distribution(folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    (site / "models").mkdir(parents=True)
    (site / "models" / "__init__.py").touch()
    information = site / "zoo-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: zoo\nVersion: 1\n")
    (information / "RECORD").write_text("models/__init__.py,,\n")
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from pipelines import cli; "
    done = perform(folder, "-c", f"{code} sys.exit(cli.main(['models', 'list']))")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {site / 'models'}: found in place of this program's package")
    assert "it is of the distribution zoo" in line
    assert "virtual environment of its own" in line


@pytest.mark.parametrize("text", ["", "# of another program"])
def test_a_package_that_was_installed_over_ours(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    information = tmp_path / "openface_beam-1.dist-info"
    information.mkdir()
    first = tmp_path / "models" / "__init__.py"
    first.parent.mkdir()
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"").digest()).rstrip(b"=").decode()
    (information / "RECORD").write_text(f"models/__init__.py,sha256={digest},0\n")
    first.write_text(text)
    monkeypatch.setattr(own_packages, "NAMES", ())
    monkeypatch.setattr(own_packages, "_ROOT", tmp_path)
    monkeypatch.setattr(own_packages, "files", lambda _: PathDistribution(information).files)
    if text == "":
        own_packages.check_own_packages()
    else:
        with pytest.raises(ConfigError, match="found in place of this program's package 'models'"):
            own_packages.check_own_packages()


@pytest.mark.slow
def test_processes_that_the_console_script_starts_ignore_the_folder(
    folder: Path, script: Path
) -> None:
    """Beam's workers are such processes."""
    for name in ("models", "configs", "transforms"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise ImportError('not this one')")
    arguments = ["--input", "a.png", "--output", "out", "--direct_running_mode=multi_processing"]
    done = perform(folder, script, "run", "--quiet", *arguments, "--direct_num_workers=1")
    assert done.returncode == 0, done.stderr
    assert "Wrote 1 of 1 inputs to out" in done.stdout
