"""What is to be known of the landmarks of an input that were given, and not found."""

from openface_core.faces import FacesInFrame, FaceStatus
from openface_core.media import DecodedFrame
from openface_core.media.places import Places


def early_end_warnings(known: int, frame_count: int) -> tuple[str, ...]:
    """Return the line on a file of several faces that knows fewer frames than the video has.

    Parameters
    ----------
    known : int
        The last frame that it knows of, of whatever face.
    frame_count : int
        Frames of the video.
    """
    if known >= frame_count:
        return ()
    return (
        f"the file of landmarks ends with frame {known} of {frame_count}, and none after it has a "
        "face",
    )


class LandmarkWatch:
    """Counts frames whose landmarks are not taken as they are given."""

    def __init__(self) -> None:
        self._refused = self._completed = 0
        self._refused_places, self._completed_places = Places(), Places()

    def add(self, frame: DecodedFrame, measured: FacesInFrame) -> None:
        """Note a frame and its measured faces."""
        faces = measured.faces.values()
        if any(face.status is FaceStatus.NOT_A_FACE for face in faces):
            self._refused += 1
            self._refused_places.add(frame.index + 1)
        elif any(face.is_measured and face.missing_points for face in faces):
            self._completed += 1
            self._completed_places.add(frame.index + 1)

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each kind that occurred, with count and places."""
        lines = []
        if self._refused:
            lines.append(
                f"the landmarks of {self._refused} frames are those of no face in the picture, and "
                f"were dropped ({self._refused_places})"
            )
        if self._completed:
            lines.append(
                f"landmarks of {self._completed} frames are marked missing by an x of 0, and "
                f"points of the fitted shape take their place ({self._completed_places})"
            )
        return tuple(lines)
