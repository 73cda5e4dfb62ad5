"""Points from two sources, mixed."""

import numpy as np
import pytest

from openface_core.landmarks.mixing import mixed_points

POINTS = np.arange(136, dtype=np.float32).reshape(68, 2)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_each_source_has_its_share(share: float) -> None:
    found = mixed_points(POINTS, POINTS + 8, share)
    np.testing.assert_array_equal(found, POINTS + np.float32(8 * share))


def test_where_points_are_makes_no_difference() -> None:
    """Coordinates in steps of a 1,024th of a pixel, as followed faces have them."""
    rng = np.random.default_rng(1)
    near, other = (np.rint(rng.uniform(0, 300, (68, 2)) * 1024) / 1024 for _ in range(2))
    corner = np.array([3000, 1500])
    here = mixed_points(near.astype(np.float32), other.astype(np.float32), 0.3)
    moved = [(points + corner).astype(np.float32) for points in (near, other)]
    there = mixed_points(moved[0], moved[1], 0.3)
    np.testing.assert_allclose(there - corner, here, rtol=0, atol=1e-11)
