"""The stage that finishes an input: post-processing over all its frames, and its Parquet file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.postprocessing import (
    final_intensities,
    final_presences,
)
from openface_core.action_units.static import presences, single_image_intensities
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.timestamps import table_timestamps
from openface_core.shards.scores_file import BlockScores, join_scores
from openface_core.shards.series import frame_series
from openface_core.tables import FrameActionUnits, frame_columns, frame_schema, frame_table
from openface_core.tables.summary import summarise
from transforms.dataset.layout import frames_path
from transforms.dataset.provenance import InputIdentity, RunProvenance, VideoProvenance
from transforms.dataset.table_files import row_groups, write_row_groups, write_work_table
from transforms.metrics import PROBLEMS, Count, Step, count, count_failure, timed
from transforms.plan.calibration import CalibratedVideo
from transforms.records import Problem
from transforms.stages.engine_handle import EngineHandle
from transforms.stages.final_scores import final_scores
from transforms.work.files import load_features
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


def _post_process(
    video: CalibratedVideo, models: ActionUnitModels
) -> tuple[BlockScores, FrameActionUnits]:
    """Return what is known of all frames without their scores, and their final action units."""
    count, frames = len(models.intensity), video.frames
    is_image = video.info.kind == "image"
    intensities = np.empty((frames, count))
    present = np.empty((frames, len(models.presence)), dtype=np.bool_)
    pieces: list[BlockScores] = []
    begin = 0
    for found, scores in final_scores(
        video.blocks, models, video.weighted_median, video.repredicted
    ):
        rows = slice(begin, begin + len(found))
        if is_image:
            intensities[rows] = single_image_intensities(models, scores)
        else:
            intensities[rows] = scores[:, :count]
        present[rows] = presences(models, scores)
        pieces.append(found.without_scores())
        begin = rows.stop
    known = join_scores(pieces, 0)
    success = known.success
    present &= success[:, None]
    final = np.empty((frames, count), dtype=np.float32)
    if is_image:
        final[:] = intensities * success[:, None]
        return known, FrameActionUnits(final, present)
    offsets = np.array(video.offsets)
    for k in range(count):  # one at a time: an hour of video is 100,000 frames
        one = slice(k, k + 1)
        final[:, one] = final_intensities(intensities[:, one], offsets[one], success)
    return known, FrameActionUnits(final, final_presences(present))


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
    parts = [part for item in video.blocks for part in item.block.parts]
    models = engine.models_for(info.kind)
    known, units = _post_process(video, models)
    provenance = VideoProvenance(
        identity=InputIdentity(run, task, video.content, video.group_digest),
        info=info,
        providers=() if task.landmarks_uri is not None else engine.providers,
        frames_decoded=len(known),
        frames_with_face=int(known.success.sum()),
        calibration=video.calibration,
        few_frames=settings.calibration.few_frames,
        summary=summarise(
            table_timestamps(known.pts_seconds, 1, info, settings.output),
            known.confidence,
            known.success,
            units,
            models.intensity_names,
            models.presence_names,
        ),
        warnings=video.blocks[0].block.warnings,
    )
    columns = frame_columns(
        engine.meter.pdm.mode_count, models.intensity_names, models.presence_names
    )
    schema = frame_schema(columns, provenance.metadata())

    def tables() -> Iterator[pa.Table]:
        begin = 0
        for part in parts:
            features = load_features(part, info.kind, engine)
            series = frame_series(features, engine.meter.pdm)
            if settings.output.timestamps == "frame_number":
                series = series.with_frame_number_times(info.average_rate_fps, begin)
            rows = slice(begin, begin + len(features))
            yield frame_table(schema, series, units[rows], first_frame=begin + 1)
            begin = rows.stop

    groups = row_groups(tables(), settings.output.row_group_rows)
    with timed(Step.TABLE):
        if settings.output.buckets:
            path = table_path(output, task.video_id)
            count(Count.WORK_BYTES, write_work_table(path, schema, groups))
        else:
            path = frames_path(output, task.video_id)
            count(Count.TABLE_BYTES, write_row_groups(path, schema, groups, settings.output))
    warnings = Problem.decoding_warnings(task.video_id, task.uri, provenance.warnings)
    return FinishedVideo(path, provenance.frames_decoded, provenance.frames_with_face, warnings)


class _FinishVideo(beam.DoFn):
    def __init__(
        self,
        handle: EngineHandle,
        provenance: RunProvenance,
        output: str,
    ) -> None:
        self._handle = handle
        self._provenance = provenance
        self._output = output

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(
        self, video: CalibratedVideo
    ) -> Iterator[tuple[str, str] | TaggedOutput[Literal["problems"], Problem]]:
        """Yield an input's id and the path of its table; rows of the error table to the side."""
        try:
            with timed(Step.FINISHING):
                finished = finish_video(
                    video, self._engine, self._handle.settings, self._provenance, self._output
                )
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


@dataclass
class FinishVideos(beam.PTransform):
    """Write tables: ``CalibratedVideo`` to ``(video_id, path)``, and ``Problem`` to the side.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    provenance : RunProvenance
        What is recorded with every table.
    output : str
        The output folder.
    """

    handle: EngineHandle
    provenance: RunProvenance
    output: str

    def expand(self, videos: beam.PCollection) -> Any:
        """Return the collections ``tables`` (main) and ``problems``."""
        function = _FinishVideo(self.handle, self.provenance, self.output)
        return videos | "Finish" >> beam.ParDo(function).with_outputs(PROBLEMS, main="tables")
