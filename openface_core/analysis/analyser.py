"""The analysis of a video, from its frames to its table. Whatever runs one runs this."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.postprocessing import REPREDICTED_FRAMES
from openface_core.analysis.calibration import (
    MedianStart,
    RestFrames,
    count_rest,
    find_baselines,
    score_block,
    weighted_rest_median,
)
from openface_core.analysis.engine import Engine
from openface_core.analysis.finishing import FinalMedian, TableMaker, post_process
from openface_core.analysis.parts import PART_FRAMES, KeptParts
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.sources import FaceSource, GivenFaces, TrackedFaces
from openface_core.analysis.timestamps import table_timestamps
from openface_core.errors import ConfigError, ModelFileError
from openface_core.face_tracking import IntervalTracker
from openface_core.faces import Face
from openface_core.fields import frame_columns, frame_schema
from openface_core.landmarks.files import read_landmarks
from openface_core.media import DecodedFrame, MediaInfo, MediaReader, open_media
from openface_core.media.gaps import gap_warnings
from openface_core.rest_frames import RestRanges
from openface_core.running_medians import DescriptorMedians, RestMedians
from openface_core.shards import ShardFeatures, ShardRecorder
from openface_core.tables import FrameActionUnits, summarise
from openface_core.watch import NO_WATCH, Step, Watch, each_timed

OnFace = Callable[[DecodedFrame, Face], None]


def _ignore(_frame: DecodedFrame, _face: Face) -> None:
    """Do nothing."""


@dataclass(frozen=True, eq=False)
class MeasuredVideo:
    """One input, analysed and calibrated by itself.

    Parameters
    ----------
    info : MediaInfo
        What decoding found.
    warnings : tuple of str
        What decoding had to work around.
    table : pyarrow.Table
        The table of frames.
    units : FrameActionUnits
        Final action units of all frames, as OpenFace has them: of those without a face too.
    summary : dict
        What the summary says of it, see :func:`openface_core.tables.summarise`.
    calibration_mode : str
        What action units are relative to: ``video``, ``person``, ``rest`` or ``none``.
    calibration_frames : int
        Frames that moved the medians.
    """

    info: MediaInfo
    warnings: tuple[str, ...]
    table: pa.Table
    units: FrameActionUnits
    summary: dict[str, float | int | None]
    calibration_mode: str
    calibration_frames: int


@dataclass(frozen=True, eq=False)
class Analyser:
    """Measures faces in frames, and makes tables of them.

    Parameters
    ----------
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.
    watch : Watch
        Is told what is done.
    """

    engine: Engine
    settings: RunSettings
    watch: Watch = NO_WATCH

    def faces(self, landmarks_uri: str | None = None, first_index: int = 0) -> FaceSource:
        """Return where the faces of an input come from.

        Parameters
        ----------
        landmarks_uri : str or None
            File of given landmarks; None finds them in the frames.
        first_index : int
            Index in the input, from 0, of the first frame that will be seen.

        Raises
        ------
        LandmarkFileError
            If the file cannot be read.
        ModelFileError
            If there is neither such a file nor networks.
        """
        if landmarks_uri is not None:
            return GivenFaces(read_landmarks(landmarks_uri), self.engine.meter, landmarks_uri)
        if self.engine.faces is None:
            raise ModelFileError(
                "landmarks", "neither networks nor given landmarks", "Give --models or --landmarks."
            )
        tracker = IntervalTracker(
            self.engine.faces,
            self.settings.detection.every_frames,
            self.settings.detection.settling_frames,
            self.settings.confidence.threshold,
            self.watch,
            self.settings.detection.every_failures,
        )
        return TrackedFaces(tracker, self.engine.tracked_meter, first_index)

    def measure(
        self,
        frames: Iterable[DecodedFrame],
        faces: FaceSource,
        models: ActionUnitModels,
        keep: Callable[[ShardFeatures], None],
        on_face: OnFace = _ignore,
    ) -> int:
        """Measure the faces of consecutive frames: components 1 to 7, and products with weights.

        Parameters
        ----------
        frames : iterable of DecodedFrame
            The frames.
        faces : FaceSource
            Where their faces come from.
        models : ActionUnitModels
            The predictors of action units, see :meth:`Engine.models_for`.
        keep : callable
            Takes what was measured, a thousand frames at a time.
        on_face : callable
            Called after every frame, with its measured face.

        Returns
        -------
        int
            How many frames there were.

        Raises
        ------
        OpenFaceBeamError
            If the frames cannot be decoded.
        """
        recorder = ShardRecorder(models, self.engine.extent)
        kept = 0
        for frame in each_timed(self.watch, Step.DECODING, frames):
            found = faces.observe(frame)
            with self.watch.time(Step.MEASUREMENT):
                face = faces.meter.measure(frame.image, found, self.watch)
                with self.watch.time(Step.PREDICTION):
                    recorder.add(frame, face)
            self.watch.count_frame(face.status)
            if len(recorder) == PART_FRAMES:
                keep(recorder.features())
                kept += len(recorder)
                recorder = ShardRecorder(models, self.engine.extent)
            on_face(frame, face)
        if len(recorder):
            keep(recorder.features())
        return kept + len(recorder)

    def video(
        self,
        uri: str,
        *,
        landmarks_uri: str | None = None,
        rest: RestRanges | None = None,
        on_face: OnFace = _ignore,
    ) -> MeasuredVideo:
        """Analyse one video, image or folder of images, calibrated by itself.

        Parameters
        ----------
        uri : str
            Local path or fsspec URL.
        landmarks_uri : str or None
            File of given landmarks; None finds them in the frames.
        rest : RestRanges or None
            When the person is at rest, for calibration on rest frames.
        on_face : callable
            Called after every frame, with its measured face.

        Raises
        ------
        OpenFaceBeamError
            If the input cannot be read, given landmarks do not fit it, or no frames at rest are
            named although calibration is on these.
        """
        with self.watch.time(Step.OPENING):
            media = open_media(uri, limits=self.settings.decoding)
        with media:
            return self.medium(media, self.faces(landmarks_uri), rest=rest, on_face=on_face)

    def medium(
        self,
        media: MediaReader,
        faces: FaceSource,
        *,
        rest: RestRanges | None = None,
        frame_limit: int | None = None,
        on_face: OnFace = _ignore,
    ) -> MeasuredVideo:
        """Analyse an opened medium, as :meth:`video` does.

        Parameters
        ----------
        media : MediaReader
            The frames.
        faces : FaceSource
            Where their faces come from.
        rest, on_face
            As for :meth:`video`.
        frame_limit : int or None
            How many frames are analysed, from the first on; None takes all.
        """
        models = self.engine.models_for(media.info.kind)
        mode = self.settings.calibration.mode if models.is_dynamic.any() else "none"
        if mode == "rest" and rest is None:
            raise ConfigError(
                media.info.uri,
                "calibration is on rest frames, and none are named",
                "Name them, or choose another calibration.",
            )
        with KeptParts() as parts:
            frames = islice(media, frame_limit)
            frame_count = self.measure(frames, faces, models, parts.add, on_face)
            if frame_limit is None:
                faces.check_frame_count(frame_count)
            at_rest = None
            if mode == "rest":
                at_rest = RestFrames(rest, media.info, self.settings.output)
            with self.watch.time(Step.MEDIANS):
                start = _median_start(models, parts, at_rest)
                scores, median = score_block(models, parts, start, at_rest)
            with self.watch.time(Step.POSTPROCESSING):
                limit = REPREDICTED_FRAMES if at_rest is None else 0
                person = find_baselines(models, [scores], frame_count, median, limit)
                final = FinalMedian(median, limit, person.offsets)
                known, units = post_process(
                    models, [scores], frame_count, final, is_image=media.info.kind == "image"
                )
            with self.watch.time(Step.TABLE):
                table = self._table(media.info, parts, units)
        moving = person.sets_offsets if mode == "rest" else person.success[::2]
        times = table_timestamps(known.pts_seconds, 1, media.info, self.settings.output)
        names = self.engine.action_unit_names
        return MeasuredVideo(
            media.info,
            media.warnings + gap_warnings(media.info, known.pts_seconds),
            table,
            units,
            summarise(times, known.confidence, known.success, units, *names),
            mode,
            0 if mode == "none" else int(moving.sum()),
        )

    def _table(
        self, info: MediaInfo, parts: Iterable[ShardFeatures], units: FrameActionUnits
    ) -> pa.Table:
        engine, settings = self.engine, self.settings.output
        schema = frame_schema(frame_columns(engine.extent))
        maker = TableMaker(schema, engine.extent, engine.meter.pdm, info, settings)
        return pa.concat_tables([schema.empty_table(), *maker.tables(parts, units)])


def _median_start(
    models: ActionUnitModels, parts: Iterable[ShardFeatures], rest: RestFrames | None
) -> MedianStart:
    """Return the medians before the first frame of an input that is calibrated by itself."""
    if not models.is_dynamic.any():
        return MedianStart.none(models)
    if rest is None:
        return MedianStart(DescriptorMedians(), np.zeros(len(models.all_models)))
    medians = RestMedians()
    count_rest(medians, parts, rest)
    return MedianStart(None, weighted_rest_median(models, medians))
