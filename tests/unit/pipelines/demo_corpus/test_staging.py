"""Where faces are in the clips."""

import numpy as np
import pytest

from pipelines.demo_corpus.face_actions import SMILE
from pipelines.demo_corpus.face_mesh import FaceMesh
from pipelines.demo_corpus.script import (
    CLIPS,
    HEAD_ROLL,
    PAN,
    Action,
    Clip,
    ScriptedFace,
)
from pipelines.demo_corpus.staging import landmarks_px, place_width_px, share_in_picture
from tests.fixtures.faces.mirror import MIRROR

LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)


def eye_line_rad(points: np.ndarray) -> float:
    dx, dy = points[RIGHT_EYE].mean(axis=0) - points[LEFT_EYE].mean(axis=0)
    return float(np.arctan2(dy, dx))


def one_face(*actions: Action, width_px: int = 400) -> Clip:
    return Clip("a.mp4", (ScriptedFace(actions),), seconds=4.0, width_px=width_px)


def test_the_eyes_turn_with_the_head(mesh: FaceMesh) -> None:
    clip = one_face(Action(HEAD_ROLL, 1.0, 1.0, 1.0, 1.0, 0.25))
    face = clip.faces[0]
    own = eye_line_rad(landmarks_px(clip, 0, mesh, 0.0)) - face.sway.at(0.0)[0]
    for time_s in (0.5, 1.5, 2.5):
        turned = eye_line_rad(landmarks_px(clip, 0, mesh, time_s)) - own
        scripted = face.level(HEAD_ROLL, time_s) + face.sway.at(time_s)[0]
        assert turned == pytest.approx(scripted, abs=1e-9)


def test_a_pan_moves_the_picture(mesh: FaceMesh) -> None:
    still, pan = one_face(), one_face(Action(PAN, 1.0, 0.5, 1.0, 0.5, 30.0))
    moved = landmarks_px(pan, 0, mesh, 2.0) - landmarks_px(still, 0, mesh, 2.0)
    np.testing.assert_allclose(moved, np.tile((-50.0, 0.0), (68, 1)), atol=1e-9)


def test_a_face_made_of_one_half_is_its_own_mirror_image(mesh: FaceMesh) -> None:
    actions = (Action(SMILE, 0.0, 0.5, 1.0, 0.5),)
    clip = Clip("a.mp4", (ScriptedFace(actions, symmetric=True),), seconds=4.0)
    for time_s in (0.0, 0.3, 1.0, 3.0):
        points = landmarks_px(clip, 0, mesh, time_s)
        mirrored = points[MIRROR] * [-1, 1] + [399, 0]
        np.testing.assert_allclose(mirrored, points, atol=1e-9)
        np.testing.assert_allclose(points[27:31, 0], 199.5)
    own = landmarks_px(Clip("a.mp4", (ScriptedFace(actions),), seconds=4.0), 0, mesh, 1.0)
    assert np.ptp(points[:, 0]) == pytest.approx(np.ptp(own[:, 0]), rel=0.05)


def test_a_mirrored_face(mesh: FaceMesh) -> None:
    plain = one_face()
    mirrored = Clip("a.mp4", (ScriptedFace((), mirrored=True),), seconds=4.0)
    x, y = landmarks_px(plain, 0, mesh, 1.0).T
    mirrored_x, mirrored_y = landmarks_px(mirrored, 0, mesh, 1.0).T
    np.testing.assert_allclose(mirrored_x, 399 - x)
    np.testing.assert_array_equal(mirrored_y, y)


def test_faces_stand_side_by_side(mesh: FaceMesh) -> None:
    clip = Clip("a.mp4", (ScriptedFace(()), ScriptedFace(())), seconds=1.0, width_px=540)
    assert place_width_px(clip) == 268
    apart = landmarks_px(clip, 1, mesh, 0.0) - landmarks_px(clip, 0, mesh, 0.0)
    np.testing.assert_allclose(apart, np.tile((272.0, 0.0), (68, 1)))


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_faces_are_whole_unless_the_camera_pans(clip: Clip, mesh: FaceMesh) -> None:
    for number, face in enumerate(clip.faces):
        share = share_in_picture(clip, number, mesh)
        times = clip.frame_times_s()
        still = np.array([face.level(PAN, time_s) == 0 for time_s in times])
        assert (share[still] == 1).all()
        if any(action.kind == PAN for action in face.actions):
            assert (share == 0).sum() > 10
            assert share[0] == share[-1] == 1
