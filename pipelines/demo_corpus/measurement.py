"""What was measured in the demo corpus, against what happens in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines.demo_corpus.face_sides import BOTH, LEFT, RIGHT
from pipelines.demo_corpus.script import ACTION_UNITS, CLIPS, HEAD_ROLL, Action, Clip
from transforms.dataset.layout import frames_path

FloatArray = NDArray[np.float64]

_REST_MARGIN_S = 0.2
"""Intensities are smoothed over some frames, so that an action begins before its time."""

_NOISE_FACTOR = 2.0
_MIN_RISE = 0.2


@dataclass(frozen=True)
class Rise:
    """An action unit at rest and while an action is at its apex; intensities, 0 to 5.

    Parameters
    ----------
    action : Action
        What happens.
    action_unit : str
        As ``AU12``.
    rest, noise : float
        Mean and standard deviation over the frames at rest.
    apex : float
        Mean over the action's apex; NaN where no face was found.
    sides : tuple of Rise
        The same on the person's left and right side; empty where sides are not measured.
    """

    action: Action
    action_unit: str
    rest: float
    noise: float
    apex: float
    sides: tuple["Rise", ...] = ()

    @property
    def height(self) -> float:
        """How far the intensity rises."""
        return self.apex - self.rest

    @property
    def is_clear(self) -> bool:
        """Whether the action unit rises by twice its noise, and by more than nothing."""
        return self.height >= max(_NOISE_FACTOR * self.noise, _MIN_RISE)


@dataclass(frozen=True)
class ClipMeasurement:
    """What was measured in a clip.

    Parameters
    ----------
    clip : Clip
        The clip.
    success : (n,) ndarray of bool
        Whether the largest face was found in each frame.
    rises : tuple of Rise
        Of every scripted action and action unit of the largest face.
    roll_deviation_rad : float or None
        How far the measured roll is, at most, from the script's, apart from the photograph's own;
        None where no head rolls.
    """

    clip: Clip
    success: NDArray[np.bool_]
    rises: tuple[Rise, ...]
    roll_deviation_rad: float | None


def measure_corpus(output: str, clips: Iterable[Clip] = CLIPS) -> Iterator[ClipMeasurement]:
    """Yield what a run found in each clip.

    Parameters
    ----------
    output : str
        The run's output folder.
    clips : iterable of Clip
        Clips that have a table in it.
    """
    for clip in clips:
        path = frames_path(output, Path(clip.name).stem)
        yield measure_clip(clip, pq.ParquetFile(path).read())


def measure_clip(clip: Clip, table: pa.Table) -> ClipMeasurement:
    """Compare the table of a clip with its script.

    Parameters
    ----------
    clip : Clip
        The clip.
    table : pyarrow.Table
        Its frames.
    """
    table = _rows_of_largest_face(table)
    time_s = _values(table, "timestamp")
    success = np.asarray(table["success"].to_numpy(), dtype=np.bool_)
    if not clip.faces:
        return ClipMeasurement(clip, success, (), None)
    face = max(clip.faces, key=lambda face: face.zoom)
    resting = np.logical_and.reduce(
        [
            (time_s < action.begin_s - _REST_MARGIN_S) | (time_s > action.end_s + _REST_MARGIN_S)
            for action in face.actions
        ]
    )
    rises = []
    for action in face.actions:
        first, last = action.apex_s
        at_apex = (time_s >= first) & (time_s <= last)
        for name in ACTION_UNITS[action.kind]:
            columns = [f"{name}_r", *(f"{name}_r_{side}" for side in (LEFT, RIGHT))]
            whole, *sides = (
                Rise(action, name, *_rest_and_apex(_values(table, column), resting, at_apex))
                for column in columns
                if column in table.column_names
            )
            rises.append(replace(whole, sides=tuple(sides)))
    deviation = None
    if any(action.kind == HEAD_ROLL for action in face.actions):
        scripted = np.array([face.level(HEAD_ROLL, t) + face.sway.at(t)[0] for t in time_s])
        offset = _values(table, "pose_Rz") - scripted
        deviation = float(np.nanmax(np.abs(offset - np.nanmedian(offset))))
    return ClipMeasurement(clip, success, tuple(rises), deviation)


def _rest_and_apex(
    intensity: FloatArray, resting: NDArray[np.bool_], at_apex: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return mean and deviation at rest, and the mean at the apex."""
    rest, noise = _mean_and_deviation(intensity[resting])
    apex, _ = _mean_and_deviation(intensity[at_apex])
    return rest, noise, apex


def _rows_of_largest_face(table: pa.Table) -> pa.Table:
    """Return one row for each frame: that of the widest person, where there is one."""
    if not {"face_id", "face_width_px"} <= set(table.column_names):
        return table
    rows = table.to_pandas()
    widths = rows.groupby("face_id")["face_width_px"].mean()
    if len(widths) < 2:
        return table
    is_largest = rows["face_id"] == widths.idxmax()
    others = rows[~is_largest & ~rows["frame"].isin(rows.loc[is_largest, "frame"])]
    others = others.drop_duplicates("frame").copy()
    others["success"] = False
    others.loc[:, others.columns.str.fullmatch("AU.*_r|AU.*_r_left|AU.*_r_right|pose_.*")] = np.nan
    together = pd.concat([rows[is_largest], others]).sort_values("frame")
    return pa.Table.from_pandas(together, schema=table.schema, preserve_index=False)


def describe(measurements: Sequence[ClipMeasurement]) -> Iterator[str]:
    """Yield a small table, a line for each scripted action unit of each clip."""
    yield (
        f"{'clip':<24}{'frames':>7}{'success':>9}  "
        f"{'action':<14}{'unit':<6}{'rest':>6}{'noise':>7}{'apex':>6}"
    )
    for measured in measurements:
        start = (
            f"{measured.clip.name:<24}{len(measured.success):>7}{measured.success.mean():>9.0%}  "
        )
        lines = [
            f"{rise.action.kind:<14}{rise.action_unit:<6}{rise.rest:>6.2f}{rise.noise:>7.3f}"
            f"{rise.apex:>6.2f}{_on_sides(rise)}{'' if rise.is_clear else '  does not rise'}"
            for rise in measured.rises
        ]
        if measured.roll_deviation_rad is not None:
            lines.append(
                f"{HEAD_ROLL:<14}within {measured.roll_deviation_rad:.3f} rad of the script"
            )
        for line in lines or [""]:
            yield f"{start}{line}".rstrip()
            start = " " * len(start)


def _on_sides(rise: Rise) -> str:
    """Return how far a one-sided action rises on either side."""
    if not rise.sides or rise.action.side == BOTH:
        return ""
    left, right = rise.sides
    return f"  {rise.action.side} side only: left {left.height:+.2f}, right {right.height:+.2f}"


def _values(table: pa.Table, name: str) -> FloatArray:
    """Return a column, NaN where it is null."""
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _mean_and_deviation(values: FloatArray) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    return float(known.mean()), float(known.std())
