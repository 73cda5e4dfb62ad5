"""Times of every component on the frames of one video, on one thread."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openface_core.action_units.tracker import ActionUnitTracker
from openface_core.analysis.engine import Engine
from openface_core.analysis.face_meter import FaceMeasurement
from openface_core.analysis.settings import RunSettings
from openface_core.eyes import measure_eyes
from openface_core.face_tracking import FaceTracker, TrackedFace, TrackingStep
from openface_core.geometry import geometry_descriptor
from openface_core.landmarks.files import GivenLandmarks
from openface_core.media import DecodedFrame, open_media
from openface_core.running_medians import DescriptorMedians
from openface_core.shape import (
    Camera,
    calc_params,
    head_pose,
    landmarks_in_camera_mm,
)
from openface_core.tables import (
    FrameActionUnits,
    FrameRecorder,
    frame_columns,
    frame_schema,
    frame_table,
)

COMPONENTS = (
    "decode",
    "1 detection",
    "2 landmarks",
    "3 refinement, eyes",
    "confidence",
    "4 CalcParams",
    "4 pose, 3D points",
    "5 alignment, mask",
    "6 FHOG",
    "7 geometry",
    "gaze",
    "10 medians",
    "8, 9 AU prediction",
    "11 post-processing",
    "table",
)
"""Everything that is timed, in the order in which a frame passes it."""

_TRACKING = {
    TrackingStep.DETECTION: "1 detection",
    TrackingStep.LANDMARKS: "2 landmarks",
    TrackingStep.REFINEMENT: "3 refinement, eyes",
    TrackingStep.CONFIDENCE: "confidence",
}

WARM_UP_FRAMES = 3


@dataclass(frozen=True)
class ComponentTime:
    """Time of one component.

    Parameters
    ----------
    name : str
        The component.
    frames : int
        Frames that passed it.
    mean_ms, median_ms, p95_ms : float
        Per frame that passed it. What is done once per video is spread evenly over its frames.
    share : float
        Part of the whole time, 0 to 1.
    """

    name: str
    frames: int
    mean_ms: float
    median_ms: float
    p95_ms: float
    share: float

    @property
    def fps(self) -> float:
        """Frames per second of this component alone."""
        return 1e3 / self.mean_ms if self.mean_ms else np.inf


class _Stopwatch:
    """Gathers wall times by component."""

    def __init__(self) -> None:
        self.nanoseconds: dict[str, list[float]] = {name: [] for name in COMPONENTS}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        began = time.perf_counter_ns()
        yield
        self.nanoseconds[name].append(time.perf_counter_ns() - began)

    def add_once(self, name: str, nanoseconds: float, frames: int) -> None:
        """Spread what is done once per video over its frames, on top of what they took."""
        times = self.nanoseconds[name] or [0.0] * frames
        self.nanoseconds[name] = [value + nanoseconds / frames for value in times]


class _TimedMedians(DescriptorMedians):
    """Running medians that tell how long their last update took."""

    nanoseconds = 0

    def update(
        self, fhog: NDArray[np.floating], geometry: NDArray[np.float64], is_successful: bool
    ) -> bool:
        """Take the next frame into account; see the base class."""
        began = time.perf_counter_ns()
        moved = super().update(fhog, geometry, is_successful)
        self.nanoseconds = time.perf_counter_ns() - began
        return moved


class _TimedVideo:
    """Passes frames through all components, one by one, as the main job does."""

    def __init__(
        self,
        engine: Engine,
        given: GivenLandmarks | None,
        settings: RunSettings,
    ) -> None:
        self._engine, self._given, self.settings = engine, given, settings
        self._meter = engine.meter_for(landmarks_are_given=given is not None)
        self._pdm = engine.meter.pdm
        self._aligner = engine.meter.aligner
        self._tracker = ActionUnitTracker(engine.video_models)
        self._medians = _TimedMedians()
        if self._tracker.medians is not None:
            self._tracker.medians = self._medians
        self._recorder = FrameRecorder(self._pdm.mode_count)
        self.watch = _Stopwatch()
        self._faces = None
        if given is None:
            if engine.faces is None:
                raise ValueError("neither networks nor given landmarks")
            self._faces = FaceTracker(
                engine.faces,
                settings.detection.every_frames,
                settings.confidence.threshold,
                lambda step: self.watch.time(_TRACKING[step]),
                settings.detection.every_failures,
            )

    def add(self, frame: DecodedFrame) -> None:
        """Take the next frame."""
        face = self._face(frame)
        landmarks = face.landmarks
        measured = None if landmarks is None else self._measure(frame, landmarks, face)
        began = time.perf_counter_ns()
        if measured is None:
            self._tracker.add_failure()
        else:
            self._tracker.add(measured.fhog, measured.geometry)
        spent = time.perf_counter_ns() - began
        medians = self._medians.nanoseconds
        self.watch.nanoseconds["10 medians"].append(medians)
        self.watch.nanoseconds["8, 9 AU prediction"].append(spent - medians)
        with self.watch.time("table"):
            self._recorder.add(frame.pts_seconds, None, landmarks, measured)

    def _face(self, frame: DecodedFrame) -> TrackedFace:
        if self._faces is not None:
            return self._faces.observe(frame.image, frame.index)
        points = None if self._given is None else self._given.frame(frame.index)
        return TrackedFace(points, None, None, None)

    def _measure(
        self, frame: DecodedFrame, landmarks: NDArray[np.float32], face: TrackedFace
    ) -> FaceMeasurement | None:
        """Do what FaceMeter does, each component by itself."""
        watch, pdm = self.watch, self._pdm
        with watch.time("4 CalcParams"):
            fit = face.fit
            if fit is None or face.is_refined:
                fit = calc_params(pdm, landmarks)
        with watch.time("4 pose, 3D points"):
            camera = Camera.from_frame_size(frame.image.shape[1], frame.image.shape[0])
            shown = fit if face.fit is None else face.fit
            pose = head_pose(pdm, shown, landmarks, camera)
            if pose is not None:
                points = landmarks_in_camera_mm(pdm, shown, camera)
        if pose is None:
            return None
        with watch.time("5 alignment, mask"):
            aligned = self._aligner.align(frame.image, landmarks, fit.translation_px)
        with watch.time("6 FHOG"):
            appearance = self._meter.appearance(frame.image, landmarks, aligned)
        with watch.time("7 geometry"):
            geometry = geometry_descriptor(pdm, fit.shape_parameters)
        eyes = None
        if face.eyes is not None:
            with watch.time("gaze"):
                eyes = measure_eyes(face.eyes, points, pose, camera)
        return FaceMeasurement(shown, pose, points, aligned, appearance, geometry, eyes)

    def finish(self) -> None:
        """Post-process the video and write its table to memory."""
        frames = len(self._recorder)
        began = time.perf_counter_ns()
        series = self._tracker.finish()
        self.watch.add_once("11 post-processing", time.perf_counter_ns() - began, frames)
        began = time.perf_counter_ns()
        models = self._engine.video_models
        columns = frame_columns(self._pdm.mode_count, models.intensity_names, models.presence_names)
        units = FrameActionUnits(series.intensities.astype(np.float32), series.presences)
        table = frame_table(frame_schema(columns), self._recorder.series(), units)
        pq.write_table(
            table,
            io.BytesIO(),
            row_group_size=self.settings.output.row_group_rows,
            compression="zstd",
            compression_level=self.settings.output.zstd_level,
        )
        self.watch.add_once("table", time.perf_counter_ns() - began, frames)


def _pass_over_video(video: str, timed: _TimedVideo, frames: int | None) -> int:
    """Pass the first frames of a video through all components; return how many there were."""
    count = 0
    with open_media(video, limits=timed.settings.decoding) as media:
        iterator = islice(iter(media), frames)
        while True:
            began = time.perf_counter_ns()
            frame = next(iterator, None)
            if frame is None:
                break
            timed.watch.nanoseconds["decode"].append(time.perf_counter_ns() - began)
            timed.add(frame)
            count += 1
    timed.finish()
    return count


def time_components(
    video: str,
    engine: Engine,
    given: GivenLandmarks | None,
    settings: RunSettings,
    frames: int | None = None,
) -> tuple[ComponentTime, ...]:
    """Time every component on the frames of a video, one frame after the other.

    Parameters
    ----------
    video : str
        The video.
    engine : Engine
        The models; networks should be on one thread.
    given : GivenLandmarks or None
        Landmarks; None has the networks find them.
    settings : RunSettings
        Settings as of a run.
    frames : int or None
        How many frames, from the first on; None takes all.

    Returns
    -------
    tuple of ComponentTime
        Wall times of the components that took part, in order. The first frames pass once before,
        so that neither compilation nor the first run of a network is among them.

    Raises
    ------
    OpenFaceBeamError
        If the video cannot be read.
    """
    warm_up = WARM_UP_FRAMES if frames is None else min(frames, WARM_UP_FRAMES)
    _pass_over_video(video, _TimedVideo(engine, given, settings), warm_up)
    timed = _TimedVideo(engine, given, settings)
    _pass_over_video(video, timed, frames)
    total = sum(sum(times) for times in timed.watch.nanoseconds.values())
    return tuple(
        ComponentTime(
            name,
            len(times),
            float(np.mean(times)) / 1e6,
            float(np.median(times)) / 1e6,
            float(np.percentile(times, 95)) / 1e6,
            sum(times) / total,
        )
        for name, times in timed.watch.nanoseconds.items()
        if times
    )
