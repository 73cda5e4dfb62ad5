"""Landmark files of genuine OpenFace give the landmarks that were fed to its face analyser."""

from pathlib import Path

import numpy as np

from openface_core.landmarks.files import read_landmarks

# Files hold 1 or 3 decimals, the golden arrays the same values as float32.
LANDMARK_TOLERANCE_PX = 0.0
# The golden full-precision tracks against a CSV with one decimal.
ROUNDED_LANDMARK_TOLERANCE_PX = 0.0501


def golden_landmarks(path: Path, key: str) -> np.ndarray:
    flat = np.load(path)[key]
    return np.swapaxes(flat.reshape(len(flat), 2, 68), 1, 2)


def test_unrounded_tracks(reference: Path) -> None:
    found = read_landmarks(str(reference / "videos" / "subj01.landmarks3.csv"))
    expected = golden_landmarks(reference / "golden/subj01_lmk3/calcparams.npz", "landmarks_in")
    np.testing.assert_allclose(found.landmarks, expected, rtol=0, atol=LANDMARK_TOLERANCE_PX)
    assert found.success.all()


def test_openface_csv(reference: Path) -> None:
    found = read_landmarks(str(reference / "videos" / "subj01.openface.csv"))
    golden = reference / "golden/subj01/calcparams.npz"
    expected = golden_landmarks(golden, "landmarks_in")
    np.testing.assert_allclose(found.landmarks, expected, rtol=0, atol=LANDMARK_TOLERANCE_PX)
    assert np.array_equal(found.success, np.load(golden)["success"].astype(bool))
    assert found.confidence is not None


def test_a_csv_with_a_failed_frame(reference: Path) -> None:
    folder = reference / "golden" / "expressive"
    found = read_landmarks(str(folder / "clnf_feature_extraction.csv"))
    tracks = np.load(folder / "clnf_landmarks.npz")
    expected = golden_landmarks(folder / "clnf_landmarks.npz", "landmarks2d")
    assert np.array_equal(found.success, tracks["success"].astype(bool))
    assert np.count_nonzero(~found.success) == 1
    assert np.isnan(found.landmarks[~found.success]).all()
    np.testing.assert_allclose(
        found.landmarks[found.success],
        expected[found.success],
        rtol=0,
        atol=ROUNDED_LANDMARK_TOLERANCE_PX,
    )
    assert found.confidence is not None
    assert found.confidence[~found.success] < 0.1


def test_landmarks_of_images(reference: Path) -> None:
    for name in ("sample1", "sample2"):
        found = read_landmarks(str(reference / "videos" / f"{name}.openface.csv"))
        assert found.landmarks.shape == (1, 68, 2)
        assert found.success.all()
