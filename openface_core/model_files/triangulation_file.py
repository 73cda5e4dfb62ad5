"""Reader for the triangulation that defines the face mask (``tris_68_full.txt``)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.model_files.content import REINSTALL
from openface_core.model_files.text_matrix import TextMatrixReader


def read_triangulation(path: Path, landmark_count: int) -> NDArray[np.int32]:
    """Read a triangulation of the landmarks.

    Parameters
    ----------
    path : Path
        Text file of one matrix with three columns.
    landmark_count : int
        Number of landmarks; indices must lie below it.

    Returns
    -------
    (t, 3) ndarray of int32
        Landmark indices of each triangle's corners, 0-based.

    Raises
    ------
    ModelFileError
        If the file is missing or damaged, or an index is not that of a landmark.
    """
    values = TextMatrixReader(path).next_matrix("triangulation")
    triangles = values.astype(np.int32)
    if triangles.shape[1] != 3 or not np.array_equal(triangles, values):
        raise ModelFileError(
            path,
            f"three whole numbers per triangle are expected, found {values.shape[1]} columns",
            f"{REINSTALL}.",
        )
    if triangles.min() < 0 or triangles.max() >= landmark_count:
        raise ModelFileError(
            path,
            f"landmark indices of 0 to {landmark_count - 1} are expected, "
            f"found {triangles.min()} to {triangles.max()}",
            f"{REINSTALL}.",
        )
    return triangles
