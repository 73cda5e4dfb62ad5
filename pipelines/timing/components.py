"""Times of every component on the frames of one video, on one thread."""

import io
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import CalibrationSettings, RunSettings
from openface_core.analysis.sources import GivenFaces
from openface_core.media import open_media
from openface_core.watch import Step

_LABELS = {
    Step.DECODING: "decode",
    Step.DETECTION: "1 detection",
    Step.LANDMARKS: "2 landmarks",
    Step.REFINEMENT: "3 refinement, eyes",
    Step.CONFIDENCE: "confidence",
    Step.SHAPE: "4 CalcParams",
    Step.POSE: "4 pose, 3D points",
    Step.ALIGNMENT: "5 alignment, mask",
    Step.APPEARANCE: "6 FHOG",
    Step.GEOMETRY: "7 geometry",
    Step.GAZE: "gaze",
    Step.IDENTITY: "identity",
    Step.PREDICTION: "8, 9 AU prediction",
    Step.MEDIANS: "10 medians",
    Step.POSTPROCESSING: "11 post-processing",
    Step.TABLE: "table",
}
_ONCE = frozenset({Step.MEDIANS, Step.POSTPROCESSING, Step.TABLE})
"""What is done once all frames are measured."""

COMPONENTS = tuple(_LABELS.values())
"""Everything that is timed, in the order in which a frame passes it."""

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


class ComponentWatch:
    """Keeps the time of every step of every frame, in nanoseconds.

    Attributes
    ----------
    spent : dict of Step to list of float
        Wall times.
    cpu : dict of Step to float
        CPU time of all threads of the process, added up.
    """

    def __init__(self) -> None:
        self.spent: dict[Step, list[float]] = {step: [] for step in _LABELS}
        self.cpu: Counter[Step] = Counter()

    @contextmanager
    def time(self, step: Step) -> Iterator[None]:
        """Keep the time that is spent in a step."""
        used, began = time.process_time_ns(), time.perf_counter_ns()
        yield
        if step in self.spent:
            self.spent[step].append(time.perf_counter_ns() - began)
            self.cpu[step] += time.process_time_ns() - used

    def count_frame(self, status: StrEnum) -> None:
        """Frames are counted by their times."""

    def times(self, frames: int) -> Iterator[tuple[str, list[float]]]:
        """Yield the name of each component that took part, and its times, frame by frame.

        What is done once per video is spread evenly over its frames.
        """
        for step, label in _LABELS.items():
            spent = self.spent[step]
            if step is Step.DECODING:
                spent = spent[:frames]  # the last one is the end of the video
            if step in _ONCE:
                spent = [sum(spent) / frames] * frames if spent else []
            if spent:
                yield label, spent


def analyse(
    video: str,
    engine: Engine,
    given: GivenFaces | None,
    settings: RunSettings,
    frames: int | None,
) -> tuple[ComponentWatch, pa.Table]:
    """Analyse the first frames of a video twice; the first pass, of a few frames, is not timed.

    Parameters
    ----------
    video, engine, given, settings, frames
        As for :func:`time_components`.

    Returns
    -------
    ComponentWatch
        The times of the second pass, of which writing the table is a part.
    Table
        What was measured.

    Raises
    ------
    OpenFaceBeamError
        If the video cannot be read.
    """
    warm_up = WARM_UP_FRAMES if frames is None else min(frames, WARM_UP_FRAMES)
    for limit in (warm_up, frames):
        watch = ComponentWatch()
        analyser = Analyser(engine, replace(settings, calibration=CalibrationSettings()), watch)
        faces = analyser.faces() if given is None else given
        with open_media(video, limits=settings.decoding) as media:
            table = analyser.medium(media, faces, frame_limit=limit).table
        with watch.time(Step.TABLE):
            pq.write_table(
                table,
                io.BytesIO(),
                row_group_size=settings.output.row_group_rows,
                compression="zstd",
                compression_level=settings.output.zstd_level,
            )
    return watch, table


def time_components(
    video: str,
    engine: Engine,
    given: GivenFaces | None,
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
    given : GivenFaces or None
        Where faces are given; None has the networks find them.
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
        If the video cannot be read, or has not the frames that faces are given for.
    """
    watch, table = analyse(video, engine, given, settings, frames)
    found = dict(watch.times(table.num_rows))
    total = sum(sum(times) for times in found.values())
    return tuple(
        ComponentTime(
            name,
            len(times),
            float(np.mean(times)) / 1e6,
            float(np.median(times)) / 1e6,
            float(np.percentile(times, 95)) / 1e6,
            sum(times) / total,
        )
        for name, times in found.items()
    )
