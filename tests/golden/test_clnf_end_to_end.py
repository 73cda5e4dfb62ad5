"""The preset openface22 with CLNF from video to table, against the C++ program's output.

Without new detections in between, which are what lets a video be cut, every digit that the C++
program writes is asked for.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models import locate_models
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine, load_engine
from openface_core.inference import OnnxSettings
from openface_core.media import open_media
from openface_core.refinement import grey_from_bgr
from pipelines.comparison.action_units import intensity_columns, presence_columns
from pipelines.comparison.openface_output import POSE_COLUMNS, table_values
from pipelines.configuration.config_file import load_settings
from tests.fixtures.golden_sets import golden_set

LANDMARKS = tuple(f"{axis}_{k}" for axis in "xy" for k in range(68))
GAZE = ("gaze_angle_x", "gaze_angle_y")
GAZE_STEP = 1e-3
"""Gaze is not rounded step by step as in the C++ program: the last digit may be the next one."""

SETTINGS = replace(load_settings("openface22"), onnxruntime=OnnxSettings(provider="cpu"))
IN_ONE_PIECE = replace(SETTINGS, detection=replace(SETTINGS.detection, every_frames=0))


@pytest.fixture(scope="module")
def engine(reference: Path) -> Engine:
    return load_engine(locate_models(reference, SETTINGS.models), SETTINGS)


def differing(engine: Engine, path: Path, expected: pd.DataFrame) -> dict[str, list[int]]:
    """Return the frames, from 0, in which a table has other digits than the C++ program's."""
    table = Analyser(engine, IN_ONE_PIECE).video(str(path)).table
    assert len(table) == len(expected)
    is_found = expected["success"].to_numpy() == 1
    np.testing.assert_array_equal(table["success"].to_numpy(), is_found)
    digits = {
        LANDMARKS: 1,
        POSE_COLUMNS[:3]: 1,
        POSE_COLUMNS[3:]: 3,
        ("confidence",): 2,
        intensity_columns(engine.video_models): 2,
        presence_columns(engine.video_models): 2,
    }
    found: dict[str, list[int]] = {}
    for columns, places in digits.items():
        difference = np.abs(table_values(table, columns) - expected[list(columns)].to_numpy(float))
        differs = (difference > 0.505 * 10.0**-places).any(axis=1)
        # What was not found has no values here; OpenFace writes them all the same.
        if (differs & is_found).any():
            found[columns[0]] = np.flatnonzero(differs & is_found).tolist()
    gaze = np.abs(table_values(table, GAZE) - expected[list(GAZE)].to_numpy(float))[is_found]
    assert gaze.max() <= GAZE_STEP
    return found


@pytest.mark.parametrize("name", ["subj01", "glasses", "expressive"])
def test_a_video_in_one_piece_is_the_cpp_programs_in_every_digit_that_it_writes(
    reference: Path, engine: Engine, name: str
) -> None:
    expected = pd.read_csv(reference / "golden" / name / "clnf_feature_extraction.csv")
    expected.columns = expected.columns.str.strip()
    assert differing(engine, reference / "videos" / f"{name}.mp4", expected) == {}


@pytest.mark.slow
def test_so_are_many_more(reference: Path, engine: Engine) -> None:
    paths = sorted((reference / "golden" / "more").glob("*.parquet"))
    if not paths:
        pytest.skip("there are no results of OpenFace for more videos")
    found = {}
    for path in paths:
        (video,) = (reference / "videos_more").glob(f"{path.stem}.m*")
        found[path.stem] = differing(engine, video, pd.read_parquet(path))
    assert {name: differs for name, differs in found.items() if differs} == {}


@pytest.mark.parametrize("name", ["subj01", "glasses", "expressive"])
def test_a_detected_face_is_fitted_as_by_the_cpp_program_to_the_bit(
    reference: Path, engine: Engine, name: str
) -> None:
    golden = golden_set(name).arrays("clnf_landmarks.npz")
    faces = engine.faces
    assert faces is not None
    assert faces.refinement is not None
    assert faces.refinement.hypotheses is not None
    # In two frames of expressive the C++ program lost the face, and began anew.
    frames = {0, 94, 108} if name == "expressive" else {0}
    with open_media(str(reference / "videos" / f"{name}.mp4")) as media:
        for i, frame in enumerate(media):
            if i > max(frames):
                break
            if i not in frames:
                continue
            boxes = faces.detector.detect(frame.image).landmark_boxes
            assert boxes is not None
            (box,) = boxes
            refined = faces.refinement.hypotheses.refine_in_box(grey_from_bgr(frame.image), box)
            fit = refined.face.fit
            np.testing.assert_array_equal(
                refined.face.landmarks, golden["landmarks2d"][i].reshape(2, 68).T
            )
            pose = [fit.scale_px_per_mm, *fit.rotation_radians, *fit.translation_px]
            np.testing.assert_array_equal(
                np.array(pose, dtype=np.float32), golden["params_global"][i]
            )
            np.testing.assert_array_equal(fit.shape_parameters, golden["params_local"][i])
