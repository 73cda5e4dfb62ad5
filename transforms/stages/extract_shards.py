"""The stage that turns shards into features: components 1 to 7, and products with the weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apache_beam as beam

from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.sources import face_source
from openface_core.media import open_media
from openface_core.shards.features_file import write_features
from openface_core.shards.recorder import ShardRecorder
from transforms.dataset.storage import write_whole
from transforms.metrics import Count, NoFace, Step, count, each_timed, note_shard_frames, timed
from transforms.plan.calibration import calibration_key
from transforms.records import FeaturesPart, Problem, Shard, ShardResult, VideoTask
from transforms.stages.engine_handle import EngineHandle
from transforms.work.folder import features_path
from transforms.work.progress import ProgressWriter

PART_FRAMES = 1000
"""So many frames are held in memory before they go to a file, 10 MB."""


def extract_shard(
    shard: Shard,
    engine: Engine,
    settings: RunSettings,
    output: str,
    on_frame: Callable[[], None],
) -> ShardResult:
    """Analyse the frames of a shard one by one and leave their features in the work folder.

    Parameters
    ----------
    shard : Shard
        The shard.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.
    output : str
        The output folder.
    on_frame : callable
        Called after every frame.

    Returns
    -------
    ShardResult
        Where the features are, and what decoding found.

    Raises
    ------
    OpenFaceBeamError
        If the input cannot be read, given landmarks do not fit it, or storage refuses.
    """
    with timed(Step.SHARD):
        return _extract_shard(shard, engine, settings, output, on_frame)


def _extract_shard(
    shard: Shard,
    engine: Engine,
    settings: RunSettings,
    output: str,
    on_frame: Callable[[], None],
) -> ShardResult:
    task = shard.task
    source = face_source(task, engine, settings, shard.first_frame - shard.lead_frames)
    meter = engine.meter_for(landmarks_are_given=task.landmarks_uri is not None)
    part = None if shard.is_whole else (shard.lead_pts, shard.end_pts)
    parts: list[FeaturesPart] = []

    def save(recorder: ShardRecorder) -> None:
        path = features_path(output, shard, len(parts))
        with timed(Step.FEATURES):
            features = recorder.features()
            size_bytes = write_whole(
                path, lambda file: write_features(file, features), durable=False
            )
        count(Count.WORK_BYTES, size_bytes)
        parts.append(FeaturesPart(path, len(features)))

    with timed(Step.OPENING):
        media = open_media(task.uri, limits=settings.decoding, pts_range=part)
    with media:
        models = engine.models_for(media.info.kind)
        modes = meter.pdm.mode_count
        recorder = ShardRecorder(models, modes)
        for frame in each_timed(Step.DECODING, media):
            face = source.observe(frame)
            if frame.index < shard.lead_frames:
                continue
            with timed(Step.MEASUREMENT):
                measured = face.measure(meter, frame.image)
                height_px, width_px = frame.image.shape[:2]
                size_px = width_px, height_px
                recorder.add(frame.pts_seconds, face.confidence, size_px, face.landmarks, measured)
            count(Count.FRAMES_EXTRACTED)
            count(Count.FACES_FOUND if measured else face.no_face or NoFace.NOT_A_FACE)
            if len(recorder) == PART_FRAMES:
                save(recorder)
                recorder = ShardRecorder(models, modes)
            on_frame()
        info, warnings = media.info, media.warnings
    if len(recorder):
        save(recorder)
    result = ShardResult(shard, tuple(parts), info, warnings)
    count(Count.FRAMES_IN_VAIN, media.preroll_frames + shard.lead_frames)
    note_shard_frames(result.frames)
    source.check_frame_count(result.frames)
    return result


class _ExtractShard(beam.DoFn):
    """Analyses one shard; what goes wrong with it takes its place."""

    def __init__(
        self,
        handle: EngineHandle,
        output: str,
        progress_folder: str | None,
    ) -> None:
        self._handle = handle
        self._output = output
        self._progress_folder = progress_folder

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(
        self, shard: Shard
    ) -> Iterator[tuple[str, tuple[VideoTask, ShardResult | Problem]]]:
        """Yield the shard's result, or the problem that it has, under its calibration key."""
        task = shard.task
        key = calibration_key(task, self._handle.settings.calibration)
        progress = ProgressWriter(self._progress_folder, f"{task.video_id}.{shard.number}")
        try:
            result = extract_shard(
                shard, self._engine, self._handle.settings, self._output, progress.frame_done
            )
        except Exception as error:  # whatever one input does, the others go on
            yield key, (task, Problem.from_error(task, error))
        else:
            yield key, (task, result)
        finally:
            progress.finish()


@dataclass
class ExtractShards(beam.PTransform):
    """Analyse shards: ``Shard`` to ``(key, (task, ShardResult or Problem))``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    output : str
        The output folder.
    progress_folder : str or None
        Where progress is told, on runners of this machine.
    """

    handle: EngineHandle
    output: str
    progress_folder: str | None

    def expand(self, shards: beam.PCollection) -> beam.PCollection:
        """Return one keyed element per shard."""
        function = _ExtractShard(self.handle, self.output, self.progress_folder)
        return shards | "Extract" >> beam.ParDo(function)
