"""Point orders and their way to the 68 points of iBUG."""

import numpy as np
import pytest

from openface_core.landmarks.conventions import POINT_COUNTS, to_ibug68
from tests.fixtures.faces.mirror import MIRROR


def numbered(count: int) -> np.ndarray:
    return np.stack([np.arange(count), np.arange(count) + 0.5], axis=1).astype(np.float32)


@pytest.mark.parametrize("convention", list(POINT_COUNTS))
def test_every_convention_gives_68_finite_points(convention: str) -> None:
    points = to_ibug68(numbered(POINT_COUNTS[convention]), convention)
    assert points.shape == (68, 2)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()


def test_the_98_points_come_from_their_places() -> None:
    index = to_ibug68(numbered(98), "wflw98")[:, 0].astype(int).tolist()
    assert index[:17] == list(range(0, 33, 2))
    assert index[17:27] == [33, 34, 35, 36, 37, 42, 43, 44, 45, 46]
    assert index[27:36] == list(range(51, 60))
    assert index[36:48] == [60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75]
    assert index[48:] == list(range(76, 96))


def test_the_468_points_are_used_once_each_and_in_mirrored_pairs() -> None:
    index = to_ibug68(numbered(468), "mediapipe468")[:, 0].astype(int)
    assert len(set(index.tolist())) == 68
    # Points of the mesh's midline below 200 stand for themselves.
    assert all(index[k] < 200 for k in (8, 27, 28, 29, 30, 33, 51, 57, 62, 66))
    # In the mesh, the left half of the picture has the lower number of each pair.
    assert (index[:8] < index[16:8:-1]).sum() >= 7


def test_ibug_points_stay_as_they_are_in_an_array_of_their_own() -> None:
    points = numbered(68)
    result = to_ibug68(points, "ibug68")
    np.testing.assert_array_equal(result, points)
    assert not np.shares_memory(result, points)


def test_corners_of_the_mouth_are_filled_in_for_66_points() -> None:
    full = numbered(68)
    full[60], full[64] = (10, 20), (30, 22)
    result = to_ibug68(np.delete(full, [48, 54], axis=0), "openseeface66")
    others = [i for i in range(68) if i not in (48, 54, 60, 64)]
    np.testing.assert_array_equal(result[others], full[others])
    # The outer corners are the network's; the inner ones lie a little inside, on the same line.
    np.testing.assert_array_equal(result[[48, 54]], [(10, 20), (30, 22)])
    np.testing.assert_allclose(result[60] - result[48], 0.07 * np.array([20, 2]), rtol=1e-5)
    np.testing.assert_allclose(result[54] - result[64], 0.07 * np.array([20, 2]), rtol=1e-5)


def test_filled_in_corners_respect_left_and_right() -> None:
    points = np.random.default_rng(0).random((68, 2)).astype(np.float32)
    flip = np.array([-1, 1], dtype=np.float32)
    straight = to_ibug68(np.delete(points, [48, 54], axis=0), "openseeface66")
    mirrored = to_ibug68(np.delete(points[MIRROR] * flip, [48, 54], axis=0), "openseeface66")
    np.testing.assert_allclose(mirrored[MIRROR] * flip, straight, atol=1e-6)


def test_another_number_of_points_is_refused() -> None:
    with pytest.raises(ValueError, match="98 points"):
        to_ibug68(numbered(68), "wflw98")
    with pytest.raises(ValueError, match="unknown"):
        to_ibug68(numbered(68), "aflw21")
