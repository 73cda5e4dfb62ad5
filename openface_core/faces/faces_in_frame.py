"""The faces of one frame, each under a number."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openface_core.faces.face import Face, FaceStatus


@dataclass(frozen=True, eq=False)
class FacesInFrame:
    """The faces of one frame.

    Parameters
    ----------
    faces : mapping of int to Face
        The faces, trusted or not, by their numbers in the interval.
    interval : int
        Number of the interval of the video in which they are followed; each numbers them anew.
    is_cut : bool
        Whether the frame begins another scene.
    next_numbers : mapping of int to int
        In the last frame of an interval: the numbers that these faces have in the next one.
    """

    faces: Mapping[int, Face]
    interval: int = 0
    is_cut: bool = False
    next_numbers: Mapping[int, int] = field(default_factory=dict)

    @property
    def status(self) -> FaceStatus:
        """Whether any face was found, or why none was."""
        statuses = [face.status for face in self.faces.values()]
        if FaceStatus.FOUND in statuses:
            return FaceStatus.FOUND
        return statuses[0] if statuses else FaceStatus.NOT_DETECTED
