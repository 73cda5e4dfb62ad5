"""The stage that finishes an input: post-processing over all its frames, and its Parquet file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from openface_core.action_unit_models import ActionUnitModels
from openface_core.postprocessing import (
    REPREDICTED_FRAMES,
    final_intensities,
    final_presences,
    intensity_offsets,
    repredict,
)
from openface_core.shards.series import frame_series
from openface_core.static_action_units import presences, single_image_intensities
from openface_core.tables import FrameActionUnits, frame_columns, frame_schema, frame_table
from transforms.dataset_layout import frames_path
from transforms.engine import Engine
from transforms.engine_handle import EngineHandle
from transforms.metrics import NAMESPACE, PROBLEMS
from transforms.provenance import RunProvenance, VideoProvenance, identify_input
from transforms.records import BlockResult, Problem
from transforms.settings import RunSettings
from transforms.table_files import row_groups, write_row_groups
from transforms.work_files import load_features, load_scores
from transforms.work_folder import table_path


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
    blocks: tuple[BlockResult, ...], success: np.ndarray, models: ActionUnitModels, is_image: bool
) -> FrameActionUnits:
    """Return the final action units of all frames, block after block read once."""
    frames, count = len(success), len(models.intensity)
    intensities = np.empty((frames, count))
    present = np.empty((frames, len(models.presence)), dtype=np.bool_)
    final_median = np.array(blocks[-1].weighted_median)
    begin = 0
    left = REPREDICTED_FRAMES
    for block in blocks:
        weighted, online = load_scores(block, len(models.all_models))
        rows = slice(begin, begin + len(online))
        scores = repredict(models, weighted, online, success[rows], final_median, left)
        left = max(0, left - int(success[rows].sum()))
        if is_image:
            intensities[rows] = single_image_intensities(models, scores)
        else:
            intensities[rows] = scores[:, :count]
        present[rows] = presences(models, scores)
        begin = rows.stop
    present &= success[:, None]
    final = np.empty((frames, count), dtype=np.float32)
    if is_image:
        final[:] = intensities * success[:, None]
        return FrameActionUnits(final, present)
    offsets = intensity_offsets(models, intensities, success)
    for k in range(count):  # one at a time: an hour of video is 100,000 frames
        one = slice(k, k + 1)
        final[:, one] = final_intensities(intensities[:, one], offsets[one], success)
    return FrameActionUnits(final, final_presences(present))


def finish_video(
    blocks: tuple[BlockResult, ...],
    engine: Engine,
    settings: RunSettings,
    run: RunProvenance,
    output: str,
) -> FinishedVideo:
    """Post-process an input and write its table.

    Parameters
    ----------
    blocks : tuple of BlockResult
        All its blocks, in order.
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
        If a work file is damaged, the input has become unreadable, or storage refuses.
    """
    first = blocks[0].block
    task, info = first.task, first.info
    parts = [part for block in blocks for part in block.block.parts]
    models = engine.models_for(info.kind)
    success = np.concatenate(
        [np.empty(0, np.bool_)] + [load_features(part, info.kind, engine).success for part in parts]
    )
    units = _post_process(blocks, success, models, info.kind == "image")
    has_medians = bool(models.is_dynamic.any())
    provenance = VideoProvenance(
        identity=identify_input(task, run),
        info=info,
        providers=() if task.landmarks_uri is not None else engine.providers,
        frames_decoded=len(success),
        frames_with_face=int(success.sum()),
        calibration_frames=int(success[::2].sum()) if has_medians else 0,
        calibration="video" if has_medians else "none",
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

    place = table_path if settings.output.buckets else frames_path
    path = place(output, task.video_id)
    rows_each = settings.output.row_group_rows
    write_row_groups(path, schema, row_groups(tables(), rows_each), settings.output)
    warnings = Problem.decoding_warnings(task, first.warnings)
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
        self._frames_decoded = Metrics.counter(NAMESPACE, "frames_decoded")
        self._frames_with_face = Metrics.counter(NAMESPACE, "frames_with_face")
        self._written = Metrics.counter(NAMESPACE, "inputs_written")
        self._failed = Metrics.counter(NAMESPACE, "inputs_failed")
        self._warnings = Metrics.counter(NAMESPACE, "warnings")

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(
        self, element: tuple[str, Iterable[BlockResult | Problem]]
    ) -> Iterator[tuple[str, str] | TaggedOutput[Literal["problems"], Problem]]:
        """Yield an input's id and the path of its table; rows of the error table to the side."""
        video_id, found = element
        results = list(found)
        problems = [item for item in results if isinstance(item, Problem)]
        if problems:
            self._failed.inc()
            yield TaggedOutput(PROBLEMS, min(problems, key=lambda p: (p.stage, p.reason)))
            return
        blocks = sorted(
            (item for item in results if isinstance(item, BlockResult)),
            key=lambda item: item.block.number,
        )
        if [item.block.number for item in blocks] != list(range(blocks[0].block.count)):
            raise RuntimeError(f"blocks of {video_id} got lost between stages")
        task = blocks[0].block.task
        try:
            video = finish_video(
                tuple(blocks), self._engine, self._handle.settings, self._provenance, self._output
            )
        except Exception as error:  # whatever one input does, the others go on
            self._failed.inc()
            yield TaggedOutput(PROBLEMS, Problem.from_error(task, error))
            return
        self._written.inc()
        self._frames_decoded.inc(video.frames)
        self._frames_with_face.inc(video.frames_with_face)
        for warning in video.warnings:
            self._warnings.inc()
            yield TaggedOutput(PROBLEMS, warning)
        yield video_id, video.path


@dataclass
class FinishVideos(beam.PTransform):
    """Write tables: ``(video_id, block results)`` to ``(video_id, path)``, ``Problem`` to the side.

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

    def expand(self, grouped: beam.PCollection) -> Any:
        """Return the collections ``tables`` (main) and ``problems``."""
        function = _FinishVideo(self.handle, self.provenance, self.output)
        return grouped | "Finish" >> beam.ParDo(function).with_outputs(PROBLEMS, main="tables")
