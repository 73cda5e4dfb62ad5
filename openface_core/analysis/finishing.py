"""From the scores of an input to the rows of its table: post-processing, and what is derived."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.action_units.postprocessing import final_intensities, final_presences
from openface_core.action_units.static import presences, single_image_intensities
from openface_core.analysis.calibration import repredicted_scores
from openface_core.analysis.settings import OutputSettings
from openface_core.analysis.timestamps import table_timestamps
from openface_core.fields import Derivation, Extent
from openface_core.media import MediaInfo
from openface_core.shape import Camera, PointDistributionModel
from openface_core.shards import Absence, ShardFeatures
from openface_core.shards.scores_file import BlockScores, join_scores
from openface_core.tables import (
    FrameActionUnits,
    frame_table,
    summarise,
    summarise_no_sides,
    summarise_nobody,
    summarise_sides,
)
from openface_core.tables.merging import FrameRows


@dataclass(frozen=True, eq=False)
class FinalMedian:
    """What the scores of an input are finally relative to.

    Parameters
    ----------
    weighted : (s,) ndarray of float64
        Product of the final medians with the weights of all views.
    repredicted : int
        How many of the input's successful frames, the first ones, are predicted again with them.
    offsets : (v * r,) ndarray of float64
        The person's baseline of each intensity, view by view.
    withheld : frozenset of str
        Columns that too few frames calibrate, see :meth:`ActionUnitModels.withheld_columns`.
    """

    weighted: Float64Array
    repredicted: int
    offsets: Float64Array
    withheld: frozenset[str] = frozenset()


def post_process(
    models: ActionUnitModels,
    blocks: Iterable[BlockScores],
    frame_count: int,
    final: FinalMedian,
    *,
    is_image: bool,
    missing_as_zero: bool,
) -> tuple[BlockScores, FrameActionUnits]:
    """Return what is known of all frames without their scores, and their final action units.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, r of intensity and c of presence.
    blocks : iterable of BlockScores
        All blocks of an input, in order.
    frame_count : int
        Frames n in all of them.
    final : FinalMedian
        What the scores are relative to.
    is_image : bool
        Whether it is a single image: intensities are clipped only, presences not smoothed.
    missing_as_zero : bool
        Whether frames without a face take part in averages as zeros.
    """
    views, count = models.views, len(models.intensity)
    intensities = np.empty((len(views), frame_count, count))
    present = np.empty((len(views), frame_count, len(models.presence)), dtype=np.bool_)
    pieces: list[BlockScores] = []
    begin = 0
    for block, scores in repredicted_scores(models, blocks, final.weighted, final.repredicted):
        rows = slice(begin, begin + len(block))
        for view, columns in enumerate(views):
            own = scores[:, columns]
            if is_image:
                intensities[view, rows] = single_image_intensities(models, own)
            else:
                intensities[view, rows] = own[:, :count]
            present[view, rows] = presences(models, own)
        pieces.append(block.without_scores())
        begin = rows.stop
    known = join_scores(pieces, 0, has_sides=models.has_sides)
    offsets = final.offsets.reshape(len(views), count)
    whole, *sides = (
        _finished_view(*of_view, known.success, is_image=is_image, missing_as_zero=missing_as_zero)
        for of_view in zip(intensities, present, offsets, strict=True)
    )
    return known, replace(whole, withheld=final.withheld, sides=tuple(sides))


def _finished_view(
    intensities: Float64Array,
    present: NDArray[np.bool_],
    offsets: Float64Array,
    success: NDArray[np.bool_],
    *,
    is_image: bool,
    missing_as_zero: bool,
) -> FrameActionUnits:
    """Return the final action units of the whole face or of a side."""
    present = present & success[:, None]
    finished = np.empty(intensities.shape, dtype=np.float32)
    if is_image:
        finished[:] = intensities * success[:, None]
        return FrameActionUnits(finished, present)
    for k in range(len(offsets)):  # one at a time: an hour of video is 100,000 frames
        one = slice(k, k + 1)
        finished[:, one] = final_intensities(
            intensities[:, one], offsets[one], success, missing_as_zero=missing_as_zero
        )
    smoothed = final_presences(present, success, missing_as_zero=missing_as_zero)
    return FrameActionUnits(finished, smoothed)


def summarise_face(
    models: ActionUnitModels,
    timestamps: Float64Array,
    first_number: int,
    known: BlockScores,
    units: FrameActionUnits,
) -> dict[str, float | int | None]:
    """Return what was measured of one face, by the names of the summary's columns.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    timestamps : (n,) ndarray of float64
        Time stamps of all frames of the video, seconds.
    first_number : int
        Number of the face's first frame in the video, counted from 1.
    known : BlockScores
        What is known of its m frames.
    units : FrameActionUnits
        Their final action units.
    """
    names = models.intensity_names, models.presence_names
    whole = summarise(timestamps, first_number, known.confidence, known.success, units, *names)
    return whole | summarise_sides(known.sides, known.success, units, *names)


def summarise_no_face(
    models: ActionUnitModels, timestamps: Float64Array
) -> dict[str, float | int | None]:
    """Return what :func:`summarise_face` does for a video that shows nobody."""
    names = models.intensity_names, models.presence_names
    whole = summarise_nobody(timestamps, *names)
    return whole | summarise_no_sides(*names) if models.has_sides else whole


class FaceOfTable(NamedTuple):
    """A face whose rows are made.

    Parameters
    ----------
    face_id : int
        Its number in the video.
    first_number : int
        Number of its first frame in the video, counted from 1.
    calibration_frames : int or None
        How many frames moved its medians; None where it has none.
    """

    face_id: int
    first_number: int
    calibration_frames: int | None


@dataclass(frozen=True, eq=False)
class TableMaker:
    """Makes the table of frames of an input, part by part.

    Parameters
    ----------
    schema : pyarrow.Schema
        Its columns, with the metadata of the whole table.
    extent : Extent
        What the models measure.
    pdm : PointDistributionModel
        The shape model that the frames were measured with.
    info : MediaInfo
        What decoding found.
    settings : OutputSettings
        Where time stamps come from.
    camera : Camera or None
        The camera of the input; None takes OpenFace's guess by the size of its frames.
    """

    schema: pa.Schema
    extent: Extent
    pdm: PointDistributionModel
    info: MediaInfo
    settings: OutputSettings
    camera: Camera | None = None

    def face_tables(
        self,
        face: FaceOfTable,
        parts: Iterable[ShardFeatures | Absence],
        units: FrameActionUnits,
    ) -> Iterator[pa.Table]:
        """Yield the rows of a face, a table for each part; none where it is not there.

        Parameters
        ----------
        face : FaceOfTable
            The face.
        parts : iterable of ShardFeatures or Absence
            All of its frames, in order.
        units : FrameActionUnits
            Their final action units.
        """
        begin = 0
        for part in parts:
            rows = slice(begin, begin + len(part))
            if not isinstance(part, Absence):
                number, frames = face.first_number + begin, face.calibration_frames
                derivation = self._derivation(number, face.face_id, frames)
                yield self._table(part, units[rows], derivation)
            begin = rows.stop

    def frame_rows(self, parts: Iterable[ShardFeatures]) -> Iterator[FrameRows]:
        """Yield rows of all frames of a video as of ones that show nobody.

        Parameters
        ----------
        parts : iterable of ShardFeatures
            All frames, in order.
        """
        first_number = 1
        for part in parts:
            numbers = np.arange(first_number, first_number + len(part))
            yield FrameRows(numbers, partial(self._without_face, part, first_number))
            first_number += len(part)

    def _without_face(self, part: ShardFeatures, first_number: int) -> pa.Table:
        units = FrameActionUnits.without_face(len(part), self.extent)
        return self._table(part, units, self._derivation(first_number, None, None))

    def _derivation(
        self, first_number: int, face_id: int | None, calibration_frames: int | None
    ) -> Derivation:
        return Derivation(self.pdm, first_number, face_id, self.camera, calibration_frames)

    def _table(
        self, features: ShardFeatures, units: FrameActionUnits, derivation: Derivation
    ) -> pa.Table:
        series = features.series.with_derived_fields(derivation)
        times = table_timestamps(
            series.pts_seconds, derivation.first_number, self.info, self.settings
        )
        series = series.with_arrays(pts_seconds=times)
        return frame_table(self.schema, self.extent, series, units)
