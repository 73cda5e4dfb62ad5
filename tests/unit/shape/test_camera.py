"""The camera that frames are taken to be of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.shape import Camera

_PX = st.floats(1e-3, 1e6)


@pytest.mark.parametrize(
    "text",
    ["1200,1100,960,540", " 1200 , 1100,960, 540 ", "1200;1100;960;540", "1200 1100 960 540"],
)
def test_four_numbers_are_a_camera(text: str) -> None:
    assert Camera.parse(text) == Camera(1200, 1100, 960, 540)


@pytest.mark.parametrize(
    "text",
    ["", "1200", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,1,1,1", "inf,1,1,1", "0,1,1,1", "1,-1,1,1",
     "1,1,1e7,1"],
)  # fmt: skip
def test_anything_else_is_refused_and_shown(text: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        Camera.parse(text)
    assert repr(text) in str(caught.value)


@given(st.tuples(_PX, _PX, _PX, _PX))
def test_what_is_written_is_read_back(numbers: tuple[float, float, float, float]) -> None:
    assert Camera.parse(str(Camera(*numbers))) == Camera(*numbers)


def test_the_guess_is_openfaces() -> None:
    assert str(Camera.from_frame_size(1080, 720)) == "796.875,796.875,540,360"
    Camera.from_frame_size(1080, 720).check_frame_size(1080, 720)


def test_a_centre_outside_of_the_frame_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(960, 540\) lies outside of .* 720 x 1280"):
        Camera(1200, 1200, 960, 540).check_frame_size(720, 1280)  # a picture that was turned
    with pytest.raises(ValueError, match="pixels, not millimetres"):
        Camera(26, 26, 540, 360).check_frame_size(1080, 720)
    Camera(120, 120, 540, 360).check_frame_size(1080, 720)  # nearly all round
