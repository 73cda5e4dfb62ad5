"""What comparisons of action units have in common."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from openface_core.action_units.models import ActionUnitModels
from openface_core.agreement import compare_series, equal_share
from openface_core.errors import InputError
from pipelines.comparison.golden_dumps import Array
from pipelines.comparison.openface_output import (
    OpenFaceOutput,
)
from pipelines.comparison.report import Bound, Row, UnitRow

CHAIN_PRESENCE_BOUND = Bound(equal_share=0.998)


def unit_rows(
    part: str,
    models: ActionUnitModels,
    intensities: tuple[Array, Array],
    presences: tuple[Array, Array],
) -> Iterator[UnitRow]:
    """Yield the rows per action unit; each pair of arrays is measured, reference."""
    for name in sorted({*models.intensity_names, *models.presence_names}):
        intensity, share = None, np.nan
        if name in models.intensity_names:
            k = models.intensity_names.index(name)
            intensity = compare_series(intensities[0][:, k], intensities[1][:, k])
        if name in models.presence_names:
            k = models.presence_names.index(name)
            share = equal_share(presences[0][:, k], presences[1][:, k])
        yield UnitRow(part, name, intensity, share)


def intensity_columns(models: ActionUnitModels) -> tuple[str, ...]:
    """Return the table's and OpenFace's columns of intensities."""
    return tuple(f"{name}_r" for name in models.intensity_names)


def presence_columns(models: ActionUnitModels) -> tuple[str, ...]:
    """Return the table's and OpenFace's columns of presences."""
    return tuple(f"{name}_c" for name in models.presence_names)


@dataclass(frozen=True)
class ChainComparison:
    """What the comparison of a whole chain gives.

    Parameters
    ----------
    rows : tuple of Row
        Rows of the status table.
    units : tuple of UnitRow
        The same per action unit.
    """

    rows: tuple[Row, ...]
    units: tuple[UnitRow, ...] = ()


def check_count(reference: OpenFaceOutput, frames: int) -> None:
    """Raise InputError if OpenFace's output is not for a video of so many frames."""
    if reference.frame_count != frames:
        raise InputError(
            reference.path,
            f"rows for {reference.frame_count} frames, the video has {frames}",
            "Give the CSV that was made from this very video.",
        )
