"""Places that keep their digits wherever they are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openface_core.exact_places import STEPS_PER_PIXEL, to_steps

_PLACES = st.floats(0.0, 2000.0, width=32)
_PIXELS = st.integers(0, 8192)


@given(_PLACES, _PIXELS)
def test_whole_pixels_change_no_digit(place: float, pixels: int) -> None:
    near = to_steps(np.array([place]))
    far = near + np.float32(pixels)
    assert far.dtype == np.float32
    assert far - np.float32(pixels) == near
    assert to_steps(far) == far


@given(_PLACES)
def test_a_step_is_all_that_is_lost(place: float) -> None:
    assert abs(float(to_steps(np.array([place]))[0]) - place) <= 0.5 / STEPS_PER_PIXEL
