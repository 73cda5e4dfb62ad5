"""The triangulated face and what actions do to it."""

import numpy as np
import pytest

from pipelines.demo_corpus import portrait
from pipelines.demo_corpus.face_actions import ACTIONS, BLINK, BROW_RAISE, JAW_DROP, SMILE
from pipelines.demo_corpus.face_mesh import FaceMesh
from pipelines.demo_corpus.face_sides import LEFT, RIGHT, movement

NEUTRAL: dict[str, float] = {}

# Triangles of an opening that is closed have no area.
MAX_FOLDED_PX2 = 1.0


def gap_px(mesh: FaceMesh, amplitudes: dict[str, float], opening: str) -> float:
    """Return the mean height of an opening."""
    x, y = mesh.posed(amplitudes)[list(mesh.openings[opening])].T
    area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return float(area / np.ptp(x))


def signed_areas(mesh: FaceMesh, points: np.ndarray) -> np.ndarray:
    a, b, c = points[mesh.triangles].transpose(1, 0, 2)
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


class TestMesh:
    def test_landmarks_come_first(self, mesh: FaceMesh) -> None:
        np.testing.assert_array_equal(mesh.vertices[:68], portrait.landmarks())

    def test_it_covers_the_photograph_once(self, mesh: FaceMesh) -> None:
        areas = signed_areas(mesh, mesh.vertices)
        assert (areas > 0).all()
        low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
        assert areas.sum() == pytest.approx(np.prod(high - low), rel=1e-6)
        assert (low < 0).all()
        assert (high > portrait.PHOTOGRAPH_SIDE_PX - 1).all()

    def test_no_triangle_crosses_the_border_of_an_opening(self, mesh: FaceMesh) -> None:
        edges = {
            frozenset(edge)
            for t in mesh.triangles.tolist()
            for edge in ((t[0], t[1]), (t[1], t[2]), (t[2], t[0]))
        }
        for indices in mesh.openings.values():
            border = zip(indices, (*indices[1:], indices[0]), strict=True)
            assert all(frozenset(edge) in edges for edge in border)

    def test_openings_are_drawn_first(self, mesh: FaceMesh) -> None:
        count = sum(len(indices) - 2 for indices in mesh.openings.values())
        for number, triangle in enumerate(mesh.triangles):
            inside = any(set(triangle.tolist()) <= set(o) for o in mesh.openings.values())
            assert inside == (number < count)

    @pytest.mark.parametrize(
        "amplitudes",
        [
            NEUTRAL,
            {SMILE: 1.0, BROW_RAISE: 1.0},
            {JAW_DROP: 1.0, BROW_RAISE: 1.0, BLINK: 1.0},
            {"smile_right": 1.0, "brow_raise_left": 1.0, "blink_left": 1.0},
        ],
        ids=str,
    )
    def test_skin_does_not_fold(self, mesh: FaceMesh, amplitudes: dict[str, float]) -> None:
        areas = signed_areas(mesh, mesh.posed(amplitudes))
        assert -areas[areas < 0].sum() < MAX_FOLDED_PX2

    def test_actions_end_before_the_border(self, mesh: FaceMesh) -> None:
        far = np.linalg.norm(mesh.vertices - (225.0, 128.0), axis=1) > 110
        for action in ACTIONS:
            assert not mesh.displacements[action][far].any()


class TestActions:
    def test_a_full_smile_is_the_photograph(self, mesh: FaceMesh) -> None:
        np.testing.assert_allclose(mesh.posed({SMILE: 1.0}), mesh.vertices, atol=1e-9)

    def test_at_rest_the_mouth_is_shut_and_the_eyes_are_open(self, mesh: FaceMesh) -> None:
        assert gap_px(mesh, NEUTRAL, "mouth") < 0.2
        assert gap_px(mesh, NEUTRAL, "left_eye") > 3
        assert gap_px(mesh, NEUTRAL, "right_eye") > 3

    def test_a_smile_draws_the_corners_of_the_mouth_out_and_up(self, mesh: FaceMesh) -> None:
        moved = mesh.posed({SMILE: 1.0}) - mesh.posed(NEUTRAL)
        assert moved[48, 0] < -3 < 3 < moved[54, 0]
        assert (moved[[48, 54], 1] < -3).all()
        assert gap_px(mesh, {SMILE: 1.0}, "mouth") > 3

    def test_a_brow_raise_lifts_all_of_both_brows(self, mesh: FaceMesh) -> None:
        moved = mesh.posed({BROW_RAISE: 1.0}) - mesh.posed(NEUTRAL)
        assert (moved[17:27, 1] < -5).all()
        assert np.abs(moved[27:36, 1]).max() < 2
        assert np.abs(moved[48:68]).max() < 0.5

    def test_a_dropped_jaw_opens_the_mouth(self, mesh: FaceMesh) -> None:
        moved = mesh.posed({JAW_DROP: 1.0}) - mesh.posed(NEUTRAL)
        assert moved[8, 1] == pytest.approx(12.0, abs=0.5)
        assert np.abs(moved[[0, 16]]).max() < 0.1
        assert gap_px(mesh, {JAW_DROP: 1.0}, "mouth") > 6

    def test_a_blink_shuts_the_eyes_and_nothing_else(self, mesh: FaceMesh) -> None:
        for eye in ("left_eye", "right_eye"):
            assert gap_px(mesh, {BLINK: 1.0}, eye) < 0.2
            half_px = gap_px(mesh, NEUTRAL, eye) / 2
            assert gap_px(mesh, {BLINK: 0.5}, eye) == pytest.approx(half_px, abs=0.1)
        moved = mesh.posed({BLINK: 1.0}) - mesh.posed(NEUTRAL)
        assert np.abs(moved[:36]).max() < 1e-9
        assert np.abs(moved[48:68]).max() < 1e-9

    @pytest.mark.parametrize("action", ACTIONS)
    def test_both_sides_together_are_the_action(self, mesh: FaceMesh, action: str) -> None:
        sides = [mesh.displacements[movement(action, side)] for side in (LEFT, RIGHT)]
        np.testing.assert_allclose(sum(sides), mesh.displacements[action], atol=1e-12)

    def test_one_side_leaves_the_other_alone(self, mesh: FaceMesh) -> None:
        brows = mesh.posed({movement(BROW_RAISE, LEFT): 1.0}) - mesh.posed(NEUTRAL)
        assert (brows[22:27, 1] < -5).all()  # her left is at the right in the picture
        assert np.abs(brows[17:22]).max() < 1e-9
        smile = mesh.posed({movement(SMILE, RIGHT): 1.0}) - mesh.posed(NEUTRAL)
        assert smile[48, 1] < -3
        assert np.abs(smile[54]).max() < 1e-9
        blink = {movement(BLINK, LEFT): 1.0}
        assert gap_px(mesh, blink, "right_eye") < 0.2
        assert gap_px(mesh, blink, "left_eye") == gap_px(mesh, NEUTRAL, "left_eye")

    def test_actions_add_up(self, mesh: FaceMesh) -> None:
        both = mesh.posed({SMILE: 0.5, BLINK: 0.25})
        separate = mesh.posed({SMILE: 0.5}) + mesh.posed({BLINK: 0.25}) - mesh.neutral
        np.testing.assert_allclose(both, separate, atol=1e-12)
