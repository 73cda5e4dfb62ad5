"""How faces are found, and how often they are looked for."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from openface_core.setting_checks import check_settings

MAX_CANDIDATES: Final = 5000
"""Places looked at per frame; far more than any picture gives, and a bound on suppression."""


@dataclass(frozen=True)
class DetectionSettings:
    """How faces are found.

    Parameters
    ----------
    score_threshold : float
        Least probability of a face, above 0 and at most 1.
    nms_iou : float
        Of two boxes whose intersection over union exceeds this, the worse is dropped.
    max_side_px : int or None
        Frames whose longer side exceeds this are shrunk before detection; None never shrinks.
        Results are in pixels of the frame either way.
    min_face_px : float
        Boxes whose longer side, in pixels of the frame, is below this are dropped.
    max_faces : int
        At most this many faces are returned, the most certain ones.
    every_frames : int
        Faces are looked for in the frames whose number, from 0, is a multiple of this, and where
        the face was lost; in between, the face is followed from one frame to the next. Numbers
        count from the begin of the video, so that results do not depend on how it is cut. 0 for
        never: then no video is cut, and one worker analyses it from its begin to its end.
    lead_frames : int
        So many frames before such a frame the search already begins, so that the fit has settled
        when it counts; fewer than `every_frames`, or else all but one of them.
    every_failures : int
        While a face is followed without trust, or was lost, faces are looked for in the first such
        frame, and then in every so many.
    every_absences : int
        The same where there was no face for 100 frames, or none yet. Of several faces, newcomers
        are looked for in every frame in which nobody is seen.
    search_on : bool
        Whether a face is followed for up to 100 frames without trust where faces are looked for and
        none is seen, and the widest one is taken where others are; as OpenFace does, and may come
        to trust what is no face. Of several faces, each is given up that is not seen.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    score_threshold: float = 0.5
    nms_iou: float = 0.4
    max_side_px: int | None = 640
    min_face_px: float = 0.0
    max_faces: int = 64
    every_frames: int = 150
    lead_frames: int = 16
    every_failures: int = 1
    every_absences: int = 1
    search_on: bool = False

    def __post_init__(self) -> None:
        shrink = self.max_side_px is None or 16 <= self.max_side_px <= 16384
        checks = {
            "score_threshold": (0.0 < self.score_threshold <= 1.0, "a number above 0 and up to 1"),
            "nms_iou": (0.0 <= self.nms_iou <= 1.0, "a number from 0 to 1"),
            "max_side_px": (shrink, "a whole number from 16 to 16384, or none"),
            "min_face_px": (0.0 <= self.min_face_px < np.inf, "a number from 0 up"),
            "max_faces": (1 <= self.max_faces <= MAX_CANDIDATES, "a number from 1 to 5000"),
            "every_frames": (0 <= self.every_frames <= 1000, "a whole number from 0 to 1000"),
            "lead_frames": (0 <= self.lead_frames <= 100, "a whole number from 0 to 100"),
            "every_failures": (1 <= self.every_failures <= 100, "a whole number from 1 to 100"),
            "every_absences": (1 <= self.every_absences <= 100, "a whole number from 1 to 100"),
        }
        check_settings("detection", self, checks)

    @property
    def settling_frames(self) -> int:
        """Frames of a search that do not count: `lead_frames`, at most all but one of them."""
        return min(self.lead_frames, max(0, self.every_frames - 1))

    @property
    def frames_ahead(self) -> int:
        """Frames before a part of a video that it has to see: one more tells of a scene cut."""
        return max(1, self.settling_frames)


DEFAULT_DETECTION: Final = DetectionSettings()
