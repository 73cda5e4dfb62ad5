"""The file of a block's scores, between calibration and post-processing."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import Float64Array
from openface_core.face_sides import MEASURES
from openface_core.shards.work_file import (
    ArrayLayout,
    DamagedError,
    damaged,
    read_work_file,
    write_work_file,
)

_KIND = b"OFBSCOR2"


@dataclass(frozen=True, eq=False)
class BlockScores:
    """What post-processing needs of the n frames of a block.

    Parameters
    ----------
    weighted, online : (n, s) ndarray of float64
        Products of the descriptors with the weights of all views, and online scores.
    pts_seconds : (n,) ndarray of float64
        Presentation times; NaN where unknown.
    confidence : (n,) ndarray of float32
        Confidence in the face; NaN where there is no candidate.
    success : (n,) ndarray of bool
        Whether the face was found and measured.
    sets_offsets : (n,) ndarray of bool
        Frames over whose intensities the person's zeros are sought: the successful ones, or those
        of them that show the person at rest.
    sides : (n, 3) or (n, 0) ndarray of float32
        See :func:`openface_core.face_sides.side_measures`; nothing where sides are not measured.
    """

    weighted: Float64Array
    online: Float64Array
    pts_seconds: Float64Array
    confidence: NDArray[np.float32]
    success: NDArray[np.bool_]
    sets_offsets: NDArray[np.bool_]
    sides: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.success)

    def without_scores(self) -> "BlockScores":
        """Return the same for s = 0 scores, which takes a fraction of the memory."""
        none = np.empty((len(self), 0))
        return replace(self, weighted=none, online=none)


def join_scores(pieces: Sequence[BlockScores], score_count: int, *, has_sides: bool) -> BlockScores:
    """Return the scores of consecutive frames as one; of no frames where there are no pieces.

    Parameters
    ----------
    pieces : sequence of BlockScores
        The scores.
    score_count : int
        How many each frame has.
    has_sides : bool
        Whether the sides of faces are measured.
    """
    layout = _layout(0, score_count, MEASURES if has_sides else 0)
    empty = [np.empty(shape, dtype) for shape, dtype in layout]
    joined: list[NDArray[Any]] = [
        np.concatenate([nothing, *(getattr(piece, field.name) for piece in pieces)])
        for field, nothing in zip(fields(BlockScores), empty, strict=True)
    ]
    return BlockScores(*joined)


def _layout(n: int, score_count: int, measures: int) -> ArrayLayout:
    return [
        ((n, score_count), np.dtype(np.float64)),
        ((n, score_count), np.dtype(np.float64)),
        ((n,), np.dtype(np.float64)),
        ((n,), np.dtype(np.float32)),
        ((n,), np.dtype(np.bool_)),
        ((n,), np.dtype(np.bool_)),
        ((n, measures), np.dtype(np.float32)),
    ]


def write_scores(file: IO[bytes], scores: BlockScores) -> None:
    """Write the scores of a block, about 570 bytes per frame before compression."""
    arrays = [getattr(scores, field.name) for field in fields(BlockScores)]
    if not scores.sides.shape[1]:
        del arrays[-1]
    write_work_file(file, _KIND, scores.weighted.shape, arrays)


def read_scores(
    file: IO[bytes], frame_count: int, score_count: int, *, has_sides: bool
) -> BlockScores:
    """Read what :func:`write_scores` wrote.

    Parameters
    ----------
    file : file opened for reading
        Where from.
    frame_count, score_count : int
        Frames n, and scores s of each, that are expected.
    has_sides : bool
        Whether sides are expected to be measured.

    Returns
    -------
    BlockScores
        The scores.

    Raises
    ------
    WorkFileError
        If the file is damaged, or of other frames or models.
    """
    expected = (frame_count, score_count)

    def layout(numbers: Sequence[int]) -> ArrayLayout:
        if tuple(numbers) != expected:
            raise DamagedError(f"it is of {tuple(numbers)} frames and scores, not of {expected}")
        arrays = _layout(*expected, MEASURES)
        return arrays if has_sides else arrays[:-1]

    _, arrays = read_work_file(file, _KIND, len(expected), layout)
    if not has_sides:
        arrays.append(np.empty((frame_count, 0), dtype=np.float32))
    if any(flags.view(np.uint8).max(initial=0) > 1 for flags in arrays[-3:-1]):
        raise damaged(file, "a flag is neither true nor false")
    return BlockScores(*arrays)
