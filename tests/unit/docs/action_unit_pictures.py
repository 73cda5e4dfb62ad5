"""The pictures of ``docs/action-units.md``: ``python -m tests.unit.docs.action_unit_pictures``.

The demo's resting face is bent the way an action unit moves the skin, rather too much than too
little; arrows show what moves where.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.action_units.expression_warp import thin_plate_map
from pipelines.demo_corpus.face_actions import BLINK, JAW_DROP, SMILE
from pipelines.demo_corpus.face_geometry import FaceState, View, place_vertices
from pipelines.demo_corpus.face_rendering import FaceRenderer
from tests.fixtures.places import REPOSITORY

PICTURES = REPOSITORY / "docs" / "images" / "action_units"
LANDMARK_COUNT = 68
QUALITY = 80
_VIEW = View(width_px=176, height_px=192, left_px=170.0, top_px=72.0, scale=1.6)
_ARROW_BGR = (0, 94, 213)
_EDGE_BGR = (255, 255, 255)
_LEAST_ARROW_PX = 4.0

Points = NDArray[np.float64]
Image = NDArray[np.uint8]
Shift = tuple[float, float]


@dataclass(frozen=True)
class Unit:
    """How an action unit moves the face.

    Parameters
    ----------
    landmarks : dict of int to (float, float)
        What moves, by its place among the 68 landmarks: right and down, pixels of the photograph.
    skin : dict of (float, float) to (float, float)
        What moves beside landmarks, by its place in the photograph.
    actions : dict of str to float
        What the demo's face does itself.
    """

    landmarks: dict[int, Shift] = field(default_factory=dict)
    skin: dict[Shift, Shift] = field(default_factory=dict)
    actions: dict[str, float] = field(default_factory=dict)


def _all(landmarks: range | tuple[int, ...], shift: Shift) -> dict[int, Shift]:
    return dict.fromkeys(landmarks, shift)


_UPPER_LIDS, _LOWER_LIDS = (37, 38, 43, 44), (40, 41, 46, 47)
_UPPER_LIP, _LOWER_LIP = (49, 50, 51, 52, 53, 61, 62, 63), (55, 56, 57, 58, 59, 65, 66, 67)
_CHEEKS = ((197.0, 120.0), (204.0, 122.0), (254.0, 122.0), (247.0, 124.0))

UNITS = {
    "AU01": Unit(
        {20: (0.5, -6), 21: (1.0, -8), 22: (-1.0, -8), 23: (-0.5, -6), 19: (0, -2), 24: (0, -2)}
    ),
    "AU02": Unit({17: (0, -6), 18: (0, -8), 19: (0, -5), 24: (0, -5), 25: (0, -8), 26: (0, -6)}),
    "AU04": Unit({20: (2, 3), 21: (4, 4.5), 22: (-4, 4.5), 23: (-2, 3), 19: (1, 2), 24: (-1, 2)}),
    "AU05": Unit(_all(_UPPER_LIDS, (0, -2.6))),
    "AU06": Unit(_all(_LOWER_LIDS, (0, -1.2)), dict.fromkeys(_CHEEKS, (0.0, -5.0))),
    "AU07": Unit(_all(_UPPER_LIDS, (0, 1.2)) | _all(_LOWER_LIDS, (0, -1.6))),
    "AU09": Unit(
        _all((31, 32, 33, 34, 35), (0, -3))
        | {21: (2, 3), 22: (-2, 3)}
        | _all((50, 51, 52), (0, -2)),
        {(212.0, 118.0): (2.0, -4.0), (238.0, 120.0): (-2.0, -4.0)},
    ),
    "AU10": Unit(_all((49, 50, 51, 52, 53), (0, -4)) | _all((61, 62, 63), (0, -2))),
    "AU12": Unit(actions={SMILE: 0.9}),
    "AU14": Unit({48: (2.5, 0), 54: (-2.5, 0), 60: (2, 0), 64: (-2, 0)}),
    "AU15": Unit({48: (-1, 5), 54: (1, 5), 60: (0, 4), 64: (0, 4), 59: (0, 2), 55: (0, 2)}),
    "AU17": Unit(_all((7, 8, 9), (0, -3)) | _all(_LOWER_LIP, (0, -3)) | _all(_UPPER_LIP, (0, -1))),
    "AU20": Unit({48: (-5, 1), 54: (5, 1), 60: (-4, 1), 64: (4, 1), 49: (-2, 0), 53: (2, 0)}),
    "AU23": Unit(
        _all((50, 51, 52), (0, 1.8)) | _all((56, 57, 58), (0, -2.2)) | {48: (2, 0), 54: (-2, 0)}
    ),
    "AU25": Unit(actions={JAW_DROP: 0.3}),
    "AU26": Unit(actions={JAW_DROP: 1.0}),
    "AU28": Unit(_all((49, 50, 51, 52, 53), (0, 3.2)) | _all((55, 56, 57, 58, 59), (0, -4.2))),
    "AU45": Unit(actions={BLINK: 1.0}),
}
"""All action units that are measured."""


def picture(renderer: FaceRenderer, unit: Unit) -> Image:
    """Return the face with an action unit, (H, W, 3), BGR."""
    rest, moved = FaceState(), FaceState(unit.actions)
    before = place_vertices(renderer.mesh, rest, _VIEW)[:LANDMARK_COUNT]
    after = place_vertices(renderer.mesh, moved, _VIEW)[:LANDMARK_COUNT]
    drawn = renderer.draw(moved, _VIEW)
    if unit.landmarks or unit.skin:
        skin = _VIEW.project(np.array(list(unit.skin)).reshape(-1, 2))
        shifts = np.array(list(unit.skin.values())).reshape(-1, 2) * _VIEW.scale
        after = after.copy()
        for landmark, shift in unit.landmarks.items():
            after[landmark] += np.array(shift) * _VIEW.scale
        before, after = np.concatenate([before, skin]), np.concatenate([after, skin + shifts])
        bend = thin_plate_map(after, before, _VIEW.width_px, _VIEW.height_px)
        drawn = np.asarray(cv2.remap(drawn, bend, None, cv2.INTER_LINEAR), dtype=np.uint8)
    _draw_arrows(drawn, before, after)
    return drawn


def _draw_arrows(drawn: Image, before: Points, after: Points) -> None:
    lengths = np.linalg.norm(after - before, axis=1)
    for index in np.flatnonzero(lengths >= min(_LEAST_ARROW_PX, 0.6 * lengths.max() + 1e-9)):
        begin, end = (
            tuple(np.rint(points[index]).astype(int).tolist()) for points in (before, after)
        )
        tip = min(0.9, 5.0 / lengths[index])
        cv2.arrowedLine(drawn, begin, end, _EDGE_BGR, 3, cv2.LINE_AA, tipLength=tip)
        cv2.arrowedLine(drawn, begin, end, _ARROW_BGR, 1, cv2.LINE_AA, tipLength=tip)


def main() -> int:
    """Make all pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    renderer = FaceRenderer()
    for name, unit in {"rest": Unit(), **UNITS}.items():
        write(PICTURES / f"{name}.jpg", picture(renderer, unit))
    return 0


def write(path: Path, image: Image) -> None:
    """Write a picture as JPEG."""
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    sys.exit(main())
