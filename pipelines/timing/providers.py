"""Execution providers on one video: time of the networks, and how far the results are apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnxruntime as ort
import pandas as pd
import pyarrow as pa

from openface_core.analysis.engine import load_engine
from openface_core.analysis.model_set import ModelFiles
from openface_core.analysis.settings import RunSettings
from openface_core.inference import choose_providers
from openface_core.watch import Step
from pipelines.timing.components import analyse

_NETWORKS = (Step.DETECTION, Step.LANDMARKS)
_ROW = ["frame", "face_id"]


@dataclass(frozen=True)
class ProviderTime:
    """What a provider takes for a video, and what it gives.

    Parameters
    ----------
    name : str
        The provider.
    runs_on : str
        What onnxruntime runs the networks on, by its own name.
    cpu_ms, wall_ms : float
        Time of detection and landmarks per frame, preparation of their input included.
    differences : dict of str to float
        The largest difference from the first provider, by unit; empty for the first.
    other_frames : int
        Rows in which only one of the two found the face.
    """

    name: str
    runs_on: str
    cpu_ms: float
    wall_ms: float
    differences: dict[str, float]
    other_frames: int


def check_providers(names: Sequence[str]) -> None:
    """Check that providers can be asked for.

    Raises
    ------
    ConfigError
        If one is unknown or not part of the installed onnxruntime.
    """
    for name in names:
        choose_providers(name, ort.get_available_providers())


def compare_providers(
    video: str,
    providers: Sequence[str],
    files: ModelFiles,
    settings: RunSettings,
    frames: int | None = None,
) -> tuple[ProviderTime, ...]:
    """Analyse a video with each provider, on one thread.

    Parameters
    ----------
    video : str
        The video.
    providers : sequence of str
        Their names; the others are compared with the first.
    files : ModelFiles
        The models, networks among them.
    settings : RunSettings
        Settings as of a run; networks should be on one thread.
    frames : int or None
        How many frames, from the first on; None takes all.

    Returns
    -------
    tuple of ProviderTime
        One for each name, in their order. The first frames pass once before.

    Raises
    ------
    OpenFaceBeamError
        If a provider is not installed, or the video or the models cannot be read.
    """
    found: list[ProviderTime] = []
    wanted: pa.Table | None = None
    for name in providers:
        own = replace(settings, onnxruntime=replace(settings.onnxruntime, provider=name))
        engine = load_engine(files, own)
        watch, table = analyse(video, engine, None, own, frames)
        wanted = table if wanted is None else wanted
        found.append(
            ProviderTime(
                name,
                engine.providers[0].removesuffix("ExecutionProvider"),
                sum(watch.cpu[step] for step in _NETWORKS) / table.num_rows / 1e6,
                sum(sum(watch.spent[step]) for step in _NETWORKS) / table.num_rows / 1e6,
                largest_differences(wanted, table) if found else {},
                _other_frames(wanted, table),
            )
        )
    return tuple(found)


def largest_differences(wanted: pa.Table, found: pa.Table) -> dict[str, float]:
    """Return the largest difference of two tables of frames in each unit.

    Parameters
    ----------
    wanted, found : Table
        Tables of frames of the same video; rows are matched by frame and face.

    Returns
    -------
    dict of str to float
        By unit, of all columns of numbers that have values in both.
    """
    rows, others = _by_row(wanted), _by_row(found)
    together = rows.index.intersection(others.index)
    largest: dict[str, float] = {}
    for field in wanted.schema:
        if not pa.types.is_floating(field.type) or field.name == "timestamp":
            continue
        a, b = (t.loc[together, field.name].to_numpy(np.float64) for t in (rows, others))
        apart = np.abs(a - b)
        if not np.isnan(apart).all():
            unit = field.metadata[b"unit"].decode()
            largest[unit] = max(largest.get(unit, 0.0), float(np.nanmax(apart)))
    return largest


def _other_frames(wanted: pa.Table, found: pa.Table) -> int:
    faces = [rows.index[rows["success"]] for rows in map(_by_row, (wanted, found))]
    return len(faces[0].symmetric_difference(faces[1]))


def _by_row(table: pa.Table) -> pd.DataFrame:
    """Return a table with frame and face as its index; a frame without a face has face -1."""
    frames: pd.DataFrame = table.to_pandas()
    frames["face_id"] = frames["face_id"].fillna(-1).astype(int)
    return frames.set_index(_ROW)
