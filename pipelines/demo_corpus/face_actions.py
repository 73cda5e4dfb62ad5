"""What the face can do, as motions of hand-placed points.

Amplitudes are those of an adult's plain expressions, in pixels of the photograph, where the centres
of the eyes are 42 px apart.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.demo_corpus import portrait

Points = NDArray[np.float64]

SMILE, CLOSED_SMILE = "smile", "closed_smile"
BROW_RAISE, JAW_DROP, BLINK = "brow_raise", "jaw_drop", "blink"

ACTIONS = (SMILE, CLOSED_SMILE, BROW_RAISE, JAW_DROP, BLINK)

# The mouth at rest: its line from corner to corner, and the outer edges of the lips.
_REST_LINE = ((207.4, 146.6), (222.6, 146.3), (237.8, 148.5))
_REST_TOP = (
    (206.4, 146.5), (212.3, 143.5), (218.5, 141.2), (222.7, 141.9), (226.9, 141.6), (233.1, 144.8),
    (238.8, 148.5),
)  # fmt: skip
_REST_BOTTOM = (
    (206.4, 146.5), (212.1, 150.4), (217.3, 152.2), (222.4, 152.7), (227.5, 152.6), (232.9, 151.8),
    (238.8, 148.5),
)  # fmt: skip
# The line of lips that smile without parting: the corners are where a smile has them.
_SMILE_LINE = ((201.8, 139.3), (222.6, 145.6), (243.8, 140.7))
# Cheeks, pouches beside the mouth and the wings of the nose: where a smile finds them, and what it
# did to them.
_SMILE_ELSEWHERE = (
    ((197.0, 117.0), (-0.9, -3.3)), ((196.0, 126.0), (-2.4, -3.9)), ((205.0, 127.0), (-2.4, -2.7)),
    ((254.0, 120.0), (0.9, -3.3)), ((255.0, 129.0), (2.4, -3.9)), ((245.0, 129.0), (2.4, -2.7)),
    ((194.0, 141.0), (-4.5, -2.4)), ((252.5, 144.0), (4.5, -2.4)), ((201.0, 110.0), (0.0, -1.2)),
    ((250.0, 112.0), (0.0, -1.2)),
)  # fmt: skip
_SMILE_NOSTRILS_PX = 0.9
_SMILE_LOWER_LIDS_PX = -0.6

_RAISED_BROWS_PX = (-5.2, -6.0, -6.4, -6.2, -5.6, -5.6, -6.2, -6.4, -6.0, -5.2)
_BROW_RAISE_ELSEWHERE = (
    ((225.0, 90.0), (0.0, -4.6)), ((225.0, 97.0), (0.0, -1.8)),
    ((193.0, 94.5), (0.0, -2.6)), ((201.0, 93.6), (0.0, -3.0)), ((210.0, 95.4), (0.0, -2.6)),
    ((239.0, 97.6), (0.0, -2.6)), ((248.0, 95.8), (0.0, -3.0)), ((257.0, 97.6), (0.0, -2.6)),
    ((190.0, 78.0), (0.0, -4.2)), ((208.0, 78.0), (0.0, -4.6)), ((225.0, 79.0), (0.0, -4.4)),
    ((243.0, 80.0), (0.0, -4.6)), ((260.0, 84.0), (0.0, -4.2)),
    ((190.0, 60.0), (0.0, -1.6)), ((225.0, 60.0), (0.0, -1.8)), ((260.0, 62.0), (0.0, -1.6)),
)  # fmt: skip
_BROW_RAISE_UPPER_LIDS_PX = -0.5

_DROPPED_CHIN_PX = 12.0
# How much of it each point of the jaw follows, from ear to ear.
_JAW_SHARE = (
    0.0, 0.0, 0.02, 0.08, 0.25, 0.5, 0.78, 0.95, 1.0, 0.95, 0.78, 0.5, 0.25, 0.08, 0.02, 0.0, 0.0
)  # fmt: skip
_JAW_DROP_LOWER_LIP_PX = 11.0
_JAW_DROP_CORNERS_PX = (1.6, 3.4)
"""Inwards and downwards."""
_JAW_DROP_ELSEWHERE = (
    ((222.0, 165.0), (0.0, 11.8)), ((205.0, 158.0), (0.0, 8.4)), ((239.0, 158.0), (0.0, 8.4)),
    ((221.5, 184.5), (0.0, 9.5)), ((205.0, 180.0), (0.0, 8.0)), ((240.0, 180.0), (0.0, 8.0)),
    ((221.5, 194.0), (0.0, 5.5)), ((195.0, 142.0), (0.8, 3.0)), ((252.0, 144.0), (-0.8, 3.0)),
)  # fmt: skip

_BLINK_LOWER_LIDS_PX = -1.1
_BLINK_CREASE_SHARE = 0.25
_LEFT_CREASE = ((193.5, 95.2), (198.5, 93.4), (203.0, 92.9), (208.0, 93.6), (212.5, 96.4))
_RIGHT_CREASE = ((236.5, 98.4), (241.0, 96.2), (246.0, 95.4), (251.5, 95.9), (257.0, 98.2))
_BLINK_STILL = ((198.0, 109.0), (207.0, 109.0), (243.0, 111.0), (252.0, 111.0))


@dataclass
class Motion:
    """Points of the photograph, and where an action moves each.

    Parameters
    ----------
    points, displacements : list of (float, float)
        x and y, pixels of the photograph. A point is named once.
    """

    points: list[tuple[float, float]] = field(default_factory=list)
    displacements: list[tuple[float, float]] = field(default_factory=list)

    def add(self, point: tuple[float, float], dx: float, dy: float) -> None:
        """Add a point, unless it is there."""
        if point not in self.points:
            self.points.append(point)
            self.displacements.append((dx, dy))

    def move_to(
        self, points: tuple[tuple[float, float], ...], targets: tuple[tuple[float, float], ...]
    ) -> None:
        """Add points by where they come from: the action moves them from a target to a point."""
        for (x, y), (tx, ty) in zip(points, targets, strict=True):
            self.add((x, y), x - tx, y - ty)


def motion_of(action: str) -> Motion:
    """Return how an action moves the hand-placed points.

    Points that an action does not name stay where they are, as far as they are landmarks or belong
    to a contour of :mod:`pipelines.demo_corpus.portrait`.
    """
    makers = {
        SMILE: _smile,
        CLOSED_SMILE: _closed_smile,
        BROW_RAISE: _brow_raise,
        JAW_DROP: _jaw_drop,
        BLINK: _blink,
    }
    return makers[action]()


def _along(contour: tuple[tuple[float, float], ...], x: float) -> float:
    """Return the height of a contour at `x`."""
    xs, ys = np.array(contour).T
    return float(np.interp(x, xs, ys))


def _share(contour: tuple[tuple[float, float], ...], x: float) -> float:
    """Return how far `x` lies between the ends of a contour, 0 to 1."""
    return (x - contour[0][0]) / (contour[-1][0] - contour[0][0])


def _on_parabola(ends: tuple[tuple[float, float], ...], share: float) -> tuple[float, float]:
    """Return the point at a share, 0 to 1, of a parabola through three points."""
    weights = np.array(
        [(1 - share) * (1 - 2 * share), 4 * share * (1 - share), share * (2 * share - 1)]
    )
    x, y = weights @ np.array(ends)
    return float(x), float(y)


def _smile() -> Motion:
    motion = Motion()
    for contour in (portrait.MOUTH_UPPER, portrait.MOUTH_LOWER):
        rest = tuple(_on_parabola(_REST_LINE, _share(contour, x)) for x, _ in contour)
        motion.move_to(contour, rest)
    motion.move_to(portrait.LIPS_TOP, _REST_TOP)
    motion.move_to(portrait.LIPS_BOTTOM, _REST_BOTTOM)
    _add_around_smile(motion)
    return motion


def _closed_smile() -> Motion:
    motion = Motion()
    contours = (
        portrait.MOUTH_UPPER, portrait.MOUTH_LOWER, portrait.LIPS_TOP, portrait.LIPS_BOTTOM
    )  # fmt: skip
    for contour in contours:
        for x, y in contour:
            share = _share(contour, x)
            (rest_x, rest_y), (smile_x, smile_y) = (
                _on_parabola(line, share) for line in (_REST_LINE, _SMILE_LINE)
            )
            motion.add((x, y), smile_x - rest_x, smile_y - rest_y)
    _add_around_smile(motion)
    return motion


def _add_around_smile(motion: Motion) -> None:
    """Add what moves around the lips: cheeks, folds, nostrils and lower lids."""
    for point, (dx, dy) in _SMILE_ELSEWHERE:
        motion.add(point, dx, dy)
    motion.add(portrait.NOSE[4], -_SMILE_NOSTRILS_PX, -0.5)
    motion.add(portrait.NOSE[8], _SMILE_NOSTRILS_PX, -0.5)
    for lower in (portrait.LEFT_EYE_LOWER, portrait.RIGHT_EYE_LOWER):
        for point in lower[1:-1]:
            motion.add(point, 0.0, _SMILE_LOWER_LIDS_PX)


def _brow_raise() -> Motion:
    motion = Motion()
    for point, dy in zip(portrait.BROWS, _RAISED_BROWS_PX, strict=True):
        motion.add(point, 0.0, dy)
    for point, (dx, dy) in _BROW_RAISE_ELSEWHERE:
        motion.add(point, dx, dy)
    for contour in (
        portrait.LEFT_EYE_UPPER[1:-1],
        portrait.RIGHT_EYE_UPPER[1:-1],
        portrait.LEFT_LASHES,
        portrait.RIGHT_LASHES,
    ):
        for point in contour:
            motion.add(point, 0.0, _BROW_RAISE_UPPER_LIDS_PX)
    return motion


def _jaw_drop() -> Motion:
    motion = Motion()
    for point, share in zip(portrait.JAW, _JAW_SHARE, strict=True):
        motion.add(point, 0.0, share * _DROPPED_CHIN_PX)
    inwards, downwards = _JAW_DROP_CORNERS_PX
    for contour, drop in (
        (portrait.LIPS_TOP, 0.0),
        (portrait.MOUTH_UPPER, 0.0),
        (portrait.MOUTH_LOWER, _JAW_DROP_LOWER_LIP_PX),
        (portrait.LIPS_BOTTOM, _JAW_DROP_LOWER_LIP_PX),
    ):
        for point in contour:
            aside = 2 * _share(contour, point[0]) - 1
            at_corner = abs(aside) ** 2.5
            dy = at_corner * downwards + (1 - at_corner) * drop
            motion.add(point, -inwards * aside, dy)
    for point, (dx, dy) in _JAW_DROP_ELSEWHERE:
        motion.add(point, dx, dy)
    return motion


def _blink() -> Motion:
    motion = Motion()
    for upper, lower, lashes, crease in (
        (portrait.LEFT_EYE_UPPER, portrait.LEFT_EYE_LOWER, portrait.LEFT_LASHES, _LEFT_CREASE),
        (portrait.RIGHT_EYE_UPPER, portrait.RIGHT_EYE_LOWER, portrait.RIGHT_LASHES, _RIGHT_CREASE),
    ):
        for point in lower[1:-1]:
            motion.add(point, 0.0, _BLINK_LOWER_LIDS_PX)
        for contour, share in ((upper[1:-1], 1.0), (lashes, 1.0), (crease, _BLINK_CREASE_SHARE)):
            for x, y in contour:
                # At rest, the lower lid is where the smile has not lifted it yet.
                opening = _along(lower, x) - _along(upper, x) - _SMILE_LOWER_LIDS_PX
                motion.add((x, y), 0.0, share * (opening + _BLINK_LOWER_LIDS_PX))
    for point in _BLINK_STILL:
        motion.add(point, 0.0, 0.0)
    return motion
