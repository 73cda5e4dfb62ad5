"""What a camera that is named changes, and what it does not."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from models.locate import locate_models
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import RunSettings
from openface_core.errors import MediaError
from openface_core.shape import Camera
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.media.writing import write_video
from tests.fixtures.synthetic_models.openface_folder import write_openface_model_folder

FRAMES = 4
IN_CAMERA = ("pose_T", "pose_R", "X_", "Y_", "Z_")
RELATIVE_TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def analyser(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    root = write_openface_model_folder(tmp_path_factory.mktemp("models"))
    files = locate_models(root, ModelSelection(), with_networks=False)
    return Analyser(load_engine(files, RunSettings()), RunSettings())


def table_of(analyser: Analyser, folder: Path, camera: Camera | None) -> pa.Table:
    clip = write_clip(folder / "v.mp4", FRAMES)
    points = write_landmarks(folder / "v.csv", face_clip(FRAMES)[1])
    return analyser.video(str(clip), landmarks_uri=str(points), camera=camera).table


def test_the_guess_named_changes_nothing(analyser: Analyser, tmp_path: Path) -> None:
    height, width = face_clip(FRAMES)[0][0].shape[:2]
    guess = Camera.from_frame_size(width, height)
    assert table_of(analyser, tmp_path, guess).equals(table_of(analyser, tmp_path, None))


def test_twice_the_focal_length_is_twice_the_distance(analyser: Analyser, tmp_path: Path) -> None:
    height, width = face_clip(FRAMES)[0][0].shape[:2]
    near = Camera.from_frame_size(width, height)
    far = Camera(2 * near.fx_px, 2 * near.fy_px, near.cx_px, near.cy_px)
    found, assumed = table_of(analyser, tmp_path, far), table_of(analyser, tmp_path, None)
    for name in found.column_names:
        is_same = found[name].equals(assumed[name])
        assert is_same or name.startswith(IN_CAMERA), name
    distances = [np.array(table["Z_30"]) for table in (found, assumed)]
    np.testing.assert_allclose(
        distances[0] - distances[1], near.fx_px / np.array(found["p_scale"]), rtol=1e-3
    )


def test_landmarks_in_space_project_onto_the_picture_by_the_camera(
    analyser: Analyser, tmp_path: Path
) -> None:
    height, width = face_clip(FRAMES)[0][0].shape[:2]
    camera = Camera(300.0, 300.0, 0.4 * width, 0.6 * height)
    table = table_of(analyser, tmp_path, camera)
    x, z = np.array(table["X_30"]), np.array(table["Z_30"])
    y = np.array(table["Y_30"])
    # The fitted shape's own place of the nose, not the landmark's, which the fit only comes near.
    np.testing.assert_allclose(300 * x / z + camera.cx_px, np.array(table["x_30"]), atol=5)
    np.testing.assert_allclose(300 * y / z + camera.cy_px, np.array(table["y_30"]), atol=5)


@pytest.mark.parametrize(
    ("rotation", "pixel_aspect", "size"),
    [(90, Fraction(1), (96, 160)), (0, Fraction(2), (320, 96))],
    ids=["turned", "stretched"],
)
def test_the_camera_is_that_of_the_upright_picture_with_square_pixels(
    rotation: int,
    pixel_aspect: Fraction,
    size: tuple[int, int],
    analyser: Analyser,
    tmp_path: Path,
) -> None:
    stored = [np.full((96, 160, 3), 90, np.uint8)] * 2
    clip = write_video(
        tmp_path / "v.mp4", stored, rotation=rotation, pixel_aspect_ratio=pixel_aspect
    )
    width, height = size
    points = write_landmarks(tmp_path / "v.csv", face_clip(2)[1])

    def centre_at(x: float, y: float) -> None:
        analyser.video(str(clip), landmarks_uri=str(points), camera=Camera(100.0, 100.0, x, y))

    centre_at(width - 1, height - 1)
    with pytest.raises(MediaError, match=rf"upright frames of {width} x {height} pixels"):
        centre_at(width + 1, height - 1)


def test_a_camera_is_named_for_frames_of_one_size(analyser: Analyser, tmp_path: Path) -> None:
    """OpenFace's guess goes by the size of each."""
    points = write_landmarks(tmp_path / "v.csv", face_clip(3)[1])
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, size in enumerate([(96, 160, 3), (96, 160, 3), (160, 96, 3)]):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.full(size, 90, np.uint8))
    assert analyser.video(str(folder), landmarks_uri=str(points)).frame_count == 3
    camera = Camera(100.0, 110.0, 80.0, 48.0)
    with pytest.raises(MediaError, match=r"camera 100,110,80,48 .* frame 3 has 96 x 160"):
        analyser.video(str(folder), landmarks_uri=str(points), camera=camera)
