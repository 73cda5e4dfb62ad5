"""Landmarks that do not hang on where exactly a detector put its box.

What a landmark network finds depends a little on its crop, and the crop of a detected face on the
detector's box, which lies a few pixels elsewhere where the frame is larger and is shrunk more for
detection. What then follows the face keeps the difference for long. So the network looks again at
the face that it found, a few times, and the mean of what it sees says where to begin. From there on
crops are put on a coarse grid, and it looks again until it comes back to a crop that it has seen.
Of these, and of the crops beside them towards which its points draw, the one that its points
confirm best is taken.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.crop import CropSquare
from openface_core.landmarks.network import LandmarkNetwork, LandmarkResult
from openface_core.partial_pictures import AnyPicture, contiguous

Place = tuple[float, float, float, float]
"""A crop's centre, side and angle, in units of the grid."""

Cell = tuple[int, int, int, int]

# Centres lie on whole pixels, or the grid would not move with a face.
_SIDES_PER_OCTAVE: Final = 4
_ANGLES_PER_RADIAN: Final = 12

_FIRST_LOOKS: Final = 6
_MEAN_OF_LAST: Final = 4

_MOST_LOOKS: Final = 8
_MOST_STEPS_ASIDE: Final = 4

_NEAR_BORDER: Final = 0.3
"""The crop beside is tried where points draw farther than this from the middle of a cell."""


@dataclass(frozen=True, eq=False)
class _Look:
    """What the network saw in the crop of a cell, and where its points would have put the crop."""

    cell: Cell
    result: LandmarkResult
    place: Place

    @property
    def away(self) -> float:
        """How far they would have put it from there, in units of the grid."""
        return max(abs(a - b) for a, b in zip(self.place, self.cell, strict=True))

    def beside(self) -> list[Cell]:
        """Return the cells beside, towards which the points draw."""
        cells = []
        for axis in range(4):
            drawn = self.place[axis] - self.cell[axis]
            if abs(drawn) > _NEAR_BORDER:
                beside = list(self.cell)
                beside[axis] += 1 if drawn > 0 else -1
                cells.append((beside[0], beside[1], beside[2], beside[3]))
        return cells


class _Looks:
    """What a network sees of one face in the crops of a grid."""

    def __init__(self, network: LandmarkNetwork, image_bgr: AnyPicture) -> None:
        self._network = network
        self._image_bgr = image_bgr
        self._seen: dict[Cell, _Look | None] = {}

    def __contains__(self, cell: Cell) -> bool:
        return cell in self._seen

    def place_of(self, landmarks: NDArray[np.float32]) -> Place:
        square = self._network.square_about(landmarks)
        return (
            square.centre_x,
            square.centre_y,
            math.log2(square.side_px) * _SIDES_PER_OCTAVE,
            math.atan2(square.sin, square.cos) * _ANGLES_PER_RADIAN,
        )

    def look(self, cell: Cell) -> _Look | None:
        if cell not in self._seen:
            side_px = 2.0 ** (cell[2] / _SIDES_PER_OCTAVE)
            angle = cell[3] / _ANGLES_PER_RADIAN
            square = CropSquare(cell[0], cell[1], side_px, math.cos(angle), math.sin(angle))
            seen = self._network.look(self._image_bgr, square)
            look = None if seen is None else _Look(cell, seen, self.place_of(seen.landmarks))
            self._seen[cell] = look
        return self._seen[cell]


def settled(
    network: LandmarkNetwork, image_bgr: AnyPicture, landmarks: NDArray[np.float32]
) -> LandmarkResult | None:
    """Return what a network sees of a face in the crop that its own points confirm best.

    Parameters
    ----------
    network : LandmarkNetwork
        The network.
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The upright frame.
    landmarks : (68, 2) ndarray of float32
        Where the face is, finite, pixels.

    Returns
    -------
    LandmarkResult or None
        The same for landmarks that are near each other, but in rare cases: from what a detector
        sees in a frame and in a larger one, the embedded network's is the same for 269 of 269 faces
        in the reference videos. Whole pixels by which all is shifted shift it, and do nothing else.
        None where the network sees no face.

    Raises
    ------
    ModelFileError
        If the network fails.
    """
    image_bgr = contiguous(image_bgr)
    first = _first_looks(network, image_bgr, landmarks)
    if not first:
        return None
    begin = np.stack([seen.landmarks for seen in first[-_MEAN_OF_LAST:]]).mean(axis=0)
    looks = _Looks(network, image_bgr)
    place, best = looks.place_of(begin.astype(np.float32)), None
    for _ in range(_MOST_LOOKS):
        cell = (round(place[0]), round(place[1]), round(place[2]), round(place[3]))
        seen = None if cell in looks else looks.look(cell)
        if seen is None:
            break
        best = seen if best is None or seen.away < best.away else best
        place = seen.place
    if best is None:
        return first[-1]
    for _ in range(_MOST_STEPS_ASIDE):
        beside = [seen for seen in map(looks.look, best.beside()) if seen is not None]
        nearest = min(beside, key=lambda seen: (seen.away, seen.cell), default=best)
        if nearest.away >= best.away:
            break
        best = nearest
    return best.result


def _first_looks(
    network: LandmarkNetwork, image_bgr: AnyPicture, landmarks: NDArray[np.float32]
) -> list[LandmarkResult]:
    """Return what a network sees at first, each time in the crop of what it has seen before."""
    seen: list[LandmarkResult] = []
    for _ in range(_FIRST_LOOKS):
        result = network.look(image_bgr, network.square_about(landmarks))
        if result is None:
            break
        landmarks = result.landmarks
        seen.append(result)
    return seen
