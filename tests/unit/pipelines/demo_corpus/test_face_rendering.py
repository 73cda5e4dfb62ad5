"""Pictures of the posed face."""

import numpy as np
import pytest

from pipelines.demo_corpus.face_actions import BLINK, JAW_DROP, SMILE
from pipelines.demo_corpus.face_geometry import FaceState, HeadPose, View
from pipelines.demo_corpus.face_mesh import FaceMesh
from pipelines.demo_corpus.face_rendering import FaceRenderer, _source_map

MAX_UNLIKE = 0.01
"""Share of pixels."""

# The photograph itself: a pixel of the picture for each of its own.
AS_IT_IS = View(240, 200, 106.0, 4.0, 1.0)


class TestSourceMap:
    def test_no_holes(self, mesh: FaceMesh) -> None:
        for amplitudes in ({}, {BLINK: 1.0, JAW_DROP: 1.0}):
            corners = mesh.posed(amplitudes).astype(np.float32)
            out = np.full((512, 512, 2), np.nan, dtype=np.float32)
            _source_map(corners, mesh.vertices.astype(np.float32), mesh.triangles, out)
            assert not np.isnan(out).any()

    def test_where_nothing_moves_pixels_come_from_themselves(self, mesh: FaceMesh) -> None:
        corners = mesh.vertices.astype(np.float32)
        out = np.zeros((512, 512, 2), dtype=np.float32)
        _source_map(corners, corners, mesh.triangles, out)
        y, x = np.mgrid[:512, :512]
        np.testing.assert_allclose(out[:, :, 0], x, atol=1e-3)
        np.testing.assert_allclose(out[:, :, 1], y, atol=1e-3)

    def test_a_triangle_that_is_turned_over_is_not_drawn(self) -> None:
        corners = np.array([[1, 1], [8, 1], [1, 8]], dtype=np.float32)
        out = np.full((10, 10, 2), -1, dtype=np.float32)
        _source_map(corners, corners, np.array([[0, 2, 1]], dtype=np.int32), out)
        assert (out == -1).all()
        _source_map(corners, corners, np.array([[0, 1, 2]], dtype=np.int32), out)
        assert (out[2, 2] == 2).all()


class TestPicture:
    def test_a_full_smile_is_the_photograph(self, renderer: FaceRenderer) -> None:
        data = pytest.importorskip("skimage.data")
        photograph = data.astronaut()[4:204, 106:346, ::-1]
        picture = renderer.draw(FaceState({SMILE: 1.0}), AS_IT_IS)
        difference = np.abs(picture.astype(int) - photograph).max(axis=2)
        # But for the soft border of the teeth.
        assert (difference > 2).mean() < MAX_UNLIKE

    def test_the_same_again(self, renderer: FaceRenderer) -> None:
        state = FaceState({SMILE: 0.3, BLINK: 0.4}, HeadPose(0.1, 2.0, 1.0))
        view = View(96, 80, 150.0, 50.0, 0.7)
        first = renderer.draw(state, view)
        assert first.shape == (80, 96, 3)
        assert first.dtype == np.uint8
        np.testing.assert_array_equal(renderer.draw(state, view), first)
        np.testing.assert_array_equal(FaceRenderer().draw(state, view), first)

    def test_a_dropped_jaw_shows_a_dark_mouth(self, renderer: FaceRenderer) -> None:
        # The middle of the opening, below the teeth.
        x, y = 222 - 106, 153 - 4
        opened = renderer.draw(FaceState({JAW_DROP: 1.0}), AS_IT_IS)[y, x].mean()
        assert opened < 70 < 120 < renderer.draw(FaceState(), AS_IT_IS)[y, x].mean()

    def test_a_blink_hides_the_pupils(self, renderer: FaceRenderer) -> None:
        pupils = [(99 - 4, 203 - 106), (102 - 4, 246 - 106)]
        for y, x in pupils:
            eye = np.s_[y - 1 : y + 2, x - 2 : x + 3]
            shut = renderer.draw(FaceState({BLINK: 1.0}), AS_IT_IS)[eye].mean()
            assert shut > renderer.draw(FaceState(), AS_IT_IS)[eye].mean() + 40

    def test_a_face_that_is_out_of_the_picture(self, renderer: FaceRenderer) -> None:
        view = View(96, 80, 400.0, 50.0, 1.0)
        picture = renderer.draw(FaceState({JAW_DROP: 1.0}), view)
        np.testing.assert_array_equal(renderer.draw(FaceState(), view), picture)
