"""The analysis of one input from its first frame to its table: components 1 to 11 in a loop."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from openface_core.action_unit_tracker import ActionUnitTracker
from openface_core.media import open_media
from openface_core.tables import (
    FrameActionUnits,
    FrameRecorder,
    frame_columns,
    frame_schema,
    frame_table,
)
from transforms.engine import Engine
from transforms.face_source import face_source
from transforms.provenance import RunProvenance, VideoProvenance, identify_input
from transforms.records import Problem, VideoResult, VideoTask
from transforms.settings import RunSettings


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


def analyse_video(
    task: VideoTask,
    engine: Engine,
    settings: RunSettings,
    run: RunProvenance,
    on_frame: Callable[[], None],
) -> VideoAnalysis:
    """Analyse one video, image or folder of images.

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
        If the input cannot be read, or given landmarks do not fit it.
    """
    source = face_source(task, engine)
    with open_media(task.uri, limits=settings.decoding) as media:
        is_single_image = media.info.kind == "image"
        models = engine.models_for(media.info.kind)
        tracker = ActionUnitTracker(models)
        recorder = FrameRecorder(engine.meter.pdm.mode_count)
        for frame in media:
            face = source.observe(frame)
            measured = None
            if face.landmarks is not None:
                measured = engine.meter.measure(frame.image, face.landmarks)
            if measured is None:
                tracker.add_failure()
            else:
                tracker.add(measured.fhog, measured.geometry)
            recorder.add(frame.pts_seconds, face.confidence, face.landmarks, measured)
            on_frame()
        info, warnings = media.info, media.warnings
    source.check_frame_count(len(recorder))

    series = recorder.series()
    if settings.output.timestamps == "frame_number":
        series = series.with_frame_number_times(info.average_rate_fps)
    action_units = tracker.finish_single_images() if is_single_image else tracker.finish()
    units = FrameActionUnits(action_units.intensities.astype(np.float32), action_units.presences)
    has_medians = tracker.medians is not None
    provenance = VideoProvenance(
        identity=identify_input(task, run),
        info=info,
        providers=() if task.landmarks_uri is not None else engine.providers,
        frames_decoded=len(series),
        frames_with_face=int(series.success.sum()),
        calibration_frames=action_units.calibration_frames if has_medians else 0,
        calibration="video" if has_medians else "none",
    )
    columns = frame_columns(
        engine.meter.pdm.mode_count, models.intensity_names, models.presence_names
    )
    schema = frame_schema(columns, provenance.metadata())
    return VideoAnalysis(
        result=VideoResult(task, frame_table(schema, series, units)),
        warnings=Problem.decoding_warnings(task, warnings),
        frames_decoded=provenance.frames_decoded,
        frames_with_face=provenance.frames_with_face,
    )
