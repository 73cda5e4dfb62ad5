"""The stage that finishes an input: post-processing over all its frames, and its Parquet file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

import numpy as np
import pyarrow as pa

from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.analysis.calibration import NOBODY_AT_REST
from openface_core.analysis.engine import Engine
from openface_core.analysis.finishing import (
    FaceOfTable,
    FinalMedian,
    TableMaker,
    post_process,
    summarise_face,
    summarise_no_face,
)
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.timestamps import table_timestamps
from openface_core.media import MediaInfo
from openface_core.media.gaps import gap_warnings
from openface_core.shards.scores_file import BlockScores
from openface_core.tables import FrameActionUnits
from openface_core.tables.merging import merged_tables
from transforms.dataset.layout import frames_path
from transforms.dataset.provenance import (
    FaceRecord,
    InputIdentity,
    RunProvenance,
    VideoProvenance,
)
from transforms.dataset.table_files import row_groups, write_row_groups, write_work_table
from transforms.metrics import Count, StageStep, count, count_failure, timed
from transforms.plan.calibration import CalibratedFace, CalibratedVideo
from transforms.problems import Problem
from transforms.records import PROBLEMS, AssembledInput
from transforms.stages.engine_stage import EngineStage, SideOutput
from transforms.work.attempts import once
from transforms.work.files import load_features, load_part, load_scores
from transforms.work.folder import RunFolders, check_run, finished_path, table_path


@dataclass(frozen=True)
class FinishedVideo:
    """An input whose table is written.

    Parameters
    ----------
    path : str
        Its table.
    frames, frames_with_face : int
        Frames decoded, and those with a measured face.
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
    folders: RunFolders,
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
    folders : RunFolders
        Where the run writes.

    Returns
    -------
    FinishedVideo
        The table and its statistics.

    Raises
    ------
    OpenFaceBeamError
        If a work file is damaged, or storage refuses.
    """
    source, task = video.source, video.task
    info = source.info
    models = engine.models_for(info.kind)
    faces = [_finish_face(face, models, info, settings) for face in video.faces]
    if source.frame_parts:
        parts = (load_features(part, engine.extent) for part in source.frame_parts)
        pts_seconds = np.concatenate([part.series.pts_seconds for part in parts])
    else:
        pts_seconds = np.concatenate([np.empty(0), *(face.known.pts_seconds for face in faces)])
    times = table_timestamps(pts_seconds, 1, info, settings.output)
    frames_with_face = _count_with_face(source, faces)
    names_rest = video.calibration.mode == "rest" and task.rest is not None
    provenance = VideoProvenance(
        identity=InputIdentity(run, task, video.content, video.group_digest),
        info=info,
        providers=() if task.landmarks_uri is not None else engine.providers,
        frames_decoded=source.frames,
        frames_with_face=frames_with_face,
        faces=tuple(_records(video, faces, times, models)),
        few_frames=settings.calibration.few_frames,
        relative_to_person=models.relative_to_person,
        warnings=(*source.warnings, *gap_warnings(info, pts_seconds)),
        notes=(
            *source.notes,
            *((NOBODY_AT_REST,) if names_rest and not frames_with_face else ()),
        ),
    )
    schema = engine.frame_schema.with_metadata(provenance.metadata())
    maker = TableMaker(schema, engine.extent, engine.meter.pdm, info, settings.output, task.camera)
    groups = row_groups(_tables(video, faces, maker), settings.output.row_group_rows)
    with timed(StageStep.TABLE):
        if settings.output.buckets:
            path = table_path(folders.work, task.video_id)
            count(Count.WORK_BYTES, write_work_table(path, schema, groups))
        else:
            path = frames_path(folders.output, task.video_id)
            size_bytes = write_row_groups(path, schema, groups, settings.output, folders.work)
            count(Count.TABLE_BYTES, size_bytes)
    warnings = (
        *Problem.decoding_warnings(task.video_id, task.uri, provenance.warnings),
        *Problem.face_notes(task.video_id, task.uri, provenance.notes),
    )
    return FinishedVideo(path, provenance.frames_decoded, provenance.frames_with_face, warnings)


@dataclass(frozen=True, eq=False)
class _FinishedFace:
    """A face with its final action units, and what is known of all its frames."""

    face: CalibratedFace
    units: FrameActionUnits
    known: BlockScores


def _finish_face(
    face: CalibratedFace, models: ActionUnitModels, info: MediaInfo, settings: RunSettings
) -> _FinishedFace:
    final = FinalMedian(
        np.array(face.weighted_median),
        face.repredicted,
        np.array(face.offsets),
        models.withheld_columns(face.calibration.frames, settings.calibration.least_frames),
    )
    known, units = post_process(
        models,
        (load_scores(item, models.score_count, has_sides=models.has_sides) for item in face.blocks),
        face.parts.frames,
        final,
        is_image=info.kind == "image",
        missing_as_zero=settings.smoothing.missing_as_zero,
    )
    return _FinishedFace(face, units, known)


def _count_with_face(source: AssembledInput, faces: Sequence[_FinishedFace]) -> int:
    """Return in how many frames any face was found."""
    shows = np.zeros(source.frames, dtype=np.bool_)
    for each in faces:
        parts = each.face.parts
        shows[parts.first_number - 1 : parts.first_number - 1 + parts.frames] |= each.known.success
    return int(shows.sum())


def _records(
    video: CalibratedVideo,
    faces: Sequence[_FinishedFace],
    times: Float64Array,
    models: ActionUnitModels,
) -> Iterator[FaceRecord]:
    for each in faces:
        parts = each.face.parts
        summary = summarise_face(models, times, parts.first_number, each.known, each.units)
        yield FaceRecord(parts.face_id, each.face.calibration, summary)
    if not faces:
        yield FaceRecord(None, video.calibration, summarise_no_face(models, times))


def _tables(
    video: CalibratedVideo, faces: Sequence[_FinishedFace], maker: TableMaker
) -> Iterator[pa.Table]:
    """Yield the rows of all frames in order."""
    rows = [_rows_of(each, maker) for each in faces]
    frame_parts = video.source.frame_parts
    if not frame_parts:
        return chain.from_iterable(rows)
    frames = maker.frame_rows(load_features(part, maker.extent) for part in frame_parts)
    return merged_tables(frames, rows)


def _rows_of(finished: _FinishedFace, maker: TableMaker) -> Iterator[pa.Table]:
    face = finished.face
    parts = (load_part(part, maker.extent) for item in face.blocks for part in item.block.parts)
    calibration = face.calibration
    frames = None if calibration.mode == "none" else calibration.frames
    of_table = FaceOfTable(face.parts.face_id, face.parts.first_number, frames)
    return maker.face_tables(of_table, parts, finished.units)


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
    folders : RunFolders
        Where the run writes.
    """

    provenance: RunProvenance
    folders: RunFolders

    step_label: ClassVar[str] = "Finish"
    main_output: ClassVar[str | None] = "tables"
    side_outputs: ClassVar[tuple[str, ...]] = (PROBLEMS,)

    def work(
        self, video: CalibratedVideo, engine: Engine
    ) -> Iterator[tuple[str, str] | SideOutput]:
        """Yield an input's id and the path of its table; rows of the error table to the side."""
        try:
            with timed(StageStep.FINISHING):
                finished = self._finished(video, engine)
        except Exception as error:  # whatever one input does, the others go on
            problem = Problem.from_error(video.task, error)
            count_failure(problem.stage)
            yield SideOutput(PROBLEMS, problem)
            return
        count(Count.INPUTS_WRITTEN)
        count(Count.FRAMES_DECODED, finished.frames)
        count(Count.FRAMES_WITH_FACE, finished.frames_with_face)
        for warning in finished.warnings:
            count(Count.WARNINGS)
            yield SideOutput(PROBLEMS, warning)
        yield video.task.video_id, finished.path

    def _finished(self, video: CalibratedVideo, engine: Engine) -> FinishedVideo:
        folders = self.folders

        def finish() -> FinishedVideo:
            check_run(folders)
            return finish_video(video, engine, self.handle.settings, self.provenance, folders)

        path = finished_path(folders.work, video.task.video_id)
        return once(folders, path, FinishedVideo, finish)
