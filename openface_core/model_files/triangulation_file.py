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
    reader = TextMatrixReader(path)
    values = reader.next_matrix("triangulation")
    reader.end()
    if values.shape[1] != 3:
        raise ModelFileError(
            path,
            f"three corners per triangle are expected, found {values.shape[1]} columns",
            f"{REINSTALL}.",
        )
    wrong = (values != np.floor(values)) | (values < 0) | (values >= landmark_count)
    if wrong.any():
        raise ModelFileError(
            path,
            f"landmark indices of 0 to {landmark_count - 1} are expected, "
            f"found {values[wrong][0]:g}",
            f"{REINSTALL}.",
        )
    return values.astype(np.int32)
