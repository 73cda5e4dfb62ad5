"""Files as cameras write them: pixels that are not square, and times that do not start at zero."""

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from openface_beam import Analyser
from openface_core.media import open_media
from pipelines.demo_corpus.corpus import CLIPS_FOLDER, write_corpus
from pipelines.demo_corpus.script import CLIPS
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.faces.clips import FRAMES, face_clip, write_landmarks
from tests.fixtures.media.writing import write_video
from tests.fixtures.runs.datasets import read_unsealed
from transforms.dataset.layout import frames_path

FPS = 25
LANDMARK_TOLERANCE_PX = 1.5
INTENSITY_TOLERANCE = 0.15
"""Of a clip's mean intensities: half of a picture's columns are stored, and coded."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """The middle of a demo clip, in which the face moves."""
    pytest.importorskip("skimage", reason="the demo's photograph comes with scikit-image")
    folder = tmp_path_factory.mktemp("demo")
    clip = CLIPS[0]
    write_corpus(folder, [clip])
    with open_media(str(folder / CLIPS_FOLDER / clip.name)) as media:
        frames = [frame.image for frame in media]
    height, width = (side - side % 24 for side in frames[0].shape[:2])
    return [np.ascontiguousarray(image[:height, :width]) for image in frames[::4][:16]]


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser("embedded", progress=False)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [Fraction(2), Fraction(4, 3), Fraction(1, 2)])
def test_stretched_pictures_are_measured_as_their_square_twins(
    pictures: list[np.ndarray], analyser: Analyser, tmp_path: Path, ratio: Fraction
) -> None:
    height, width = pictures[0].shape[:2]
    size = (round(width / ratio), height) if ratio > 1 else (width, round(height * ratio))
    squeezed = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in pictures]
    options = {"crf": "12", "threads": "1"}
    square = write_video(tmp_path / "square.mp4", pictures, fps=FPS, options=options)
    narrow = write_video(
        tmp_path / "narrow.mp4", squeezed, fps=FPS, options=options, pixel_aspect_ratio=ratio
    )
    expected, found = (analyser.video(path) for path in (square, narrow))
    assert found.warnings == ()
    assert found.frames["success"].tolist() == expected.frames["success"].tolist()
    assert expected.frames["success"].all()
    points = [f"{axis}_{k}" for axis in "xy" for k in range(68)]
    distances = np.abs(found.frames[points] - expected.frames[points])
    assert distances.to_numpy().mean() < LANDMARK_TOLERANCE_PX
    intensities = [name for name in expected.frames if name.endswith("_r")]
    means = found.frames[intensities].mean() - expected.frames[intensities].mean()
    assert np.abs(means).max() < INTENSITY_TOLERANCE


def analysed(folder: Path, models: Path, name: str, start_seconds: float) -> pa.Table:
    """Return the table of a clip that starts so late, calibrated on its first frames by seconds."""
    images, points = face_clip(FRAMES, 1)
    times = [start_seconds + index / FPS for index in range(FRAMES)]
    options = {"threads": "1", "bf": "0"}
    write_video(folder / name, images, fps=FPS, pts_seconds=times, options=options)
    write_landmarks(folder / "points.csv", points)
    rest = f"0-{2.5 / FPS}"
    manifest = folder / "rest.csv"
    manifest.write_text(f"video_id,uri,landmarks,rest_seconds\ncam,{name},points.csv,{rest}\n")
    summary = run(
        RunArguments(
            inputs=(str(manifest),),
            output=str(folder / "out"),
            models=str(models),
            calibration="rest",
            quiet=True,
            beam=("--direct_running_mode=in_memory",),
        )
    )
    assert (summary.inputs_written, summary.warnings) == (1, 0)
    return read_unsealed(frames_path(str(folder / "out"), "cam"))


def test_ranges_at_rest_count_from_the_start_of_the_file(
    models_folder: Path, tmp_path: Path
) -> None:
    tables = {}
    for name, start_seconds in {"a.mp4": 0.0, "b.mkv": 1_700_000_000.0, "c.ts": 1.48}.items():
        folder = tmp_path / name
        folder.mkdir()
        table = analysed(folder, models_folder, name, start_seconds)
        times = table["timestamp"].to_pylist()
        assert times == pytest.approx([index / FPS for index in range(FRAMES)], abs=0.002)
        record = json.loads(table.schema.metadata[b"openface_beam"])
        # FFmpeg's muxer may shift a transport stream by the delay of the decoder.
        assert record["start_seconds"] == pytest.approx(start_seconds, abs=0.2)
        tables[name] = table.drop_columns(["timestamp"]).replace_schema_metadata(None)
    assert tables["b.mkv"].equals(tables["a.mp4"])
    assert tables["c.ts"].equals(tables["a.mp4"])
