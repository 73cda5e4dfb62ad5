"""Reader for the numbers of early termination (``early_term_cen_of.txt``).

References
----------
``CLNF::Read`` of OpenFace 2.2.
"""

from pathlib import Path

import numpy as np

from openface_core.errors import ModelFileError
from openface_core.model_files.ccnf_patch_file import MAX_NUMBER, MAX_VIEWS
from openface_core.model_files.content import REINSTALL, read_model_text
from openface_core.refinement.early_termination import EarlyTermination


def read_early_termination(path: Path) -> EarlyTermination:
    """Read when a first fit is good enough.

    Parameters
    ----------
    path : Path
        A text file: one weight per view, then as many biases, then as many cutoffs.

    Raises
    ------
    ModelFileError
        If the file is missing or holds anything else.
    """
    words = read_model_text(path).split(maxsplit=3 * MAX_VIEWS)
    try:
        numbers = np.array([float(word) for word in words])
        if len(words) % 3 or not 3 <= len(words) <= 3 * MAX_VIEWS:
            raise ValueError(f"three numbers per view are expected, found {len(words)}")
        if not np.abs(numbers).max() <= MAX_NUMBER:
            raise ValueError(f"numbers of at most {MAX_NUMBER:g} are expected")
        return EarlyTermination(*numbers.reshape(3, -1))
    except ValueError as error:
        raise ModelFileError(path, str(error)[:200], f"{REINSTALL}.") from error
