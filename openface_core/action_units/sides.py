"""Action units of the left and the right side of a face, each by itself.

What a predictor says of one side is what it would say of a face made of that side and its mirror
image. Predictors are linear, and so is the way from a face's descriptor to that of such a face, see
:mod:`openface_core.action_units.folding`: other weights give the value from the descriptor and from
the median that are known anyway.
"""

from dataclasses import replace

import numpy as np

from openface_core.action_units.folding import LEFT, RIGHT, folded_weights, folding
from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.side_weights import SideWeights
from openface_core.descriptors import FHOG_SIZE
from openface_core.shape import PointDistributionModel


def with_sides(
    models: ActionUnitModels,
    pdm: PointDistributionModel,
    *,
    is_mirrored: bool = False,
    has_peaks: bool = False,
) -> ActionUnitModels:
    """Return predictors that predict both sides of a face too.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors of the whole face.
    pdm : PointDistributionModel
        The shape model that the geometry descriptor is of.
    is_mirrored : bool
        Whether pictures are mirrored, as a phone's front camera shows them: the person's left side
        is then at the left in the picture.
    has_peaks : bool
        Whether landmarks that no shape holds together are peaks of patch experts. These lie beside
        the fitted shape at rest too, which no median takes off. Intensities that are relative to
        the person have a zero of their own; presences have none, and are predicted from the fitted
        shape alone.
    """
    halves = [folding(pdm, half) for half in (LEFT, RIGHT)]
    of_geometry = models.weights[FHOG_SIZE:]
    constants = np.stack([half.geometry_constant @ of_geometry for half in halves])
    of_medians = np.stack([half.median_constant @ of_geometry for half in halves])
    geometry, residual, median = (
        np.stack([matrix.T @ of_geometry for matrix in matrices])
        for matrices in (
            [half.geometry for half in halves],
            [half.residual for half in halves],
            [half.median for half in halves],
        )
    )
    constants -= np.where(models.is_dynamic, of_medians, 0.0)
    if has_peaks:
        by_shape = models.is_dynamic & (np.arange(len(models.is_dynamic)) >= len(models.intensity))
        geometry[..., by_shape] = median[..., by_shape]
        residual[..., by_shape] = 0.0
        constants[..., by_shape] = 0.0
    sides = SideWeights(
        folded_weights(models.weights[:FHOG_SIZE]).astype(np.float32),
        np.ascontiguousarray(geometry),
        np.ascontiguousarray(residual),
        np.ascontiguousarray(median),
        constants,
        is_mirrored,
    )
    return replace(models, sides=sides)
