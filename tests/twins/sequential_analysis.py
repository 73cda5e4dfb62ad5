"""The analysis of inputs frame after frame, with the sequential tracker of action units.

Nothing is cut, grouped or replayed here: what the dataflow makes must be the same to the byte.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels, Target
from openface_core.action_units.postprocessing import final_intensities, final_presences
from openface_core.action_units.static import presences, single_image_intensities
from openface_core.action_units.tracker import ActionUnitTracker
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine
from openface_core.analysis.landmark_warnings import LandmarkWatch
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.timestamps import table_timestamps
from openface_core.errors import ConfigError
from openface_core.face_sides import side_measures
from openface_core.face_tracking import FacesSettings
from openface_core.fields import Derivation, FaceSeries, frame_columns, frame_schema
from openface_core.media import MediaInfo, MediaReader, open_media
from openface_core.media.gaps import gap_warnings
from openface_core.shards import ShardRecorder
from openface_core.tables import FrameActionUnits, frame_table
from openface_core.tables.side_summary import summarise_sides
from openface_core.tables.summary import summarise
from transforms.dataset.provenance import (
    Calibration,
    FaceRecord,
    RunProvenance,
    VideoProvenance,
    identify_inputs,
)
from transforms.plan.calibration import calibration_key
from transforms.problems import Problem
from transforms.records import VideoTask


@dataclass(frozen=True, eq=False)
class VideoResult:
    """The finished table of one input."""

    task: VideoTask
    table: pa.Table


@dataclass(frozen=True, eq=False)
class VideoAnalysis:
    """What comes of one input.

    Parameters
    ----------
    result : VideoResult
        Its table.
    warnings : tuple of Problem
        What was wrong but could be worked around.
    frames_decoded, frames_with_face : int
        Counts for the run's statistics.
    """

    result: VideoResult
    warnings: tuple[Problem, ...]
    frames_decoded: int
    frames_with_face: int


@dataclass(frozen=True, eq=False)
class _Observed:
    """What decoding and measurement found in one input."""

    task: VideoTask
    info: MediaInfo
    warnings: tuple[str, ...]
    series: FaceSeries
    sides: NDArray[np.float32]


def analyse_video(
    task: VideoTask,
    engine: Engine,
    settings: RunSettings,
    run: RunProvenance,
    on_frame: Callable[[], None],
) -> VideoAnalysis:
    """Analyse one video, image or folder of images, calibrated by itself.

    Parameters
    ----------
    task : VideoTask
        The input.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.
    run : RunProvenance
        What is recorded with every table.
    on_frame : callable
        Called after every frame.

    Returns
    -------
    VideoAnalysis
        The table and its statistics.

    Raises
    ------
    OpenFaceBeamError
        If the input cannot be read, given landmarks do not fit it, or calibration is on rest
        frames, which this loop does not know.
    """
    (analysis,) = analyse_together([task], engine, settings, run, on_frame)
    return analysis


def analyse_together(
    tasks: Sequence[VideoTask],
    engine: Engine,
    settings: RunSettings,
    run: RunProvenance,
    on_frame: Callable[[], None],
) -> tuple[VideoAnalysis, ...]:
    """Analyse inputs as one sequence of frames: the videos of a person, or a single input.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs, in the order in which they are calibrated; no single images among several.
    engine, settings, run, on_frame
        As for :func:`analyse_video`.

    Returns
    -------
    tuple of VideoAnalysis
        Their tables.

    Raises
    ------
    OpenFaceBeamError
        As :func:`analyse_video`.
    """
    if settings.calibration.mode == "rest":
        raise ConfigError(
            "calibration.mode",
            "rest frames are known to the main job only",
            "Choose another calibration here.",
        )
    tracker: ActionUnitTracker | None = None
    observed: list[_Observed] = []
    for task in tasks:
        with open_media(task.uri, limits=settings.decoding) as media:
            if tracker is None:
                tracker = ActionUnitTracker(engine.models_for(media.info.kind))
            observed.append(_observe(task, media, tracker, engine, settings, on_frame))
    assert tracker is not None
    calibration = _calibration(observed, tracker, settings)
    units = _final_units(observed, tracker, calibration, settings)
    frames = None if calibration.mode == "none" else calibration.frames
    identities = identify_inputs(tasks, run)
    analyses = []
    for item, own_units, identity in zip(observed, units, identities, strict=True):
        info = item.info
        derivation = Derivation(
            engine.meter.pdm, camera=item.task.camera, calibration_frames=frames
        )
        series = item.series.with_derived_fields(derivation)
        times = table_timestamps(series.pts_seconds, 1, info, settings.output)
        series = series.with_arrays(pts_seconds=times)
        summary = summarise(
            series.pts_seconds,
            1,
            series.confidence,
            series.success,
            own_units,
            tracker.models.intensity_names,
            tracker.models.presence_names,
        ) | summarise_sides(
            item.sides,
            series.success,
            own_units,
            tracker.models.intensity_names,
            tracker.models.presence_names,
        )
        provenance = VideoProvenance(
            identity=identity,
            info=info,
            providers=() if item.task.landmarks_uri is not None else engine.providers,
            frames_decoded=len(series),
            frames_with_face=int(series.success.sum()),
            faces=(FaceRecord(0, calibration, summary),),
            few_frames=settings.calibration.few_frames,
            relative_to_person=tracker.models.relative_to_person,
            warnings=item.warnings,
        )
        schema = frame_schema(frame_columns(engine.extent), provenance.metadata())
        table = frame_table(schema, engine.extent, series, own_units)
        analyses.append(
            VideoAnalysis(
                result=VideoResult(item.task, table),
                warnings=Problem.decoding_warnings(
                    item.task.video_id, item.task.uri, item.warnings
                ),
                frames_decoded=provenance.frames_decoded,
                frames_with_face=provenance.frames_with_face,
            )
        )
    return tuple(analyses)


def _observe(
    task: VideoTask,
    media: MediaReader,
    tracker: ActionUnitTracker,
    engine: Engine,
    settings: RunSettings,
    on_frame: Callable[[], None],
) -> _Observed:
    """Measure the face in every frame of an input, and pass it on to the tracker."""
    one = replace(settings, faces=FacesSettings("widest"))
    source = Analyser(engine, one).faces(task.landmarks_uri, camera=task.camera)
    recorder = ShardRecorder(tracker.models, engine.extent)
    landmarks = LandmarkWatch()
    for frame in media:
        seen = source.observe(frame)
        ((number, face),) = seen.faces.items()
        face = source.meter.measure(frame.image, face)
        landmarks.add(frame, replace(seen, faces={number: face}))
        if face.is_measured:
            tracker.add(face.fhog, face.geometry, face.residual_mm)
        else:
            tracker.add_failure()
        recorder.add(frame, face)
        on_frame()
    of_count = source.check_frame_count(len(recorder))
    derivation = Derivation(engine.meter.pdm)
    series = recorder.features().series.with_derived_fields(derivation)
    sides = side_measures(series.arrays)
    gaps = gap_warnings(media.info, series.pts_seconds)
    warnings = (*media.warnings, *landmarks.warnings, *of_count, *gaps)
    return _Observed(task, media.info, warnings, series, sides)


def _withheld(
    models: ActionUnitModels, calibration: Calibration, settings: RunSettings
) -> frozenset[str]:
    """Return the columns of dynamic models where too few frames calibrate them."""
    if calibration.frames >= settings.calibration.least_frames:
        return frozenset()
    endings = ("", "_left", "_right") if models.has_sides else ("",)
    return frozenset(
        f"{model.name}_{'r' if model.target is Target.INTENSITY else 'c'}{ending}"
        for model in models.intensity + models.presence
        if model.is_dynamic
        for ending in endings
    )


def _final_units(
    observed: Sequence[_Observed],
    tracker: ActionUnitTracker,
    calibration: Calibration,
    settings: RunSettings,
) -> Iterator[FrameActionUnits]:
    """Yield the final action units of every input: smoothing does not reach over its ends."""
    models = tracker.models
    is_image = observed[0].info.kind == "image"
    found = tracker.finish_single_images() if is_image else tracker.finish()
    offsets = found.offsets.reshape(len(models.views), -1)
    missing_as_zero = settings.smoothing.missing_as_zero
    withheld = _withheld(models, calibration, settings) if not is_image else frozenset()
    begin = 0
    for item in observed:
        rows = slice(begin, begin + len(item.series))
        success = found.success[rows]
        whole, *sides = (
            _units_of_view(
                models,
                found.repredicted_scores[rows, view],
                own,
                success,
                is_image,
                missing_as_zero,
            )
            for view, own in zip(models.views, offsets, strict=True)
        )
        yield replace(whole, sides=tuple(sides), withheld=withheld)
        begin = rows.stop


def _units_of_view(
    models: ActionUnitModels,
    scores: NDArray[np.float64],
    offsets: NDArray[np.float64],
    success: NDArray[np.bool_],
    is_image: bool,
    missing_as_zero: bool,
) -> FrameActionUnits:
    present = presences(models, scores) & success[:, None]
    if is_image:
        intensities = single_image_intensities(models, scores) * success[:, None]
        return FrameActionUnits(intensities.astype(np.float32), present)
    scores = scores[:, : len(models.intensity)]
    intensities = final_intensities(scores, offsets, success, missing_as_zero=missing_as_zero)
    present = final_presences(present, success, missing_as_zero=missing_as_zero)
    return FrameActionUnits(intensities.astype(np.float32), present)


def _calibration(
    observed: Sequence[_Observed], tracker: ActionUnitTracker, settings: RunSettings
) -> Calibration:
    key = calibration_key(observed[0].task, settings.calibration)
    if tracker.medians is None:
        return Calibration("none", key)
    success = np.concatenate([item.series.success for item in observed])
    return Calibration(
        mode=settings.calibration.mode,
        key=key,
        videos=tuple(item.task.video_id for item in observed),
        frames=int(success[::2].sum()),
    )
