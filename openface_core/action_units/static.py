"""Component 8: action units from one frame alone, by linear models.

A descriptor takes part in a linear model only by its product with the weights. That product is
formed once, here, for all models; :mod:`openface_core.action_units.dynamic` subtracts the median's.

References
----------
``SVR_static_lin_regressors.cpp``, ``SVM_static_lin.cpp`` and
``FaceAnalyser::PredictStaticAUsAndComputeFeatures``, OpenFace 2.2.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.action_units.side_weights import SIDES
from openface_core.kernel import kernel

MAX_INTENSITY = 5.0


@kernel
def _weigh(
    fhog: NDArray[np.floating],
    geometry: NDArray[np.floating],
    weights: Float64Array,
    out: Float64Array,
) -> None:
    """Write ``[fhog, geometry] @ weights``, always in the same order of summation."""
    out[:] = 0.0
    models = out.shape[0]
    first = fhog.shape[0]
    grouped = first - first % 4
    # Four elements a turn: the sums are loaded and stored a quarter as often.
    for i in range(0, grouped, 4):
        a, b = np.float64(fhog[i]), np.float64(fhog[i + 1])
        c, d = np.float64(fhog[i + 2]), np.float64(fhog[i + 3])
        for k in range(models):
            out[k] += (a * weights[i, k] + b * weights[i + 1, k]) + (
                c * weights[i + 2, k] + d * weights[i + 3, k]
            )
    for i in range(grouped, first):
        value = np.float64(fhog[i])
        for k in range(models):
            out[k] += value * weights[i, k]
    for i in range(geometry.shape[0]):
        value = np.float64(geometry[i])
        for k in range(models):
            out[k] += value * weights[first + i, k]


def weigh_descriptor(
    models: ActionUnitModels,
    fhog: NDArray[np.floating],
    geometry: Float64Array,
    residual_mm: Float64Array | None = None,
) -> Float64Array:
    """Return the product of a descriptor with every model's weights.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, k in all.
    fhog : (4464,) ndarray of float32 or float64
        Appearance descriptor, or its median.
    geometry : (238,) ndarray of float64
        Geometry descriptor, or its median.
    residual_mm : (136,) ndarray of float64 or None
        Displacement from the shape to the upright landmarks, by which sides differ more; None for a
        median.

    Returns
    -------
    (s,) ndarray of float64
        Products of all views, see :attr:`ActionUnitModels.views`. The order of summation is fixed,
        so that equal input gives equal bits wherever it is computed.
    """
    out = np.empty(models.score_count)
    _weigh(fhog, geometry, models.weights, out[models.views[0]])
    if models.sides is not None:
        of_sides = out[models.views[0].stop :].reshape(len(SIDES), -1)
        models.sides.weigh(fhog, geometry, residual_mm, of_sides)
    return out


def static_scores(models: ActionUnitModels, weighted: Float64Array) -> Float64Array:
    """Return the scores of models that know nothing of the person.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    weighted : (..., s) ndarray of float64
        Products of descriptors with the weights of all views.

    Returns
    -------
    (..., s) ndarray of float64
        In each view, intensities as regressed, neither shifted nor clipped, then decision values
        of presence.
    """
    return weighted + models.constants


def presences(models: ActionUnitModels, scores: Float64Array) -> NDArray[np.bool_]:
    """Return which action units are present.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, k in all, c of them of presence.
    scores : (..., k) ndarray of float64
        Scores of one view.

    Returns
    -------
    (..., c) ndarray of bool
        Presence by the sign of the decision value, each model with its own meaning of positive.
    """
    decisions = scores[..., len(models.intensity) :] > 0.0
    meaning = np.array([model.presence_if_positive for model in models.presence], dtype=np.bool_)
    return np.asarray(decisions == meaning)


def single_image_intensities(models: ActionUnitModels, scores: Float64Array) -> Float64Array:
    """Return the intensities of a single image: as regressed, clipped to 0 to 5.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, r of them of intensity.
    scores : (..., k) ndarray of float64
        Scores of one view.

    Returns
    -------
    (..., r) ndarray of float64
        Intensities.
    """
    return np.clip(scores[..., : len(models.intensity)], 0.0, MAX_INTENSITY)
