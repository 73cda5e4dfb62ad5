"""The stage that turns shards into features: components 1 to 7, and products with the weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from time import monotonic
from typing import ClassVar

from openface_core.analysis.analyser import Analyser
from openface_core.analysis.cameras import check_camera, of_one_size
from openface_core.analysis.engine import Engine
from openface_core.analysis.landmark_warnings import LandmarkWatch
from openface_core.faces import FacesInFrame
from openface_core.identity import Tracklet
from openface_core.media import DecodedFrame, open_media
from openface_core.shards import ShardFeatures, write_features, write_tracklets
from openface_core.watch import Step
from transforms.dataset.storage import write_whole
from transforms.metrics import (
    BeamWatch,
    Count,
    StageStep,
    count,
    count_on_host,
    note_shard_frames,
    timed,
)
from transforms.plan.calibration import calibration_key
from transforms.problems import Problem
from transforms.records import FeaturesPart, Shard, ShardResult, VideoTask
from transforms.stages.engine_stage import EngineStage
from transforms.work.attempts import once
from transforms.work.folder import (
    RunFolders,
    check_run,
    features_path,
    shard_result_path,
    tracklet_path,
    tracklets_path,
)
from transforms.work.progress import ProgressWriter


def extract_shard(
    shard: Shard, analyser: Analyser, work: str, on_frame: Callable[[], None]
) -> ShardResult:
    """Analyse the frames of a shard one by one and leave their features in the work folder.

    Parameters
    ----------
    shard : Shard
        The shard.
    analyser : Analyser
        Models and settings.
    work : str
        The work folder of the run.
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
    task = shard.task
    parts: list[FeaturesPart] = []
    tracklets: list[Tracklet] = []
    tracklet_parts: list[FeaturesPart] = []

    def keep(features: ShardFeatures) -> None:
        parts.append(_kept(features_path(work, shard, len(parts)), features))

    landmarks = LandmarkWatch()

    def take(frame: DecodedFrame, measured: FacesInFrame) -> None:
        landmarks.add(frame, measured)
        on_frame()

    def keep_tracklet(tracklet: Tracklet, features: ShardFeatures) -> None:
        path = tracklet_path(work, shard, len(tracklets))
        tracklets.append(tracklet)
        tracklet_parts.append(_kept(path, features))

    with timed(StageStep.SHARD):
        first_index = shard.first_index - shard.lead_frames
        faces = analyser.faces(task.landmarks_uri, first_index, task.camera)
        with timed(Step.OPENING):
            pts_range = None if shard.is_whole else (shard.lead_pts, shard.end_pts)
            media = open_media(task.uri, limits=analyser.settings.decoding, pts_range=pts_range)
        with media:
            check_camera(task.camera, media.info)
            models = analyser.engine.models_for(media.info.kind)
            for frame in islice(media, shard.lead_frames):
                faces.observe(frame)
            recording = analyser.recording(faces, models, keep, keep_tracklet, shard.first_index)
            seen = of_one_size(media, task.camera, media.info)
            frames = analyser.measure(seen, faces, recording, take)
            info, warnings = media.info, (*media.warnings, *landmarks.warnings)
        count(Count.FRAMES_IN_VAIN, media.preroll_frames + shard.lead_frames)
        note_shard_frames(frames)
        warnings += faces.check_frame_count(frames)
    result = ShardResult(shard, tuple(parts), info, warnings)
    if not faces.are_several:
        return result
    path = tracklets_path(work, shard)
    size_bytes = write_whole(
        path, lambda file: write_tracklets(file, tracklets, recording.cuts), durable=False
    )
    count(Count.WORK_BYTES, size_bytes)
    return replace(result, tracklets_path=path, tracklet_parts=tuple(tracklet_parts))


def _kept(path: str, features: ShardFeatures) -> FeaturesPart:
    """Write features and return where they are."""
    with timed(StageStep.FEATURES):
        size_bytes = write_whole(path, lambda file: write_features(file, features), durable=False)
    count(Count.WORK_BYTES, size_bytes)
    return FeaturesPart(path, len(features))


def extract_once(
    shard: Shard,
    analyser: Analyser,
    folders: RunFolders,
    progress: ProgressWriter,
    check: Callable[[], None],
) -> ShardResult:
    """Analyse a shard as :func:`extract_shard`, unless an earlier attempt has.

    Parameters
    ----------
    shard : Shard
        The shard.
    analyser : Analyser
        Models and settings.
    folders : RunFolders
        Where the run writes.
    progress : ProgressWriter
        Is told every frame.
    check : callable
        Called after every frame; whatever it raises ends the analysis.
    """

    def on_frame() -> None:
        check()
        progress.frame_done()

    def extract() -> ShardResult:
        check_run(folders)
        begin = monotonic()
        result = extract_shard(shard, analyser, folders.work, on_frame)
        if folders.may_repeat:
            count_on_host(result.frames, monotonic() - begin)
        return result

    result = once(folders, shard_result_path(folders.work, shard), ShardResult, extract)
    progress.frames_done(result.frames)
    return result


@dataclass
class ExtractShards(EngineStage):
    """Analyse shards: ``Shard`` to ``(key, (task, ShardResult or Problem))``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    folders : RunFolders
        Where the run writes.
    """

    folders: RunFolders

    step_label: ClassVar[str] = "Extract"

    def work(
        self, shard: Shard, engine: Engine
    ) -> Iterator[tuple[str, tuple[VideoTask, ShardResult | Problem]]]:
        """Yield the shard's result, or the problem that it has, under its calibration key."""
        task, settings = shard.task, self.handle.settings
        key = calibration_key(task, settings.calibration)
        progress = ProgressWriter(self.folders.progress, f"{task.video_id}.{shard.number}")
        analyser = Analyser(engine, settings, BeamWatch())
        try:
            result = extract_once(shard, analyser, self.folders, progress, self.check_run)
        except Exception as error:  # whatever one input does, the others go on
            yield key, (task, Problem.from_error(task, error))
        else:
            yield key, (task, result)
        finally:
            progress.finish()
