"""Component 9: action units relative to the person's median descriptor.

References
----------
``SVR_dynamic_lin_regressors.cpp`` and ``SVM_dynamic_lin.cpp``, OpenFace 2.2.
"""

import numpy as np

from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.action_units.static import static_scores, weigh_descriptor


def weigh_median(
    models: ActionUnitModels, fhog_median: Float64Array, geometry_median: Float64Array
) -> Float64Array:
    """Return the product of the median descriptor with every dynamic model's weights.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, k in all.
    fhog_median : (4464,) ndarray of float64
        Median appearance.
    geometry_median : (238,) ndarray of float64
        Median geometry.

    Returns
    -------
    (s,) ndarray of float64
        Products of all views; 0 for static models, which take no median.
    """
    weighted = weigh_descriptor(models, fhog_median, geometry_median)
    is_dynamic = np.tile(models.is_dynamic, len(models.views))
    return np.where(is_dynamic, weighted, 0.0)


def dynamic_scores(
    models: ActionUnitModels, weighted: Float64Array, weighted_median: Float64Array
) -> Float64Array:
    """Return the scores of all models, relative to a median where they are dynamic.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    weighted : (..., s) ndarray of float64
        Products of descriptors with the weights of all views.
    weighted_median : (..., s) ndarray of float64
        Products of the median with the weights, as :func:`weigh_median` gives them.

    Returns
    -------
    (..., s) ndarray of float64
        ``(x - means - median) @ weights + bias``.
    """
    return static_scores(models, weighted - weighted_median)
