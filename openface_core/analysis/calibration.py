"""What action units are relative to: medians over frames, and the person's baselines.

The stages of the main job and a single analysis in memory take these same steps. Frames come in
*blocks*: consecutive frames of one video whose scores are computed together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.action_units.postprocessing import intensity_offsets, repredict
from openface_core.analysis.settings import OutputSettings
from openface_core.analysis.timestamps import frames_at_rest, table_timestamps
from openface_core.errors import CalibrationError
from openface_core.face_sides import side_measures
from openface_core.media import MediaInfo
from openface_core.rest_frames import RestRanges
from openface_core.running_medians import DescriptorMedians, RestMedians
from openface_core.shards import Absence, ShardFeatures, replay_medians
from openface_core.shards.scores_file import BlockScores, join_scores

Part = ShardFeatures | Absence
"""Consecutive frames of a person."""

NOBODY_AT_REST = "no face was found in it, so that its frames at rest show nobody"
"""What is to be known of an input that is calibrated on them."""


@dataclass(frozen=True)
class RestFrames:
    """The frames of one input that show the person at rest.

    Parameters
    ----------
    ranges : RestRanges or None
        What is named as rest; None for an input without such frames.
    info : MediaInfo
        What decoding found.
    settings : OutputSettings
        Where time stamps come from: ranges are given in those of the table.
    """

    ranges: RestRanges | None
    info: MediaInfo
    settings: OutputSettings

    def of(self, features: ShardFeatures, first_number: int) -> NDArray[np.bool_]:
        """Return which frames show a face at rest, (n,).

        Parameters
        ----------
        features : ShardFeatures
            Consecutive frames of the input.
        first_number : int
            Number of the first of them, counted from 1.
        """
        series = features.series
        times = table_timestamps(series.pts_seconds, first_number, self.info, self.settings)
        return frames_at_rest(self.ranges, times, first_number) & series.success


def count_rest(
    medians: RestMedians, parts: Iterable[Part], rest: RestFrames, first_number: int = 1
) -> None:
    """Take the frames of an input that show a face at rest into account.

    Parameters
    ----------
    medians : RestMedians
        Medians over rest frames; changed.
    parts : iterable of ShardFeatures or Absence
        Consecutive frames of the input.
    rest : RestFrames
        Which of them count.
    first_number : int
        Number of the first frame, counted from 1.
    """
    for part in parts:
        if not isinstance(part, Absence):
            is_counted = rest.of(part, first_number)
            medians.count(part.series["fhog_bins"], part.series["geometry_bins"], is_counted)
        first_number += len(part)


def shows_somebody(parts: Iterable[Part]) -> bool:
    """Return whether a face was found in any of the frames."""
    return any(not isinstance(part, Absence) and part.series.success.any() for part in parts)


def weighted_rest_median(models: ActionUnitModels, medians: RestMedians) -> Float64Array:
    """Return the product of medians over rest frames with the weights of all views, (s,).

    Raises
    ------
    CalibrationError
        If no frame at rest shows face 0.
    """
    if not medians.frames:
        raise CalibrationError(
            "rest frames",
            "no frame that is named as rest shows the person (face 0)",
            "Check rest_seconds and rest_frames in the manifest against the columns timestamp, "
            "frame and face_id of a table made with another --calibration.",
        )
    return weigh_median(models, medians.fhog, medians.geometry)


@dataclass(frozen=True, eq=False)
class MedianStart:
    """The medians before the first frame of a block.

    Parameters
    ----------
    moving : DescriptorMedians or None
        Medians that the block's frames move; None where nothing moves them.
    weighted : (s,) ndarray of float64
        Product of medians that stay with the weights of all views; 0 where there are none.
    """

    moving: DescriptorMedians | None
    weighted: Float64Array

    @classmethod
    def none(cls, models: ActionUnitModels) -> "MedianStart":
        """Return the start for models that know nothing of the person."""
        return cls(None, np.zeros(models.score_count))


def score_block(
    models: ActionUnitModels,
    parts: Iterable[Part],
    start: MedianStart,
    rest: RestFrames | None = None,
    first_number: int = 1,
) -> tuple[BlockScores, Float64Array]:
    """Return the scores of a block, and the medians after it.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    parts : iterable of ShardFeatures or Absence
        The block's frames.
    start : MedianStart
        The medians before its first frame; moving ones are advanced.
    rest : RestFrames or None
        The frames that baselines are sought in; None takes all with a face.
    first_number : int
        Number of its first frame in the input, counted from 1.

    Returns
    -------
    BlockScores, (s,) ndarray of float64
        The scores, and the product of the medians after the last frame with the weights.
    """
    pieces: list[BlockScores] = []
    for part in parts:
        if isinstance(part, Absence):
            if start.moving is not None:
                start.moving.skip(len(part))
            pieces.append(part.scores(models.score_count, has_sides=models.has_sides))
            first_number += len(part)
            continue
        series = part.series
        if start.moving is None:
            online = dynamic_scores(models, series["weighted"], start.weighted)
        else:
            online = replay_medians(models, start.moving, part)
        sets_offsets = series.success if rest is None else rest.of(part, first_number)
        pieces.append(
            BlockScores(
                weighted=series["weighted"],
                online=online,
                pts_seconds=series.pts_seconds,
                confidence=series.confidence,
                success=series.success,
                sets_offsets=sets_offsets,
                sides=_side_measures(part),
            )
        )
        first_number += len(part)
    scores = join_scores(pieces, models.score_count, has_sides=models.has_sides)
    if start.moving is None:
        return scores, start.weighted
    return scores, weigh_median(models, start.moving.fhog, start.moving.geometry)


def _side_measures(features: ShardFeatures) -> NDArray[np.float32]:
    """Return what the summary of both sides needs of some frames, where sides are measured."""
    if not features.extent.has_sides:
        return np.empty((len(features), 0), dtype=np.float32)
    return side_measures(features.series.arrays)


def repredicted_scores(
    models: ActionUnitModels, blocks: Iterable[BlockScores], median: Float64Array, limit: int
) -> Iterator[tuple[BlockScores, Float64Array]]:
    """Yield blocks with their scores after re-prediction with the final medians, (n, s).

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    blocks : iterable of BlockScores
        Consecutive blocks.
    median : (s,) ndarray of float64
        Product of the final medians with the weights of all views.
    limit : int
        How many of the first successful frames are predicted again with them.
    """
    for block in blocks:
        scores = repredict(models, block.weighted, block.online, block.success, median, limit)
        yield block, scores
        limit = max(0, limit - int(block.success.sum()))


@dataclass(frozen=True, eq=False)
class Baselines:
    """What the frames of a person say about the person.

    Parameters
    ----------
    offsets : (v * r,) ndarray of float64
        The value of each intensity that counts as zero, view by view.
    success, sets_offsets : (n,) ndarray of bool
        Frames with a measured face, and those that the offsets were sought in.
    """

    offsets: Float64Array
    success: NDArray[np.bool_]
    sets_offsets: NDArray[np.bool_]


def find_baselines(
    models: ActionUnitModels,
    blocks: Iterable[BlockScores],
    frame_count: int,
    median: Float64Array,
    limit: int,
) -> Baselines:
    """Return the person's baselines over all frames that are calibrated together.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    blocks : iterable of BlockScores
        All blocks, in order.
    frame_count : int
        Frames n in all of them.
    median, limit
        As for :func:`repredicted_scores`.
    """
    columns = models.intensity_columns
    intensities = np.empty((frame_count, len(columns)))
    success = np.empty(frame_count, dtype=np.bool_)
    sets_offsets = np.empty(frame_count, dtype=np.bool_)
    begin = 0
    for block, scores in repredicted_scores(models, blocks, median, limit):
        rows = slice(begin, begin + len(block))
        intensities[rows] = scores[:, columns]
        success[rows] = block.success
        sets_offsets[rows] = block.sets_offsets
        begin = rows.stop
    offsets = intensity_offsets(models, intensities, sets_offsets)
    return Baselines(offsets, success, sets_offsets)
