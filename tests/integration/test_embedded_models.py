"""The main job with the models that come with the program, on a machine that has no others."""

import json
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models import EMBEDDED_PACK, default_registry
from models.locate import MODELS_VARIABLES
from pipelines.configuration.model_choice import FALLBACK
from pipelines.run import main
from tests.fixtures.media.writing import write_video

PACK = default_registry().packs[EMBEDDED_PACK]
FRAMES = 20
WIDTH_PX, HEIGHT_PX = 320, 240
STEP_PX = 2
FACE_X_PX, FACE_Y_PX = (170.0, 280.0), (55.0, 190.0)
"""Where the face of the portrait is, hair and chin included."""


@dataclass(frozen=True)
class Result:
    """What a run wrote and said."""

    table: pa.Table
    record: dict[str, Any]
    said: str

    def column(self, name: str) -> np.ndarray:
        return self.table[name].to_numpy()


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """A photograph of a person in the public domain, 512 x 512, BGR."""
    data = pytest.importorskip("skimage.data")
    return np.ascontiguousarray(data.astronaut()[..., ::-1])


@pytest.fixture(scope="module")
def result(portrait: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A camera that passes over the portrait, and at last over a wall."""
    folder = tmp_path_factory.mktemp("embedded")
    frames = [
        portrait[:HEIGHT_PX, 60 + STEP_PX * k : 60 + STEP_PX * k + WIDTH_PX] for k in range(FRAMES)
    ]
    wall = np.full_like(frames[0], 120)
    write_video(folder / "portrait.mp4", [np.ascontiguousarray(f) for f in [*frames, wall, wall]])
    said = _run(folder / "portrait.mp4", folder / "out")
    table = pq.read_table(folder / "out" / "frames" / "video_id=portrait" / "frames.parquet")
    record = json.loads(table.schema.metadata[b"openface_beam"])
    return Result(table, record, said)


def _run(video: Path, output: Path) -> str:
    """Run the main job with nothing named; returns what it wrote to stderr."""
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(StringIO()) as said:
        for variable in MODELS_VARIABLES:
            patch.delenv(variable, raising=False)
        assert main(["--input", str(video), "--output", str(output)]) == 0
    return said.getvalue()


def test_the_face_is_found_where_it_is(result: Result) -> None:
    assert result.table.num_rows == FRAMES + 2
    assert result.column("success").tolist() == [True] * FRAMES + [False] * 2
    for axis, (low, high) in (("x", FACE_X_PX), ("y", FACE_Y_PX)):
        points = np.stack([result.column(f"{axis}_{k}")[:FRAMES] for k in range(68)], axis=1)
        if axis == "x":
            points = points + 60 + STEP_PX * np.arange(FRAMES)[:, None]
        assert points.min() > low
        assert points.max() < high
    eyes = [result.column(f"y_{k}")[:FRAMES].mean() for k in (37, 44)]
    assert max(eyes) < result.column("y_30")[:FRAMES].mean() < result.column("y_57")[:FRAMES].mean()


def test_every_column_is_filled(result: Result) -> None:
    faces = result.table.slice(0, FRAMES)
    for name in faces.column_names:
        assert faces[name].null_count == 0, name
    assert "gaze" not in result.said


def test_irises_lie_between_the_lids(result: Result) -> None:
    for eye, lids in enumerate(((36, 39), (42, 45))):
        iris = [result.column(f"eye_lmk_x_{28 * eye + k}")[:FRAMES] for k in range(8)]
        corners = [result.column(f"x_{k}")[:FRAMES] for k in lids]
        assert (np.mean(iris, axis=0) > corners[0]).all()
        assert (np.mean(iris, axis=0) < corners[1]).all()


def test_confidence_is_that_of_a_face(result: Result) -> None:
    confidence = result.column("confidence")[:FRAMES]
    assert ((confidence > 0.5) & (confidence <= 1.0)).all()


def test_the_record_says_which_models(result: Result) -> None:
    assert result.record["model_packs"] == {PACK.name: PACK.licence}
    assert result.record["settings"]["name"] == "embedded"
    others = {"landmarks.onnx", "eyes.onnx"}  # for other presets
    known = {file.path: file.sha256 for file in PACK.files if file.path not in others}
    assert result.record["models_sha256"].items() >= known.items()


def test_one_line_says_what_is_used(result: Result) -> None:
    assert result.said.splitlines().count(FALLBACK) == 1
