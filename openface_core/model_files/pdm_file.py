"""Reader for point distribution models (``In-the-wild_aligned_PDM_68.txt`` and its kin)."""

from pathlib import Path

import numpy as np

from openface_core.errors import ModelFileError
from openface_core.model_files.content import REINSTALL
from openface_core.model_files.text_matrix import TextMatrixReader
from openface_core.shape.pdm import PointDistributionModel

_MAX_VALUE = 1e9
"""Far above every millimetre and variance of a face, and well within float32."""


def read_pdm(path: Path, landmark_count: int | None = None) -> PointDistributionModel:
    """Read a point distribution model from OpenFace's text form.

    Parameters
    ----------
    path : Path
        Text file of three matrices: mean, components, eigenvalues. Of models that are not
        OpenFace's, a fourth may say how far heads are turned.
    landmark_count : int, optional
        The number of landmarks that the caller needs.

    Returns
    -------
    PointDistributionModel
        The model; the file's numbers are kept as float32, as OpenFace keeps them.

    Raises
    ------
    ModelFileError
        If the file is missing or damaged, its matrices do not fit together, or it has another
        number of landmarks.

    Notes
    -----
    Source of the format: ``PDM::Read`` of OpenFace 2.2.
    """
    reader = TextMatrixReader(path)
    mean = reader.next_matrix("mean shape")
    components = reader.next_matrix("components")
    eigenvalues = reader.next_matrix("eigenvalues")
    turns = None if reader.is_at_end else reader.next_matrix("turns of the head")
    reader.end()
    matrices = [mean, components, eigenvalues, *([] if turns is None else [turns])]
    if max(np.abs(matrix).max() for matrix in matrices) > _MAX_VALUE:
        raise ModelFileError(path, f"values above {_MAX_VALUE:g} are no face's", f"{REINSTALL}.")
    try:
        pdm = PointDistributionModel(
            mean_mm=mean.reshape(-1).astype(np.float32),
            components_mm=components.astype(np.float32),
            eigenvalues=eigenvalues.reshape(-1).astype(np.float32),
            head_turns=None if turns is None else turns.astype(np.float32),
        )
    except ValueError as error:
        raise ModelFileError(path, str(error), f"{REINSTALL}.") from error
    if landmark_count is not None and pdm.landmark_count != landmark_count:
        raise ModelFileError(
            path,
            f"a model of {landmark_count} landmarks is expected, this one has {pdm.landmark_count}",
            "Name the PDM of the 68-point face model.",
        )
    return pdm
