"""Points from two sources, mixed."""

import numpy as np
import pytest

from openface_core.landmarks.mixing import mixed_points

POINTS = np.arange(136, dtype=np.float32).reshape(68, 2)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_each_source_has_its_share(share: float) -> None:
    found = mixed_points(POINTS, POINTS + 8, share)
    np.testing.assert_array_equal(found, POINTS + np.float32(8 * share))
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
