"""In which frames the detector runs while a face is followed without trust.

References
----------
``DetectLandmarksInVideo`` of OpenFace 2.2: in the first of such frames, and then in every second.
"""


class Redetection:
    """Counts the frames since a face was last trusted.

    Parameters
    ----------
    every_failures : int
        The detector runs in the first frame without trust, and then in every so many.
    """

    def __init__(self, every_failures: int) -> None:
        self._every_failures = every_failures
        self._failures = 0

    @property
    def is_due(self) -> bool:
        """Whether the detector runs in this frame, if its face is not trusted."""
        return self._failures % self._every_failures == 0

    def note(self, *, is_trusted: bool) -> None:
        """Take note of how a frame ended."""
        self._failures = 0 if is_trusted else self._failures + 1
