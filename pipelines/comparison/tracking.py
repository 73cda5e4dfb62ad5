"""Component 3 against a track of the C++ program: each frame refined from the frame before."""

import csv
import math
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine
from openface_core.analysis.recording import OneFaceRecording
from openface_core.analysis.settings import RunSettings
from openface_core.errors import InputError, ModelFileError
from openface_core.face_tracking import FaceTrackingModels
from openface_core.faces import Face, FaceMeter, FacesInFrame, FaceStatus
from openface_core.landmarks.conventions import LANDMARK_COUNT
from openface_core.media import DecodedFrame, open_media
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.initial_fit import Refiner
from openface_core.shape import ShapeFit
from pipelines.comparison.components import IDENTICAL, cells_row, table_row
from pipelines.comparison.golden_dumps import points_of
from pipelines.comparison.report import Bound, Row

LANDMARK_BOUND = Bound(max_difference=0.3, mean_difference=0.02)
LIKELIHOOD_BOUND = Bound(max_difference=2e-3)

_POSE = ("sc", "rx", "ry", "rz", "tx", "ty")
_LANDMARKS = tuple(f"{axis}{k}" for axis in "xy" for k in range(LANDMARK_COUNT))
_OTHERS = ("detection_success", "certainty", "likelihood", "failures")
_MAX_FRAMES = 1_000_000
_REMEDY = "Give the CSV of the tracker's fits for this video, one row per frame."


class Track:
    """The fits of the C++ program's tracker.

    Parameters
    ----------
    path : Path
        CSV with a row per frame: pose, shape parameters, landmarks, likelihood, certainty.
    mode_count : int
        Number of shape parameters.

    Raises
    ------
    InputError
        If it cannot be read, or lacks a column, or holds no numbers.
    """

    def __init__(self, path: Path, mode_count: int) -> None:
        self._modes = tuple(f"p{k}" for k in range(mode_count))
        names = (*_OTHERS, *_POSE, *self._modes, *_LANDMARKS)
        columns: dict[str, list[float]] = {name: [] for name in names}
        try:
            with path.open(newline="", encoding="utf-8") as file:
                for number, row in enumerate(csv.DictReader(file)):
                    if number >= _MAX_FRAMES:
                        raise InputError(path, f"more than {_MAX_FRAMES} rows", _REMEDY)
                    for name in names:
                        columns[name].append(float(row[name]))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(path, f"it cannot be read ({error})", _REMEDY) from error
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                path, f"a column is missing or no number ({error})", _REMEDY
            ) from error
        self.columns = {name: np.array(values) for name, values in columns.items()}
        if not all(np.isfinite(values).all() for values in self.columns.values()):
            raise InputError(path, "it holds values that are not finite", _REMEDY)
        self.frame_count = len(self.columns["sc"])

    def follows(self, i: int) -> bool:
        """Return whether a frame was tracked from a trusted one before it."""
        success, failures = self.columns["detection_success"], self.columns["failures"]
        return 0 < i < self.frame_count and bool(success[i - 1] and success[i] and failures[i] < 0)

    def fit(self, i: int) -> ShapeFit:
        """Return the fit of a frame."""
        pose = np.array([self.columns[name][i] for name in _POSE], dtype=np.float32)
        local = np.array([self.columns[name][i] for name in self._modes], dtype=np.float32)
        return ShapeFit(float(pose[0]), pose[1:4], pose[4:6], local, 0)

    def landmarks(self, frames: list[int]) -> NDArray[np.float32]:
        """Return the landmarks of frames, (k, 68, 2)."""
        return points_of(np.stack([self.columns[name][frames] for name in _LANDMARKS], axis=1))


class _RefinedFromTrack:
    """Refines each frame from the C++ program's fit of the last, and keeps what that gives."""

    def __init__(
        self, track: Track, faces: FaceTrackingModels, refiner: Refiner, meter: FaceMeter
    ) -> None:
        self.meter = meter
        self._track, self._faces, self._refiner = track, faces, refiner
        self.frames: list[int] = []
        self.landmarks: list[NDArray[np.float32]] = []
        self.log_likelihoods: list[float] = []
        self.confidences: list[float] = []

    @property
    def are_several(self) -> bool:
        """The C++ program follows one face."""
        return False

    def observe(self, frame: DecodedFrame) -> FacesInFrame:
        """Refine a frame that was tracked from the one before; nothing of it is measured."""
        if self._track.follows(frame.index):
            grey = grey_from_bgr(frame.image)
            face = self._refiner.refine(grey, self._track.fit(frame.index - 1)).face
            angles, judge = face.fit.rotation_radians, self._faces.validator
            self.confidences.append(
                math.nan if judge is None else judge.confidence(grey, face.landmarks, angles)
            )
            self.frames.append(frame.index)
            self.landmarks.append(face.landmarks)
            self.log_likelihoods.append(face.log_likelihood)
        return FacesInFrame({0: Face(FaceStatus.NOT_GIVEN)})

    def check_frame_count(self, frame_count: int) -> tuple[str, ...]:  # noqa: ARG002 - any is fine
        """Return nothing: a track may be of the first frames only."""
        return ()


def compare_track(
    video: str, path: str, engine: Engine, settings: RunSettings, on_frame: Callable[[], None]
) -> Iterator[Row]:
    """Yield the rows of component 3, each frame refined from the C++ program's fit of the last.

    Parameters
    ----------
    video : str
        The video.
    path : str
        The CSV of its track.
    engine : Engine
        The models, which must be those of the track.
    settings : RunSettings
        Limits of decoding.
    on_frame : callable
        Called after every frame.

    Raises
    ------
    OpenFaceBeamError
        If there is nothing to compare, or the video or the track cannot be read.
    """
    faces = engine.faces
    if faces is None or faces.refinement is None or faces.refinement.follows_network:
        raise ModelFileError(
            path,
            "the preset follows no faces by patch experts",
            "Choose one that does, as openface22.",
        )
    track = Track(Path(path), faces.pdm.mode_count)
    refined = _RefinedFromTrack(track, faces, faces.refinement.following, engine.meter)
    with open_media(video, limits=settings.decoding) as media:
        nothing = OneFaceRecording(engine.video_models, engine.extent, lambda _features: None)
        Analyser(engine, settings).measure(
            islice(media, track.frame_count), refined, nothing, lambda *_: on_frame()
        )
    frames = refined.frames
    if not frames:
        raise InputError(path, "no frame was tracked from the one before", _REMEDY)
    part = f"3 refinement ({engine.landmark_detector}), each frame from the last"
    yield table_row(
        part, "landmarks, px", np.array(refined.landmarks), track.landmarks(frames), LANDMARK_BOUND
    )
    yield table_row(
        part,
        "log likelihood",
        np.array(refined.log_likelihoods)[:, None],
        track.columns["likelihood"][frames][:, None],
        LIKELIHOOD_BOUND,
    )
    yield cells_row(
        part,
        "confidence",
        np.round(np.array(refined.confidences), 6),
        np.round(track.columns["certainty"][frames], 6),
        IDENTICAL,
    )
