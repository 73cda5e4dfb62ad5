"""The analysis of a video, from its frames to its table. Whatever runs one runs this."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.analysis.calibration import NOBODY_AT_REST, RestFrames, shows_somebody
from openface_core.analysis.cameras import check_camera, of_one_size
from openface_core.analysis.engine import Engine
from openface_core.analysis.finishing import TableMaker
from openface_core.analysis.kept_faces import KeptFaces
from openface_core.analysis.landmark_warnings import LandmarkWatch
from openface_core.analysis.measured import MeasuredVideo
from openface_core.analysis.one_face import FaceCalibrator
from openface_core.analysis.recording import (
    Keep,
    KeepTracklet,
    OneFaceRecording,
    Recording,
    SeveralFacesRecording,
)
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.sources import FaceSource, GivenFaces, TrackedFace, TrackedFaces
from openface_core.analysis.timestamps import table_timestamps
from openface_core.errors import ConfigError, ModelFileError
from openface_core.face_networks.spec import EMBEDDING
from openface_core.face_tracking import (
    IntervalSettings,
    IntervalTracker,
    SeveralIntervalsTracker,
    TrackerSettings,
)
from openface_core.faces import FacesInFrame
from openface_core.landmarks.files import read_landmarks
from openface_core.media import DecodedFrame, MediaInfo, MediaReader, open_media
from openface_core.media.gaps import gap_warnings
from openface_core.partial_pictures import AnyPicture
from openface_core.rest_frames import RestRanges
from openface_core.shape import Camera
from openface_core.tables.merging import merged_tables
from openface_core.watch import NO_WATCH, Step, Watch, each_timed

OnFaces = Callable[[DecodedFrame, FacesInFrame], None]


def _ignore(_frame: DecodedFrame, _faces: FacesInFrame) -> None:
    """Do nothing."""


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

    def faces(
        self,
        landmarks_uri: str | None = None,
        first_index: int = 0,
        camera: Camera | None = None,
    ) -> FaceSource:
        """Return where the faces of an input come from.

        Parameters
        ----------
        landmarks_uri : str or None
            File of given landmarks; None finds them in the frames.
        first_index : int
            Index in the input, from 0, of the first frame that will be seen.
        camera : Camera or None
            The camera of the input; None takes OpenFace's guess by the size of its frames.

        Raises
        ------
        LandmarkFileError
            If the file cannot be read.
        ModelFileError
            If there is neither such a file nor networks.
        """
        if landmarks_uri is not None:
            meter = self.engine.meter.with_camera(camera)
            return GivenFaces(read_landmarks(landmarks_uri), meter, landmarks_uri)
        if self.engine.faces is None:
            raise ModelFileError(
                "landmarks", "neither networks nor given landmarks", "Give --models or --landmarks."
            )
        detection, meter = self.settings.detection, self.engine.tracked_meter.with_camera(camera)
        confidence = self.settings.confidence
        are_several = self.settings.faces.are_several
        each = TrackerSettings(
            confidence.threshold,
            detection.every_failures,
            1 if are_several else detection.every_absences,
            math.radians(confidence.max_pitch_degrees),
            math.radians(confidence.max_yaw_degrees),
            detection.search_on and not are_several,
        )
        intervals = IntervalSettings(detection.every_frames, detection.settling_frames)
        if are_several:
            several = SeveralIntervalsTracker(
                self.engine.faces, intervals, self.settings.faces, each, self.watch
            )
            return TrackedFaces(several, meter, first_index)
        tracker = IntervalTracker(self.engine.faces, intervals, each, self.watch)
        return TrackedFace(tracker, meter, first_index)

    def recording(
        self,
        faces: FaceSource,
        models: ActionUnitModels,
        keep: Keep,
        keep_tracklet: KeepTracklet,
        first_index: int = 0,
    ) -> Recording:
        """Return what keeps the faces of an input.

        Parameters
        ----------
        faces : FaceSource
            Where they come from.
        models : ActionUnitModels
            The predictors of action units, see :meth:`Engine.models_for`.
        keep, keep_tracklet, first_index
            See :class:`~openface_core.analysis.recording.SeveralFacesRecording`; where there is one
            face, see :class:`~openface_core.analysis.recording.OneFaceRecording`.
        """
        extent = self.engine.extent
        if faces.are_several:
            identifier = None if self.engine.identifier is None else self._embedding
            return SeveralFacesRecording(
                models, extent, keep, keep_tracklet, first_index, identifier
            )
        return OneFaceRecording(models, extent, keep)

    def _embedding(
        self, image_bgr: AnyPicture, landmarks: NDArray[np.float32]
    ) -> NDArray[np.float32] | None:
        """Return what the network that knows people again says of a face."""
        network = self.engine.identifier
        if network is None:
            return None
        with self.watch.time(Step.IDENTITY):
            embedding = network.run(image_bgr, landmarks)[EMBEDDING]
        return embedding if np.isfinite(embedding).all() else None

    def measure(
        self,
        frames: Iterable[DecodedFrame],
        faces: FaceSource,
        recording: Recording,
        on_faces: OnFaces = _ignore,
    ) -> int:
        """Measure the faces of consecutive frames: components 1 to 7, and products with weights.

        Parameters
        ----------
        frames : iterable of DecodedFrame
            The frames.
        faces : FaceSource
            Where their faces come from.
        recording : Recording
            Keeps what was measured, see :meth:`recording`.
        on_faces : callable
            Called after every frame, with its measured faces.

        Returns
        -------
        int
            How many frames there were.

        Raises
        ------
        OpenFaceBeamError
            If the frames cannot be decoded.
        """
        for frame in each_timed(self.watch, Step.DECODING, frames):
            seen = faces.observe(frame)
            with self.watch.time(Step.MEASUREMENT):
                measured = replace(
                    seen,
                    faces={
                        number: faces.meter.measure(frame.picture, face, self.watch)
                        for number, face in seen.faces.items()
                    },
                )
                with self.watch.time(Step.PREDICTION):
                    recording.add(frame, measured)
            self.watch.count_frame(measured.status)
            on_faces(frame, measured)
        return recording.finish()

    def video(
        self,
        uri: str,
        *,
        landmarks_uri: str | None = None,
        rest: RestRanges | None = None,
        camera: Camera | None = None,
        on_faces: OnFaces = _ignore,
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
        camera : Camera or None
            Its camera; None takes OpenFace's guess by the size of its frames.
        on_faces : callable
            Called after every frame, with its measured faces.

        Raises
        ------
        OpenFaceBeamError
            If the input cannot be read, given landmarks do not fit it, or no frames at rest are
            named although calibration is on these.
        """
        with self.watch.time(Step.OPENING):
            media = open_media(uri, limits=self.settings.decoding)
        with media:
            faces = self.faces(landmarks_uri, camera=camera)
            return self.medium(media, faces, rest=rest, on_faces=on_faces)

    def medium(
        self,
        media: MediaReader,
        faces: FaceSource,
        *,
        rest: RestRanges | None = None,
        frame_limit: int | None = None,
        on_faces: OnFaces = _ignore,
    ) -> MeasuredVideo:
        """Analyse an opened medium, as :meth:`video` does.

        Parameters
        ----------
        media : MediaReader
            The frames.
        faces : FaceSource
            Where their faces come from.
        rest, on_faces
            As for :meth:`video`.
        frame_limit : int or None
            How many frames are analysed, from the first on; None takes all.
        """
        check_camera(faces.meter.camera, media.info)
        models = self.engine.models_for(media.info.kind)
        mode = self.settings.calibration.mode if models.is_dynamic.any() else "none"
        if mode == "rest" and rest is None:
            raise ConfigError(
                media.info.uri,
                "calibration is on rest frames, and none are named",
                "Name them, or choose another calibration.",
            )
        landmarks = LandmarkWatch()

        def take(frame: DecodedFrame, measured: FacesInFrame) -> None:
            landmarks.add(frame, measured)
            on_faces(frame, measured)

        with KeptFaces(are_several=faces.are_several) as kept:
            recording = self.recording(faces, models, kept.frames.add, kept.add_tracklet)
            frames = of_one_size(islice(media, frame_limit), faces.meter.camera, media.info)
            frame_count = self.measure(frames, faces, recording, take)
            of_count = () if frame_limit is not None else faces.check_frame_count(frame_count)
            found, people = kept.faces(
                self.settings.faces,
                self.engine.typical_appearance,
                frame_count,
                media.info.average_rate_fps,
                recording.cuts,
            )
            pts_seconds = [features.series.pts_seconds for features in kept.frames]
            times = np.concatenate([np.empty(0), *pts_seconds])
            main = self._calibrator(media.info, models, mode, rest, times, faces.meter.camera)
            measured = [main.for_face(face.face_id).calibrate(face) for face in found]
            is_empty = mode == "rest" and not any(shows_somebody(face.parts()) for face in found)
            with self.watch.time(Step.TABLE):
                rows = [main.rows(face, one) for face, one in zip(found, measured, strict=True)]
                tables: Iterable[pa.Table] = chain.from_iterable(rows)
                if faces.are_several:
                    tables = merged_tables(main.maker.frame_rows(kept.frames), rows)
                table = pa.concat_tables([pa.Table.from_batches([], main.maker.schema), *tables])
        gaps = gap_warnings(media.info, times)
        warnings = (*media.warnings, *landmarks.warnings, *of_count, *gaps)
        shown = tuple(measured) or (main.nobody(),)
        notes = (*people.notes, *((NOBODY_AT_REST,) if is_empty else ()))
        has_embeddings = faces.are_several and self.settings.faces.compares_videos
        return MeasuredVideo(
            media.info,
            frame_count,
            warnings,
            notes,
            table,
            shown,
            people.embeddings if has_embeddings else None,
        )

    def _calibrator(
        self,
        info: MediaInfo,
        models: ActionUnitModels,
        mode: str,
        rest: RestRanges | None,
        pts_seconds: NDArray[np.float64],
        camera: Camera | None,
    ) -> FaceCalibrator:
        engine, settings = self.engine, self.settings.output
        return FaceCalibrator(
            models,
            mode,
            RestFrames(rest, info, settings) if mode == "rest" else None,
            TableMaker(
                engine.frame_schema, engine.extent, engine.meter.pdm, info, settings, camera
            ),
            table_timestamps(pts_seconds, 1, info, settings),
            self.settings.calibration.least_frames,
            self.settings.smoothing.missing_as_zero,
            self.watch,
        )
