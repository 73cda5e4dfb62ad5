"""What stands in rows without a face."""

import pytest

from openface_core.exports.openface.no_face import values_without_face
from openface_core.shape import Camera
from tests.fixtures.faces.shape import synthetic_pdm


def test_points_lie_before_the_corner_of_the_picture() -> None:
    values = values_without_face(Camera(500.0, 500.0, 320.0, 240.0), synthetic_pdm())
    assert values["X_0"] == pytest.approx(-values["Z_0"] * 320.0 / 500.0)


@pytest.mark.filterwarnings("error")
def test_an_input_without_frames_has_no_camera() -> None:
    assert values_without_face(Camera(0.0, 0.0, 0.0, 0.0), synthetic_pdm()) == {"p_scale": 1.0}
