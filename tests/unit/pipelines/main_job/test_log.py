"""The log of a program that calls this one from Python."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.main_job.log import beam_apart_from_log, log_kept, set_up_log
from pipelines.own_process import own_process
from tests.fixtures.places import REPOSITORY

_PROGRAM = """
import logging, sys
if sys.argv[1]:
    logging.basicConfig(filename=sys.argv[1], level=logging.INFO, format="%(name)s %(message)s")
root = logging.getLogger()
before = root.handlers[:], root.level, root.filters[:], [h.filters[:] for h in root.handlers]
from openface_beam import run, OpenFaceBeamError
for options in ({}, {"runner": "DirectRunner", "dry_run": True}):
    try:
        run("no such.mp4", sys.argv[2], models="embedded", quiet=True, **options)
    except OpenFaceBeamError as error:
        pass
assert "apache_beam" in sys.modules
after = root.handlers[:], root.level, root.filters[:], [h.filters[:] for h in root.handlers]
assert after == before, after
logging.getLogger("study").info("after")
"""


@pytest.mark.parametrize("has_file", [True, False])
def test_a_run_leaves_the_log_of_a_program_as_it_was(has_file: bool, tmp_path: Path) -> None:
    log = tmp_path / "study.log"
    words = [sys.executable, "-c", _PROGRAM, str(log) if has_file else "", str(tmp_path / "out")]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    if has_file:
        assert log.read_text() == "study after\n"


def test_only_the_handler_that_beam_brings_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])  # without those of pytest
    mine = logging.StreamHandler()
    with log_kept():
        logging.basicConfig()
        root.addHandler(mine)
    assert root.handlers == [mine]


def test_a_command_writes_warnings_to_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    set_up_log()
    assert root.handlers == []
    with own_process():
        set_up_log()
    assert len(root.handlers) == 1


def test_the_level_that_a_program_gives_beam_stays() -> None:
    of_beam = logging.getLogger("apache_beam")
    before = of_beam.level
    try:
        for level, after in ((logging.NOTSET, logging.WARNING), (logging.INFO, logging.INFO)):
            of_beam.setLevel(level)
            with beam_apart_from_log():
                assert of_beam.level == logging.ERROR
            assert of_beam.level == after
    finally:
        of_beam.setLevel(before)
