"""The stage that finishes an input: post-processing over all its frames, and its Parquet file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from apache_beam.pvalue import TaggedOutput

from openface_core.analysis.engine import Engine
from openface_core.analysis.finishing import FinalMedian, TableMaker, post_process
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.timestamps import table_timestamps
from openface_core.fields import frame_columns, frame_schema
from openface_core.media.gaps import gap_warnings
from openface_core.tables import summarise
from transforms.dataset.layout import frames_path
from transforms.dataset.provenance import InputIdentity, RunProvenance, VideoProvenance
from transforms.dataset.table_files import row_groups, write_row_groups, write_work_table
from transforms.metrics import Count, StageStep, count, count_failure, timed
from transforms.plan.calibration import CalibratedVideo
from transforms.records import PROBLEMS, Problem
from transforms.stages.engine_stage import EngineStage
from transforms.work.files import load_features, load_scores
from transforms.work.folder import table_path


@dataclass(frozen=True)
class FinishedVideo:
    """An input whose table is written.

    Parameters
    ----------
    path : str
        Its table.
    frames, frames_with_face : int
        Rows, and those with a measured face.
    warnings : tuple of Problem
        What was wrong but could be worked around.
    """

    path: str
    frames: int
    frames_with_face: int
    warnings: tuple[Problem, ...]


def finish_video(
    video: CalibratedVideo,
    engine: Engine,
    settings: RunSettings,
    run: RunProvenance,
    output: str,
) -> FinishedVideo:
    """Post-process an input and write its table.

    Parameters
    ----------
    video : CalibratedVideo
        The input.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.
    run : RunProvenance
        What is recorded with every table.
    output : str
        The output folder.

    Returns
    -------
    FinishedVideo
        The table and its statistics.

    Raises
    ------
    OpenFaceBeamError
        If a work file is damaged, or storage refuses.
    """
    task, info = video.task, video.info
    models = engine.models_for(info.kind)
    known, units = post_process(
        models,
        (load_scores(item, len(models.all_models)) for item in video.blocks),
        video.frames,
        FinalMedian(np.array(video.weighted_median), video.repredicted, np.array(video.offsets)),
        is_image=info.kind == "image",
    )
    times = table_timestamps(known.pts_seconds, 1, info, settings.output)
    names = engine.action_unit_names
    provenance = VideoProvenance(
        identity=InputIdentity(run, task, video.content, video.group_digest),
        info=info,
        providers=() if task.landmarks_uri is not None else engine.providers,
        frames_decoded=len(known),
        frames_with_face=int(known.success.sum()),
        calibration=video.calibration,
        few_frames=settings.calibration.few_frames,
        summary=summarise(times, known.confidence, known.success, units, *names),
        warnings=video.blocks[0].block.warnings + gap_warnings(info, known.pts_seconds),
    )
    schema = frame_schema(frame_columns(engine.extent), provenance.metadata())
    maker = TableMaker(
        schema, engine.extent, engine.meter.pdm, info, settings.output, video.face_id
    )
    parts = (
        load_features(part, engine.extent) for item in video.blocks for part in item.block.parts
    )
    groups = row_groups(maker.tables(parts, units), settings.output.row_group_rows)
    with timed(StageStep.TABLE):
        if settings.output.buckets:
            path = table_path(output, task.video_id)
            count(Count.WORK_BYTES, write_work_table(path, schema, groups))
        else:
            path = frames_path(output, task.video_id)
            count(Count.TABLE_BYTES, write_row_groups(path, schema, groups, settings.output))
    warnings = Problem.decoding_warnings(task.video_id, task.uri, provenance.warnings)
    return FinishedVideo(path, provenance.frames_decoded, provenance.frames_with_face, warnings)


@dataclass
class FinishVideos(EngineStage):
    """Write tables: ``CalibratedVideo`` to ``(video_id, path)``.

    The outputs are ``tables`` (main) and ``problems``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    provenance : RunProvenance
        What is recorded with every table.
    output : str
        The output folder.
    """

    provenance: RunProvenance
    output: str

    step_label: ClassVar[str] = "Finish"
    main_output: ClassVar[str | None] = "tables"
    side_outputs: ClassVar[tuple[str, ...]] = (PROBLEMS,)

    def work(
        self, video: CalibratedVideo, engine: Engine
    ) -> Iterator[tuple[str, str] | TaggedOutput[Literal["problems"], Problem]]:
        """Yield an input's id and the path of its table; rows of the error table to the side."""
        settings = self.handle.settings
        try:
            with timed(StageStep.FINISHING):
                finished = finish_video(video, engine, settings, self.provenance, self.output)
        except Exception as error:  # whatever one input does, the others go on
            problem = Problem.from_error(video.task, error)
            count_failure(problem.stage)
            yield TaggedOutput(PROBLEMS, problem)
            return
        count(Count.INPUTS_WRITTEN)
        count(Count.FRAMES_DECODED, finished.frames)
        count(Count.FRAMES_WITH_FACE, finished.frames_with_face)
        for warning in finished.warnings:
            count(Count.WARNINGS)
            yield TaggedOutput(PROBLEMS, warning)
        yield video.task.video_id, finished.path
