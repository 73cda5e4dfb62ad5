"""Eyes and gaze against the C++ program.

Its CSV holds the points of the eyes with one decimal; the dumps hold gaze unrounded.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from openface_core.eyes import (
    face_lid_points,
    gaze_angles,
    gaze_directions,
    measure_eyes,
    place_eyes,
)
from openface_core.model_files import read_pdm
from openface_core.shape import Camera, HeadPose, PointDistributionModel, calc_params
from tests.golden.golden_sets import golden_set

NAMES = ["subj01", "glasses", "expressive"]

ROUNDED_POINT_TOLERANCE = 0.053
"""Half a unit of the CSV's last digit, px and mm, and what float32 adds in depth."""

GAZE_FROM_ROUNDED_POINTS = 5e-3
"""What 0.05 mm of each coordinate can turn an eyeball of 12 mm."""

GAZE_TOLERANCE = 1e-4
ANGLE_TOLERANCE_RADIANS = 1e-6


@dataclass(frozen=True, eq=False)
class GoldenEyes:
    """The eyes of n successful frames, and what gaze follows from."""

    camera: Camera
    landmarks: NDArray[np.float32]
    face_mm: NDArray[np.float32]
    pose: NDArray[np.float32]
    eyes_px: NDArray[np.float64]
    eyes_mm: NDArray[np.float64]
    gaze: NDArray[np.float64]
    angles: NDArray[np.float64]


@lru_cache
def golden_eyes(name: str) -> GoldenEyes:
    golden = golden_set(name)
    arrays = golden.arrays("clnf_landmarks.npz")
    ok = np.flatnonzero(arrays["success"])
    table = pd.read_csv(golden.folder / "clnf_feature_extraction.csv").iloc[ok]

    def eyes(axes: str) -> NDArray[np.float64]:
        blocks = [table[[f"eye_lmk_{axis}_{k}" for k in range(56)]].to_numpy() for axis in axes]
        return np.stack(blocks, axis=-1).reshape(len(ok), 2, 28, len(axes))

    def points(flat: NDArray[np.float32], axes: int) -> NDArray[np.float32]:
        return np.ascontiguousarray(flat[ok].reshape(-1, axes, 68).transpose(0, 2, 1))

    return GoldenEyes(
        camera=Camera(*(float(value) for value in arrays["camera_fx_fy_cx_cy_fps"][:4])),
        landmarks=points(arrays["landmarks2d"], 2),
        face_mm=points(arrays["landmarks3d"], 3),
        pose=arrays["pose"][ok],
        eyes_px=eyes("xy"),
        eyes_mm=eyes("XYZ"),
        gaze=arrays["gaze"][ok, :6].reshape(-1, 2, 3),
        angles=arrays["gaze"][ok, 6:],
    )


@pytest.fixture(scope="module")
def eye_pdms(reference: Path) -> tuple[PointDistributionModel, PointDistributionModel]:
    folder = reference / "openface" / "model" / "model_eye" / "pdms"
    return (
        read_pdm(folder / "pdm_28_l_eye_3D_closed.txt", 28),
        read_pdm(folder / "pdm_28_eye_3D_closed.txt", 28),
    )


@pytest.mark.parametrize("name", NAMES)
def test_gaze_follows_from_the_eyes_of_the_cpp_program(name):
    golden = golden_eyes(name)
    for i, expected in enumerate(golden.gaze):
        found = gaze_directions(golden.eyes_mm[i], golden.face_mm[i], golden.pose[i, 3:])
        assert np.abs(found - expected).max() <= GAZE_FROM_ROUNDED_POINTS
    angles = gaze_angles(golden.gaze)
    np.testing.assert_allclose(angles, golden.angles, rtol=0, atol=ANGLE_TOLERANCE_RADIANS)


def test_eyes_of_small_faces_follow_from_the_lids(eye_pdms):
    """Below 0.9 px/mm the C++ program fits the eyes' shape models, and no patch experts."""
    golden = golden_eyes("glasses")
    for i, landmarks in enumerate(golden.landmarks):
        fits = [
            calc_params(pdm, face_lid_points(landmarks, eye)) for eye, pdm in enumerate(eye_pdms)
        ]
        eyes = place_eyes(eye_pdms, fits)
        assert eyes is not None
        pose = HeadPose(golden.pose[i, :3], golden.pose[i, 3:])
        found = measure_eyes(eyes, golden.face_mm[i], pose, golden.camera)
        assert found is not None
        assert np.abs(found.landmarks_px - golden.eyes_px[i]).max() <= ROUNDED_POINT_TOLERANCE
        assert np.abs(found.landmarks_3d_mm - golden.eyes_mm[i]).max() <= ROUNDED_POINT_TOLERANCE
        assert np.abs(found.gaze_directions - golden.gaze[i]).max() <= GAZE_TOLERANCE
