"""Writers of the shape model and the triangulation, in OpenFace's text form."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.shape import PointDistributionModel

_INTEGER_CODE, _DOUBLE_CODE = 4, 6
"""OpenCV's codes of int32 and float64, which the text form carries."""


def _matrix_lines(values: NDArray[np.floating], digits: int) -> Iterable[str]:
    """Yield a matrix: its size and element type, then its rows."""
    yield from (str(values.shape[0]), str(values.shape[1]), str(_DOUBLE_CODE))
    for row in values:
        yield " ".join(f"{float(value):.{digits}g}" for value in row)


def write_shape_model(pdm: PointDistributionModel, path: Path) -> None:
    """Write a shape model as :func:`openface_core.model_files.read_pdm` reads it.

    Parameters
    ----------
    pdm : PointDistributionModel
        The model.
    path : Path
        The file.
    """
    lines = [
        "# The mean face in mm: all x, all y, all z",
        *_matrix_lines(pdm.mean_mm[:, None], 7),
        "# The modes of deformation, one in each column",
        *_matrix_lines(pdm.components_mm, 6),
        "# Their variances, mm^2",
        *_matrix_lines(pdm.eigenvalues[None], 7),
    ]
    if pdm.head_turns is not None:
        lines.append("# How far heads are turned, rad: in the mean, and by a mm of each mode")
        lines.extend(_matrix_lines(pdm.head_turns, 6))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_triangulation(triangles: NDArray[np.integer], path: Path) -> None:
    """Write triangles as :func:`openface_core.model_files.read_triangulation` reads them.

    Parameters
    ----------
    triangles : (t, 3) ndarray of int
        Landmarks of each triangle's corners.
    path : Path
        The file.
    """
    rows = [" ".join(str(int(corner)) for corner in triangle) for triangle in triangles]
    header = [str(len(triangles)), "3", str(_INTEGER_CODE)]
    path.write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")
