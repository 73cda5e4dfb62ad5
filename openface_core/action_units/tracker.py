"""Components 8 to 11 over one video, frame by frame in order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.action_units.postprocessing import (
    final_intensities,
    final_presences,
    intensity_offsets,
    repredict,
)
from openface_core.action_units.static import (
    presences,
    single_image_intensities,
    weigh_descriptor,
)
from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.running_medians import DescriptorMedians

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ActionUnitSeries:
    """The action units of one face over one video, n frames.

    Rows of failed frames hold what OpenFace writes there; they carry no information.

    Parameters
    ----------
    success : (n,) ndarray of bool
        Frames whose face was found.
    online_scores : (n, s) ndarray of float64
        Scores of all views (intensities, then decision values), each relative to the median of
        its own time.
    repredicted_scores : (n, s) ndarray of float64
        The same after re-prediction with the final medians.
    offsets : (v * r,) ndarray of float64
        What was subtracted from each intensity, view by view.
    intensities : (n, r) ndarray of float64
        Final intensities of the whole face, 0 to 5.
    presences : (n, c) ndarray of bool
        Final presences of the whole face.
    """

    success: BoolArray
    online_scores: Float64Array
    repredicted_scores: Float64Array
    offsets: Float64Array
    intensities: Float64Array
    presences: BoolArray

    @property
    def calibration_frames(self) -> int:
        """Successful frames among those that move the medians (every other one)."""
        return int(np.count_nonzero(self.success[::2]))


class ActionUnitTracker:
    """Predicts action units as the frames of a video arrive, and post-processes them at the end.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors. If none of them is dynamic, no medians are kept.

    Notes
    -----
    Per frame only the products with the weights are kept, 35 numbers and not the 4702 of the
    descriptor: re-prediction needs no more, since the models are linear.
    """

    def __init__(self, models: ActionUnitModels) -> None:
        self.models = models
        self.medians = DescriptorMedians() if models.is_dynamic.any() else None
        self._weighted_median = np.zeros(models.score_count)
        self._weighted: list[Float64Array] = []
        self._online: list[Float64Array] = []
        self._successes: list[bool] = []
        self._no_fhog = np.zeros(FHOG_SIZE, dtype=np.float32)
        self._no_geometry = np.zeros(GEOMETRY_SIZE)

    def add(
        self,
        fhog: NDArray[np.float32],
        geometry: Float64Array,
        residual_mm: Float64Array | None = None,
    ) -> Float64Array:
        """Take the next frame, whose face was found.

        Parameters
        ----------
        fhog : (4464,) ndarray of float32
            Appearance descriptor.
        geometry : (238,) ndarray of float64
            Geometry descriptor.
        residual_mm : (136,) ndarray of float64 or None
            Displacement from the shape to the upright landmarks, where sides are predicted.

        Returns
        -------
        (s,) ndarray of float64
            Online scores of all views.
        """
        return self._add(fhog, geometry, True, residual_mm)

    def add_failure(self) -> Float64Array:
        """Take the next frame, whose face was not found; returns as :meth:`add`."""
        return self._add(self._no_fhog, self._no_geometry, False)

    def _add(
        self,
        fhog: NDArray[np.float32],
        geometry: Float64Array,
        success: bool,
        residual_mm: Float64Array | None = None,
    ) -> Float64Array:
        if self.medians is not None and self.medians.update(fhog, geometry, success):
            self._weighted_median = weigh_median(
                self.models, self.medians.fhog, self.medians.geometry
            )
        weighted = weigh_descriptor(self.models, fhog, geometry, residual_mm)
        online = dynamic_scores(self.models, weighted, self._weighted_median)
        self._weighted.append(weighted)
        self._online.append(online)
        self._successes.append(success)
        return online

    def finish(self, *, missing_as_zero: bool = True) -> ActionUnitSeries:
        """Return the video's action units after post-processing as for a video.

        Parameters
        ----------
        missing_as_zero : bool
            Whether failed frames take part in averages as zeros, as they do in OpenFace.
        """
        online, repredicted, success = self._scores()
        offsets = intensity_offsets(
            self.models, repredicted[:, self.models.intensity_columns], success
        )
        whole, count = repredicted[:, self.models.views[0]], len(self.models.intensity)
        present = presences(self.models, whole) & success[:, None]
        return ActionUnitSeries(
            success,
            online,
            repredicted,
            offsets,
            final_intensities(
                whole[:, :count], offsets[:count], success, missing_as_zero=missing_as_zero
            ),
            final_presences(present, success, missing_as_zero=missing_as_zero),
        )

    def finish_single_images(self) -> ActionUnitSeries:
        """Return the action units of frames that have nothing to do with each other.

        Intensities are clipped only, presences not smoothed; meant for static models.
        """
        online, repredicted, success = self._scores()
        whole = repredicted[:, self.models.views[0]]
        return ActionUnitSeries(
            success,
            online,
            repredicted,
            np.zeros(len(self.models.intensity_columns)),
            single_image_intensities(self.models, whole) * success[:, None],
            presences(self.models, whole) & success[:, None],
        )

    def _scores(self) -> tuple[Float64Array, Float64Array, BoolArray]:
        count = self.models.score_count
        success = np.array(self._successes, dtype=np.bool_)
        weighted = np.array(self._weighted).reshape(-1, count)
        online = np.array(self._online).reshape(-1, count)
        repredicted = repredict(self.models, weighted, online, success, self._weighted_median)
        return online, repredicted, success
