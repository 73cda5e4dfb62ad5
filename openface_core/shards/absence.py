"""Frames of a person in which the person is not there."""

from dataclasses import dataclass

import numpy as np

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

    def scores(self, model_count: int) -> BlockScores:
        """Return what post-processing gets of them: nothing was found."""
        n = self.frames
        return BlockScores(
            weighted=np.zeros((n, model_count)),
            online=np.zeros((n, model_count)),
            pts_seconds=np.full(n, np.nan),
            confidence=np.full(n, np.nan, dtype=np.float32),
            success=np.zeros(n, dtype=np.bool_),
            sets_offsets=np.zeros(n, dtype=np.bool_),
        )
