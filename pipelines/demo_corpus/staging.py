"""From the script to states and views: who is where in a clip, and does what, at a time."""

import numpy as np
from numpy.typing import NDArray

from pipelines.demo_corpus.face_actions import ACTIONS
from pipelines.demo_corpus.face_geometry import (
    FaceState,
    HeadPose,
    View,
    move_head,
    place_vertices,
)
from pipelines.demo_corpus.face_mesh import FaceMesh
from pipelines.demo_corpus.face_sides import (
    BOTH,
    ROOT_OF_NOSE,
    SIDES,
    UPRIGHT_RAD,
    landmarks_of_one_half,
    movement,
)
from pipelines.demo_corpus.script import HEAD_ROLL, PAN, Clip, ScriptedFace

DIVIDER_PX = 4
"""Between faces side by side."""

LANDMARK_COUNT = 68

# Where a view's middle is in the photograph: the face, and a bit of what is below.
_VIEW_CENTRE = (226.0, 102.0)
_HIGHEST_VIEW_PX = 6.0
"""Above it there is no photograph."""


def place_width_px(clip: Clip) -> int:
    """Return the width of each face's part of the picture."""
    count = len(clip.faces)
    return (clip.width_px - (count - 1) * DIVIDER_PX) // count


def face_state(face: ScriptedFace, time_s: float) -> FaceState:
    """Return what a face does at a time."""
    roll, right, down = face.sway.at(time_s)
    amplitudes = {
        movement(action, side): level
        for action in ACTIONS
        for side in SIDES
        if (level := face.level(action, time_s, side)) or side == BOTH
    }
    if face.symmetric:
        return FaceState(amplitudes, HeadPose(UPRIGHT_RAD, 0.0, down))
    return FaceState(amplitudes, HeadPose(roll + face.level(HEAD_ROLL, time_s), right, down))


def face_view(face: ScriptedFace, time_s: float, width_px: int, height_px: int) -> View:
    """Return the part of the photograph that a face's picture shows at a time."""
    x, y = _VIEW_CENTRE
    if face.symmetric:
        # The middle of the face comes to lie between the two columns in the middle of the picture.
        x = float(move_head(np.array([ROOT_OF_NOSE]), HeadPose(UPRIGHT_RAD))[0, 0]) + 0.5
    left = x + face.level(PAN, time_s) - width_px / face.zoom / 2
    top = max(y - height_px / face.zoom / 2, _HIGHEST_VIEW_PX)
    return View(width_px, height_px, left, top, face.zoom)


def landmarks_px(clip: Clip, number: int, mesh: FaceMesh, time_s: float) -> NDArray[np.float64]:
    """Return the landmarks of one of a clip's faces in its upright picture, (68, 2), pixels.

    Where the picture is mirrored, they are still in the order of the photograph.
    """
    face = clip.faces[number]
    width = place_width_px(clip)
    view = face_view(face, time_s, width, clip.height_px)
    points = place_vertices(mesh, face_state(face, time_s), view)[:LANDMARK_COUNT]
    if face.symmetric:
        points = landmarks_of_one_half(points, width)
    if face.mirrored:
        points[:, 0] = width - 1 - points[:, 0]
    points[:, 0] += number * (width + DIVIDER_PX)
    return points


def share_in_picture(clip: Clip, number: int, mesh: FaceMesh) -> NDArray[np.float64]:
    """Return how many of a face's landmarks lie in the picture at each frame, 0 to 1, (n,)."""
    shares = []
    for time_s in clip.frame_times_s():
        x, y = landmarks_px(clip, number, mesh, time_s).T
        inside = (x >= 0) & (x < clip.width_px) & (y >= 0) & (y < clip.height_px)
        shares.append(inside.mean())
    return np.array(shares)
