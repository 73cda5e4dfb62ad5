"""What a typical face looks like, as action-unit models know it."""

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.descriptors import FHOG_SIZE


def typical_appearance(models: ActionUnitModels) -> NDArray[np.float64]:
    """Return the mean appearance of the faces that action-unit models were trained on.

    Parameters
    ----------
    models : ActionUnitModels
        Static ones: dynamic models were trained on descriptors less the person's median.

    Returns
    -------
    (4464,) ndarray of float64
        Mean over the models of the means that they take off.
    """
    every = (*models.intensity, *models.presence)
    means = np.stack([model.means[:FHOG_SIZE] for model in every])
    return np.asarray(means.mean(axis=0), dtype=np.float64)
