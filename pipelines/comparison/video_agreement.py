"""How well two analyses of one video agree: action units, head pose and landmarks of each frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.agreement import (
    VARYING_INTENSITY_SD,
    TableAgreement,
    compare_tables,
    equal_share,
)
from pipelines.comparison.action_units import intensity_columns, presence_columns
from pipelines.comparison.openface_output import LANDMARK_COLUMNS, POSE_COLUMNS, table_values

_ROTATIONS = POSE_COLUMNS[3:]
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)


@dataclass(frozen=True, eq=False)
class VideoAgreement:
    """What the comparison of one video gives.

    Parameters
    ----------
    frames, found, found_by_both : int
        Frames of the video, those of them in which the reference found a face, and both did.
    intensities : TableAgreement
        Of the action units' intensities.
    equal_presences : float
        Share of equal presences.
    rotations_mad_radians : (3,) ndarray of float64
        Mean absolute differences of Rx, Ry and Rz.
    point_distance : float
        Mean distance of landmarks over that of the centres of the eyes.
    """

    frames: int
    found: int
    found_by_both: int
    intensities: TableAgreement
    equal_presences: float
    rotations_mad_radians: NDArray[np.float64]
    point_distance: float


def _point_distance(measured: pa.Table, reference: pa.Table) -> float:
    a, b = (
        np.stack(np.split(table_values(table, LANDMARK_COLUMNS), 2, axis=1), axis=-1)
        for table in (measured, reference)
    )
    eyes = np.linalg.norm(b[:, _LEFT_EYE].mean(axis=1) - b[:, _RIGHT_EYE].mean(axis=1), axis=-1)
    return float(np.nanmean(np.linalg.norm(a - b, axis=-1).mean(axis=1) / eyes))


def compare_videos(
    measured: pa.Table, reference: pa.Table, models: ActionUnitModels
) -> VideoAgreement:
    """Compare two tables of one video; frames without a face in either take no part."""
    success = [table_values(table, ["success"])[:, 0] > 0 for table in (measured, reference)]
    intensities, presences, rotations = (
        [table_values(table, columns) for table in (measured, reference)]
        for columns in (intensity_columns(models), presence_columns(models), _ROTATIONS)
    )
    return VideoAgreement(
        frames=reference.num_rows,
        found=int(success[1].sum()),
        found_by_both=int((success[0] & success[1]).sum()),
        intensities=compare_tables(intensities[0], intensities[1], VARYING_INTENSITY_SD),
        equal_presences=equal_share(presences[0], presences[1]),
        rotations_mad_radians=np.nanmean(np.abs(rotations[0] - rotations[1]), axis=0),
        point_distance=_point_distance(measured, reference),
    )


def summary_row(name: str, found: VideoAgreement) -> str:
    """Return the Markdown row of a video."""
    turns = " / ".join(f"{value:.3f}" for value in found.rotations_mad_radians)
    units = found.intensities
    return (
        f"| {name} | {found.frames} | {found.found} | {found.found_by_both} "
        f"| {len(units.varying)} | {units.mean_r:.3f} | {units.least_r:.3f} "
        f"| {units.mean_absolute_difference:.3f} | {found.equal_presences:.3f} | {turns} "
        f"| {100 * found.point_distance:.2f} |"
    )


def unit_rows(names: Sequence[str], found: dict[str, VideoAgreement]) -> list[str]:
    """Return the Markdown rows of the action units: r of each video, where it varies."""
    rows = []
    for k, unit in enumerate(names):
        cells = []
        for agreement in found.values():
            column = agreement.intensities.columns[k]
            varies = k in agreement.intensities.varying
            cells.append(f"{np.nan_to_num(column.pearson_r):.2f}" if varies else "-")
        rows.append(f"| {unit} | " + " | ".join(cells) + " |")
    return rows
