"""Refinement of one landmark model on a grey picture.

References
----------
``CLNF::Fit`` and ``Patch_experts::Response`` of OpenFace 2.2.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.boxes import box_of
from openface_core.partial_pictures import PartialPicture
from openface_core.refinement.density import kernel_table
from openface_core.refinement.expert_maps import expert_maps
from openface_core.refinement.landmark_fit import FitWeights, PlacedMaps, shape_arrays
from openface_core.refinement.landmark_model import LandmarkModel
from openface_core.refinement.patch_areas import AnyGrey, GreyPicture
from openface_core.refinement.patch_experts import Float32Array, PatchExperts
from openface_core.refinement.peaks import find_peaks
from openface_core.refinement.scale_fit import fit_to_maps, place_maps
from openface_core.refinement.settings import RefinementSettings, ScaleSettings
from openface_core.refinement.view_grid import ViewGrid
from openface_core.shape import ShapeFit, calc_params
from openface_core.shape.posed_model import project

_MIN_SCALE_PX_PER_MM = 0.25
"""Smaller faces, some 30 pixels wide, cannot be followed."""

_BETWEEN_PX = 2.0
"""A value between pixels needs so many beyond its place."""


@dataclass(frozen=True, eq=False)
class RefinedShape:
    """Landmarks after refinement.

    Parameters
    ----------
    landmarks : (n, 2) ndarray of float32
        Points of the fitted shape, pixels.
    fit : ShapeFit
        Its pose and shape parameters.
    log_likelihood : float
        Mean log density of the response maps at the landmarks, at the last scale; NaN where the
        fit did not get there, or nobody asks.
    view : int
        The experts' view at the last scale.
    is_fitted : bool
        False where the face is too small or the fit lost its footing; the landmarks are then those
        of the last good step.
    unfitted : (n, 2) ndarray of float32 or None
        Landmarks that no shape, or that of a part alone, holds together: peaks of the response maps
        where these are sought, otherwise the points of the parts before the whole face's shape was
        fitted to them; None without either.
    log_densities : (n,) ndarray of float64 or None
        What that is the mean of; NaN for those that do not show.
    """

    landmarks: Float32Array
    fit: ShapeFit
    log_likelihood: float
    view: int
    is_fitted: bool
    unfitted: Float32Array | None = None
    log_densities: NDArray[np.float64] | None = None


class _LastScale(NamedTuple):
    """What is wanted of the last scale.

    Parameters
    ----------
    peaks : (n, 2) ndarray of float32 or None
        Receives the peaks of its maps; None where they are not sought.
    log_densities : (n,) ndarray of float64 or None
        Receives the maps' log densities at the landmarks; None where they are not sought.
    """

    peaks: Float32Array | None = None
    log_densities: NDArray[np.float64] | None = None


class _Scale:
    """What one scale needs, prepared once."""

    def __init__(self, experts: PatchExperts, settings: ScaleSettings) -> None:
        self.settings = settings
        self.grid: ViewGrid = experts.grid
        self.table = kernel_table(settings.window_px, settings.sigma_px)
        self.positions = settings.window_px**2
        self.side_px = settings.window_px + self.grid.support_px - 1
        self.sigma = np.float32(settings.sigma_px)
        weights = np.ones(self.grid.visible.shape, dtype=np.float32)
        if settings.weight_factor > 0.0:
            weights = np.float32(settings.weight_factor) * self.grid.confidence
        regularisation = np.float32(settings.regularisation)
        self.weights = [
            FitWeights(visible, row, regularisation)
            for visible, row in zip(self.grid.visible, weights * self.grid.visible, strict=True)
        ]
        """Of every view."""
        self.maps = expert_maps(
            experts,
            settings.window_px,
            is_sparse=settings.sparse_maps,
            rounded_as_openface=settings.rounded_as_openface,
        )


class LandmarkRefiner:
    """Refines the landmarks of one model; keeps no state, so frames may come in any order.

    Parameters
    ----------
    model : LandmarkModel
        The shape model, n points and m modes, and its patch experts.
    settings : RefinementSettings
        How to refine; scales of window 0 are left out.
    peaks_of : callable or None
        Returns, for a scale of the face in px/mm, of which landmarks (n,) the peaks of the last
        scale's response maps are sought; None for none at all.
    finds_likelihood : bool
        Whether their densities at the landmarks are.

    Raises
    ------
    ValueError
        If no scale is left, or the smoothing of an expert is not positive definite.
    """

    def __init__(
        self,
        model: LandmarkModel,
        settings: RefinementSettings,
        *,
        peaks_of: Callable[[float], NDArray[np.bool_]] | None = None,
        finds_likelihood: bool = True,
    ) -> None:
        self.pdm = model.pdm
        self.peaks_of = peaks_of
        self.finds_likelihood = finds_likelihood
        self.scale_px_per_mm = model.experts[0].grid.scale_px_per_mm
        self._model = model
        self._prepared: dict[tuple[int, ScaleSettings], _Scale] = {}
        self._use(settings)

    def with_settings(self, settings: RefinementSettings) -> "LandmarkRefiner":
        """Return a refiner of the same model that shares what both settings have in common.

        Raises
        ------
        ValueError
            As the constructor.
        """
        other = copy(self)
        other._prepared = dict(self._prepared)
        other._use(settings)
        return other

    def _use(self, settings: RefinementSettings) -> None:
        self.settings = settings
        self._shape = shape_arrays(self.pdm, rounded_as_openface=settings.rounded_as_openface)
        scales_px_per_mm = tuple(scale.grid.scale_px_per_mm for scale in self._model.experts)
        scales = []
        used = zip(self._model.experts, settings.windows_px, strict=False)
        for index, (experts, window) in enumerate(used):
            if window > 0:
                key = index, settings.at_scale(index, scales_px_per_mm)
                if key not in self._prepared:
                    self._prepared[key] = _Scale(experts, key[1])
                scales.append(self._prepared[key])
        if not scales:
            raise ValueError("no scale of the experts has a window")
        self._scales = tuple(scales)

    def refine_points(self, grey: AnyGrey, points: Float32Array) -> RefinedShape:
        """Refine landmarks of another source, to which the shape model is fitted first.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32, or PartialPicture
            The grey picture.
        points : (n, 2) ndarray of float32
            The landmarks, pixels; an x of exactly 0 marks a missing one.

        Returns
        -------
        RefinedShape
            The refined landmarks.

        Raises
        ------
        ValueError
            If the arrays have another shape or type, or the points admit no fit.
        """
        return self.refine(grey, calc_params(self.pdm, points))

    def refine(self, grey: AnyGrey, start: ShapeFit) -> RefinedShape:
        """Refine landmarks.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32, or PartialPicture
            The grey picture.
        start : ShapeFit
            Pose and shape to start from, as of the previous frame.

        Returns
        -------
        RefinedShape
            The refined landmarks.

        Raises
        ------
        ValueError
            If the picture has another shape or type, or the start is not finite or of another
            number of modes.
        """
        grey = _checked_picture(grey)
        local = np.array(start.shape_parameters, dtype=np.float32)
        if not start.is_finite or local.shape != (self.pdm.mode_count,):
            raise ValueError("a finite fit of this shape model is expected to start from")
        parameters = np.empty(6, dtype=np.float32)
        parameters[0] = start.scale_px_per_mm
        parameters[1:4] = start.rotation_radians
        parameters[4:6] = start.translation_px
        likelihood, view, is_fitted = float("nan"), 0, True
        n = self.pdm.landmark_count
        wanted = _LastScale(
            None if self.peaks_of is None else np.empty((n, 2), np.float32),
            np.empty(n) if self.finds_likelihood else None,
        )
        for scale in self._scales:
            before = parameters.copy(), local.copy()
            view = scale.grid.nearest_view(parameters[1:4])
            last = wanted if scale is self._scales[-1] else None
            found = self._fit_scale(scale, grey, view, parameters, local, last)
            if found is None:
                parameters, local = before
                is_fitted = False
                break
            likelihood = found
            if parameters[0] < _MIN_SCALE_PX_PER_MM:
                is_fitted = False
                break
        landmarks = self._landmarks(parameters, local)
        fit = ShapeFit(float(parameters[0]), parameters[1:4], parameters[4:6], local, 0)
        found_alone = wanted if is_fitted else _LastScale()
        return RefinedShape(landmarks, fit, likelihood, view, is_fitted, *found_alone)

    def landmarks(self, fit: ShapeFit) -> Float32Array:
        """Return the landmarks (n, 2) of pose and shape parameters, pixels."""
        parameters = np.empty(6, dtype=np.float32)
        parameters[0] = fit.scale_px_per_mm
        parameters[1:4] = fit.rotation_radians
        parameters[4:6] = fit.translation_px
        return self._landmarks(parameters, fit.shape_parameters)

    def _landmarks(self, parameters: Float32Array, local: Float32Array) -> Float32Array:
        n = self.pdm.landmark_count
        shape = np.empty(3 * n, dtype=np.float32)
        out = np.empty((n, 2), dtype=np.float32)
        project(self.pdm.mean_mm, self.pdm.modes_mm, parameters, local, shape, out)
        return out

    def _fit_scale(
        self,
        scale: _Scale,
        grey: AnyGrey,
        view: int,
        parameters: Float32Array,
        local: Float32Array,
        last: _LastScale | None,
    ) -> float | None:
        """Update the parameters by one scale's experts.

        Returns the log likelihood (NaN before the last scale), or None if the fit is lost.
        """
        pdm = self.pdm
        base = np.empty((pdm.landmark_count, 2), dtype=np.float32)
        to_reference = np.empty((2, 2), dtype=np.float32)
        to_image = np.empty((2, 2), dtype=np.float32)
        is_placed = place_maps(
            pdm.mean_mm, pdm.modes_mm, parameters, local, scale.grid.scale_px_per_mm, base,
            to_reference, to_image,
        )  # fmt: skip
        if not is_placed:
            return None
        responses = np.empty((pdm.landmark_count, scale.positions), dtype=np.float32)
        squares = _with_squares(grey, base, to_image, scale.side_px)
        scale.maps.write(squares, base, to_image, view, responses)
        likelihood, nothing = np.empty(1), np.empty(0)
        maps = PlacedMaps(responses, scale.table, scale.sigma, base, to_reference, to_image)
        is_finite = fit_to_maps(
            self._shape, scale.weights[view], maps, self.settings.iterations, parameters, local,
            likelihood,
            nothing if last is None or last.log_densities is None else last.log_densities,
        )  # fmt: skip
        if is_finite and last is not None and last.peaks is not None and self.peaks_of is not None:
            wanted = self.peaks_of(float(parameters[0]))
            weights = scale.weights[view]
            find_peaks(self._shape, weights, maps, parameters, local, wanted, last.peaks)
        return float(likelihood[0]) if is_finite else None


def _checked_picture(grey: AnyGrey) -> AnyGrey:
    if isinstance(grey, PartialPicture):
        return grey
    if grey.ndim != 2 or grey.size == 0 or grey.dtype not in (np.uint8, np.float32):
        raise ValueError(f"expected an H x W grey picture, found {grey.shape} {grey.dtype}")
    return grey if grey.flags.c_contiguous else grey.copy()


def _with_squares(
    grey: AnyGrey, centres: Float32Array, to_image: Float32Array, side_px: int
) -> GreyPicture:
    """Return the picture with the pixels of all squares that experts look at.

    Parameters
    ----------
    grey : (H, W) ndarray of uint8 or float32, or PartialPicture
        The picture.
    centres : (n, 2) ndarray of float32
        Of the squares, pixels of the picture.
    to_image : (2, 2) ndarray of float32
        From the experts' pixels to those of the picture.
    side_px : int
        Of the squares, pixels of the experts.
    """
    if not isinstance(grey, PartialPicture):
        return grey
    left, top, right, bottom = box_of(centres).tolist()
    (xx, xy), (yx, yy) = to_image.tolist()
    across = side_px / 2.0 * (abs(xx) + abs(xy)) + _BETWEEN_PX
    down = side_px / 2.0 * (abs(yx) + abs(yy)) + _BETWEEN_PX
    return grey.within(left - across, top - down, right + across, bottom + down)
