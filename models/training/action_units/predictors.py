"""From fitted weights to predictors that mean what the teacher's mean."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.training.action_units.ridge import RidgeFit
from openface_core.action_units.models import ActionUnitModel, ActionUnitModels, Target

Float64Array = NDArray[np.float64]


def presence_shift(predicted: Float64Array, wanted: Float64Array) -> float:
    """Return what to add to decision values so that as many are positive as are wanted to be.

    Regression draws values towards their mean, and what is rare would become rarer.

    Parameters
    ----------
    predicted : (n,) ndarray of float64
        Decision values for photographs that took no part.
    wanted : (n,) ndarray of float64
        The teacher's.
    """
    share = float(np.mean(wanted > 0.0))
    if share in (0.0, 1.0):
        return 0.0
    return -float(np.quantile(predicted, 1.0 - share))


def student_model(
    taught: ActionUnitModel, fit: RidgeFit, column: int, wanted: Float64Array
) -> ActionUnitModel:
    """Return the student's version of one of the teacher's models.

    Parameters
    ----------
    taught : ActionUnitModel
        The teacher's; the cut-off is taken over.
    fit : RidgeFit
        The weights.
    column : int
        Which of them.
    wanted : (n,) ndarray of float64
        The teacher's scores of the samples.
    """
    # As they are written, so that the bias makes up for what rounding moves on average.
    means, weights = (
        values.astype(np.float16).astype(np.float64)
        for values in (fit.means, fit.weights[:, column])
    )
    at_mean = float(fit.scores_at_mean[column] - (fit.means - means) @ weights)
    # What is predicted of a static model's mean descriptor, and of a dynamic one's median.
    level = taught.bias - float(taught.means @ taught.weights) if taught.is_dynamic else at_mean
    shift = 0.0
    if taught.target is Target.PRESENCE:
        moved = level - at_mean
        shift = presence_shift(fit.held_out[:, column].astype(np.float64) + moved, wanted + moved)
    bias = level + shift
    if taught.is_dynamic:
        # The means are subtracted beside the median, which has them in it already.
        bias += float(means @ weights)
    return replace(taught, means=means, weights=weights, bias=bias)


def student_models(
    taught: ActionUnitModels, fit: RidgeFit, first: int, scores: NDArray[np.floating]
) -> ActionUnitModels:
    """Return the student's version of a list of models.

    Parameters
    ----------
    taught : ActionUnitModels
        The teacher's.
    fit : RidgeFit
        The weights.
    first : int
        Column of the first of them.
    scores : (n, k) ndarray
        The teacher's scores of the samples.
    """
    models = [
        student_model(model, fit, column, scores[:, column].astype(np.float64))
        for column, model in enumerate(taught.all_models, start=first)
    ]
    count = len(taught.intensity)
    return ActionUnitModels(tuple(models[:count]), tuple(models[count:]))
