"""One face of a video that is calibrated by itself: from its features to its rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.postprocessing import REPREDICTED_FRAMES
from openface_core.analysis.calibration import (
    MedianStart,
    Part,
    RestFrames,
    count_rest,
    find_baselines,
    score_block,
    shows_somebody,
    weighted_rest_median,
)
from openface_core.analysis.finishing import (
    FaceOfTable,
    FinalMedian,
    TableMaker,
    post_process,
    summarise_face,
    summarise_no_face,
)
from openface_core.analysis.measured import MeasuredFace
from openface_core.analysis.settings import mode_of_face
from openface_core.running_medians import DescriptorMedians, RestMedians
from openface_core.tables import FrameActionUnits
from openface_core.watch import NO_WATCH, Step, Watch


@dataclass(frozen=True, eq=False)
class FaceFrames:
    """The frames of one face.

    Parameters
    ----------
    face_id : int
        Its number in the video.
    first_number : int
        Number of the first of them, counted from 1.
    frame_count : int
        How many there are.
    parts : callable
        Returns them in order, as often as it is called.
    """

    face_id: int
    first_number: int
    frame_count: int
    parts: Callable[[], Iterator[Part]]


@dataclass(frozen=True, eq=False)
class FaceCalibrator:
    """Calibrates faces of a video, each by itself.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors of action units.
    mode : str
        What they are relative to: ``video``, ``person`` (here the same), ``rest`` or ``none``.
    rest : RestFrames or None
        The frames that show the person at rest, for this mode.
    maker : TableMaker
        Makes the rows.
    timestamps : (n,) ndarray of float64
        Time stamps of all frames of the video; NaN where unknown.
    least_frames : int
        Dynamic action units are not given where fewer frames moved the medians.
    missing_as_zero : bool
        Whether frames without the face take part in averages as zeros.
    watch : Watch
        Is told the steps.
    """

    models: ActionUnitModels
    mode: str
    rest: RestFrames | None
    maker: TableMaker
    timestamps: NDArray[np.float64]
    least_frames: int
    missing_as_zero: bool
    watch: Watch = NO_WATCH

    def for_face(self, face_id: int) -> "FaceCalibrator":
        """Return the calibrator of a face: those beside the main one have no rest frames."""
        return (
            self if not face_id else replace(self, mode=mode_of_face(self.mode, face_id), rest=None)
        )

    def calibrate(self, face: FaceFrames) -> MeasuredFace:
        """Return the face with its action units.

        Parameters
        ----------
        face : FaceFrames
            The face.

        Raises
        ------
        CalibrationError
            If no frame at rest shows face 0, and another does.
        """
        models, first_number = self.models, face.first_number
        with self.watch.time(Step.MEDIANS):
            start = self._median_start(face)
            scores, median = score_block(models, face.parts(), start, self.rest, first_number)
        with self.watch.time(Step.POSTPROCESSING):
            limit = REPREDICTED_FRAMES if self.rest is None else 0
            person = find_baselines(models, [scores], face.frame_count, median, limit)
            counted = person.sets_offsets
            if self.rest is None:
                # Every other frame of the video moves the medians, the first one among them.
                counted = person.success[(first_number - 1) % 2 :: 2]
            frames = 0 if self.mode == "none" else int(counted.sum())
            withheld = models.withheld_columns(frames, self.least_frames)
            final = FinalMedian(median, limit, person.offsets, withheld)
            is_image = self.maker.info.kind == "image"
            known, units = post_process(
                models,
                [scores],
                face.frame_count,
                final,
                is_image=is_image,
                missing_as_zero=self.missing_as_zero,
            )
        summary = summarise_face(models, self.timestamps, first_number, known, units)
        return MeasuredFace(face.face_id, first_number, units, summary, self.mode, frames)

    def _median_start(self, face: FaceFrames) -> MedianStart:
        """Return the medians before the first frame of a face."""
        models = self.models
        if not models.is_dynamic.any():
            return MedianStart.none(models)
        if self.rest is None:
            medians = DescriptorMedians()
            medians.skip(face.first_number - 1)
            return MedianStart(medians, np.zeros(models.score_count))
        at_rest = RestMedians()
        count_rest(at_rest, face.parts(), self.rest, face.first_number)
        if not at_rest.frames and not shows_somebody(face.parts()):
            return MedianStart.none(models)
        return MedianStart(None, weighted_rest_median(models, at_rest))

    def nobody(self) -> MeasuredFace:
        """Return what stands for a face where the video shows none."""
        models = self.models
        units = FrameActionUnits.without_face(len(self.timestamps), self.maker.extent)
        summary = summarise_no_face(models, self.timestamps)
        return MeasuredFace(None, 1, units, summary, self.mode, 0)

    def rows(self, face: FaceFrames, measured: MeasuredFace) -> Iterator[pa.Table]:
        """Yield the rows of a calibrated face."""
        frames = None if self.mode == "none" else measured.calibration_frames
        of_table = FaceOfTable(face.face_id, face.first_number, frames)
        return self.maker.face_tables(of_table, face.parts(), measured.units)
