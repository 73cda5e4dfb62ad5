"""In which frames the detector runs while no face is trusted, and when a face is given up.

References
----------
``DetectLandmarksInVideo`` of OpenFace 2.2: in the first frame in which a followed face is not
trusted, and then in every second; after a hundred such frames, and before there was a face, in
every twelfth.
"""

from typing import Final

_PATIENCE_FRAMES: Final = 100


class Redetection:
    """Counts the frames since a face was last trusted, or began.

    Parameters
    ----------
    every_failures : int
        For a face that is not trusted, or was lost, the detector runs in the first frame, and then
        in every so many.
    every_absences : int
        The same where there was no face for long, or none yet.
    searches_on : bool
        Whether a face that the detector does not see is followed all the same, as by OpenFace.
    """

    def __init__(
        self, every_failures: int, every_absences: int = 1, *, searches_on: bool = False
    ) -> None:
        self._every_failures = every_failures
        self._every_absences = every_absences
        self._searches_on = searches_on
        self._failures = -1  # so OpenFace counts
        self._has_begun = False

    def note_followed(self, *, is_trusted: bool) -> None:
        """Take note of how following a face into a frame ended."""
        self._failures = -1 if is_trusted else self._failures + 1

    def note_begun(self) -> None:
        """Take note that a detected face is taken, trusted or not."""
        self._failures, self._has_begun = -1, True

    @property
    def is_due(self) -> bool:
        """Whether the detector runs in this frame, in which no face is trusted."""
        was_there = self._has_begun and self._failures <= _PATIENCE_FRAMES
        return self._failures % (self._every_failures if was_there else self._every_absences) == 0

    def gives_up(self, *, is_seen: bool) -> bool:
        """Return whether a face is given up that is not trusted.

        Parameters
        ----------
        is_seen : bool
            Whether the detector, if it ran, saw it.
        """
        return self._failures > _PATIENCE_FRAMES if self._searches_on else not is_seen
