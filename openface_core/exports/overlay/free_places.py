"""Where there is room for something that belongs to a face: not over other faces."""

from typing import NamedTuple


class Box(NamedTuple):
    """An upright rectangle, pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def common_px(self, other: "Box") -> int:
        """Return the area that two boxes have in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)


class FreePlaces:
    """Finds places beside faces, in one frame after the other.

    Parameters
    ----------
    gap_px : int
        How far from a face.
    """

    def __init__(self, gap_px: int) -> None:
        self._gap = gap_px
        self._taken: list[Box] = []
        self._last_side: dict[str, int] = {}

    def begin(self, taken: list[Box]) -> None:
        """Begin a frame, in which there are already things."""
        self._taken = list(taken)

    def take(self, name: str, face: Box, size: tuple[int, int], image: tuple[int, int]) -> Box:
        """Return the place beside a face that covers least, and take it.

        Parameters
        ----------
        name : str
            Whose it is: it stays on the side where it was while there is room.
        face : Box
            The face.
        size, image : (int, int)
            Width and height of what is to be placed, and of the image that it must lie within.
        """
        width, height = size
        corners = (
            (face.left, face.bottom + self._gap),
            (face.right + self._gap, face.top),
            (face.left - self._gap - width, face.top),
            (face.left, face.top - self._gap - height),
        )
        last = self._last_side.get(name, 0)
        best: tuple[int, int, Box] | None = None
        for side in (last, *(k for k in range(len(corners)) if k != last)):
            x = max(0, min(corners[side][0], image[0] - width))
            y = max(0, min(corners[side][1], image[1] - height))
            place = Box(x, y, x + width, y + height)
            covered = sum(place.common_px(other) for other in self._taken)
            if best is None or covered < best[0]:
                best = (covered, side, place)
        assert best is not None  # noqa: S101 - there are four sides
        _, self._last_side[name], place = best
        self._taken.append(place)
        return place
