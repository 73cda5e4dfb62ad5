"""What the judge of landmarks sees: a face in its standard place, wherever it was."""

import cv2
import numpy as np
import pytest

from openface_core.landmark_confidence.face_crop import CROP_PX, cut_face, standard_face
from tests.fixtures.faces.drawn import drawn_face, face_points
from tests.fixtures.faces.shape import synthetic_pdm

STANDARD = standard_face(synthetic_pdm().mean_mm)
SAMPLING_TOLERANCE = 0.25
"""Between a face and the same one twice as large and turned, in standard deviations of the grey
values; at single pixels of a drawing's edges."""


def cut(grey: np.ndarray, points: np.ndarray) -> np.ndarray | None:
    out = np.empty((2, CROP_PX, CROP_PX), dtype=np.float32)
    landmarks = np.ascontiguousarray(points, dtype=np.float32)
    return out if cut_face(grey, landmarks, STANDARD, out) else None


def drawing() -> tuple[np.ndarray, np.ndarray]:
    points = face_points((90.0, 80.0), 60.0)
    return cv2.cvtColor(drawn_face(points, (160, 180)), cv2.COLOR_BGR2GRAY), points


def test_the_standard_face_lies_in_the_crop() -> None:
    assert STANDARD.shape == (68, 2)
    assert (STANDARD > 0).all()
    assert (STANDARD < CROP_PX - 1).all()
    assert np.ptp(STANDARD, axis=0).max() == pytest.approx(0.72 * CROP_PX, rel=1e-4)


def test_a_face_looks_the_same_wherever_it_is() -> None:
    grey, points = drawing()
    expected = cut(grey, points)
    assert expected is not None
    turn = cv2.getRotationMatrix2D((90.0, 80.0), 25.0, 2.0)
    turn[:, 2] += (110.0, 130.0)
    moved = cv2.warpAffine(
        grey, turn, (420, 420), flags=cv2.INTER_CUBIC, borderValue=int(grey[0, 0])
    )
    found = cut(moved, points @ turn[:, :2].T + turn[:, 2])
    assert found is not None
    np.testing.assert_allclose(found[1], expected[1], atol=1e-2)
    assert np.sqrt(np.mean((found[0] - expected[0]) ** 2)) < SAMPLING_TOLERANCE
    assert np.corrcoef(found[0].ravel(), expected[0].ravel())[0, 1] > 0.97


def test_grey_values_are_brought_to_one_brightness_and_contrast() -> None:
    grey, points = drawing()
    first, second = cut(grey, points), cut((grey // 2 + 60).astype(np.uint8), points)
    assert first is not None
    assert second is not None
    assert abs(float(first[0].mean())) < 1e-4
    assert 0.8 < float(first[0].std()) <= 1.0
    assert np.corrcoef(first[0].ravel(), second[0].ravel())[0, 1] > 0.999
    assert 0.7 < float(second[0].std()) <= float(first[0].std())
    even = cut(np.full((50, 50), 93, dtype=np.uint8), points)
    assert even is not None
    assert (even[0] == 0).all()


def test_every_landmark_is_a_spot_where_it_lies() -> None:
    grey, points = drawing()
    crop = cut(grey, points)
    assert crop is not None
    centred = points - points.mean(axis=0)
    standard = STANDARD - STANDARD.mean(axis=0)
    scale = np.sum(centred * standard) / np.sum(centred**2)
    turned = np.sum(centred[:, 0] * standard[:, 1] - centred[:, 1] * standard[:, 0])
    angle = turned / np.sum(centred**2)
    axes = np.array([[scale, -angle], [angle, scale]])
    for x, y in np.rint(centred @ axes.T + STANDARD.mean(axis=0)).astype(int):
        assert crop[1, y, x] > 0.6
    assert crop[1, 0].max() == 0


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((68, 2)),
        np.full((68, 2), np.nan),
        np.full((68, 2), np.inf),
        np.full((68, 2), 3e38) * np.linspace(-1, 1, 68)[:, None],
        np.linspace(-1e9, 1e9, 136).reshape(68, 2),
    ],
)
def test_landmarks_without_a_face_give_no_crop(points: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        assert cut(np.zeros((20, 30), dtype=np.uint8), points.astype(np.float32)) is None


def test_a_face_beyond_the_frame_is_cut_all_the_same() -> None:
    grey, points = drawing()
    crop = cut(grey, points + 5000)
    assert crop is not None
    assert np.isfinite(crop).all()
