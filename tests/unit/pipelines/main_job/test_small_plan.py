"""Which runs do without Beam."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines.main_job import small_plan
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.prepare import WITHOUT_BEAM, prepare
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.places import REPOSITORY

FRAMES = 3


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "in").mkdir()
    for name in "ab":
        write_clip(folder / "in" / f"{name}.mp4", FRAMES)
        write_landmarks(folder / "points" / f"{name}.csv", face_clip(FRAMES)[1])
    return folder


def runner_of(
    corpus: Path, models: Path, *, runner: str | None = None, beam: Sequence[str] = ()
) -> str:
    arguments = RunArguments(
        (str(corpus / "in"),),
        str(corpus / "none"),
        models=str(models),
        landmarks=str(corpus / "points"),
        runner=runner,
        beam=tuple(beam),
        quiet=True,
    )
    return prepare(arguments).runner


@pytest.mark.parametrize(("most", "expected"), [(2 * FRAMES, WITHOUT_BEAM), (5, "DirectRunner")])
def test_frames_of_all_inputs_count(
    corpus: Path, models_folder: Path, most: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_plan, "SMALL_FRAMES", most)
    assert runner_of(corpus, models_folder) == expected


def test_a_header_that_does_not_say(
    corpus: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_plan, "promised_frames", lambda *_: None)
    assert runner_of(corpus, models_folder) == "DirectRunner"


def test_who_names_a_runner_or_an_option_of_beam_gets_beam(
    corpus: Path, models_folder: Path
) -> None:
    assert runner_of(corpus, models_folder, runner="DirectRunner") == "DirectRunner"
    assert runner_of(corpus, models_folder, beam=["--direct_num_workers=1"]) == "DirectRunner"


def test_neither_beam_nor_pandas_is_imported(
    corpus: Path, models_folder: Path, tmp_path: Path
) -> None:
    words = ["--input", corpus / "in", "--landmarks", corpus / "points", "--models", models_folder]
    words += ["--output", tmp_path / "out", "--quiet"]
    code = (
        "import sys; from pipelines.run import main; "
        f"assert main({[str(word) for word in words]}) == 0; "
        "sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    imported = set(done.stderr.split())
    assert (tmp_path / "out" / "summary.parquet").is_file()
    assert {"numba", "pyarrow"} < imported
    assert not {"apache_beam", "pandas"} & imported
