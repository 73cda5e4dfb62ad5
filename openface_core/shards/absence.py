"""Frames of a person in which the person is not there."""

from dataclasses import dataclass

import numpy as np

from openface_core.face_sides import MEASURES
from openface_core.shards.scores_file import BlockScores


@dataclass(frozen=True)
class Absence:
    """Consecutive frames in which a person is not there.

    Parameters
    ----------
    frames : int
        How many.
    """

    frames: int

    def __len__(self) -> int:
        return self.frames

    def scores(self, score_count: int, *, has_sides: bool) -> BlockScores:
        """Return what post-processing gets of them: nothing was found."""
        n = self.frames
        return BlockScores(
            weighted=np.zeros((n, score_count)),
            online=np.zeros((n, score_count)),
            pts_seconds=np.full(n, np.nan),
            confidence=np.full(n, np.nan, dtype=np.float32),
            success=np.zeros(n, dtype=np.bool_),
            sets_offsets=np.zeros(n, dtype=np.bool_),
            sides=np.zeros((n, MEASURES if has_sides else 0), dtype=np.float32),
        )
