"""How landmarks are refined: window sizes, regularisation and so on, with OpenFace's values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAX_WINDOW_PX = 25


@dataclass(frozen=True)
class RefinementSettings:
    """Settings of one landmark model.

    Parameters
    ----------
    windows_px : tuple of int
        For each scale of the patch experts the side of the response maps, in pixels of that scale;
        odd, or 0 to leave the scale out. Scales beyond the tuple's end are left out.
    iterations : int
        Most steps of the rigid and of the non-rigid fit at each scale.
    sigma_px : float
        Width of the kernel density estimate over a response map, in its pixels.
    regularisation : float
        How strongly shape parameters are held back, as a multiple of the inverse eigenvalues.
    weight_factor : float
        Factor of the experts' confidences as weights of the landmarks; 0 weighs all alike.
    adapt_to_scale : bool
        Whether `regularisation` falls, and `sigma_px` and `weight_factor` grow with the scale.
    sparse_maps : bool
        Whether CEN experts are asked at every other position of a map only, as in OpenFace.
    rounded_as_openface : bool
        Whether the limits of shape parameters, and the smoothing of windows of eleven pixels or
        more, and the likelihood have OpenFace's last digits too, as all else has in any case.

    Raises
    ------
    ValueError
        If a value is out of range.
    """

    windows_px: tuple[int, ...]
    iterations: int = 5
    sigma_px: float = 1.5
    regularisation: float = 25.0
    weight_factor: float = 0.0
    adapt_to_scale: bool = True
    sparse_maps: bool = True
    rounded_as_openface: bool = True

    def __post_init__(self) -> None:
        for window in self.windows_px:
            if window != 0 and not (1 < window <= MAX_WINDOW_PX and window % 2):
                raise ValueError(f"a window should be odd, 3 to {MAX_WINDOW_PX} or 0: {window}")
        if not any(self.windows_px):
            raise ValueError("at least one window should be larger than 0")
        if not 1 <= self.iterations <= 100:
            raise ValueError(f"iterations should be from 1 to 100, found {self.iterations}")
        if not 0.1 <= self.sigma_px <= 100.0:
            raise ValueError(f"sigma_px should be from 0.1 to 100, found {self.sigma_px}")
        for name in ("regularisation", "weight_factor"):
            if not 0.0 <= getattr(self, name) <= 1e6:
                raise ValueError(f"{name} should be from 0 to 1e6, found {getattr(self, name)}")

    def at_scale(self, index: int, scales_px_per_mm: tuple[float, ...]) -> "ScaleSettings":
        """Return the values for one scale, `index` of the experts' `scales_px_per_mm`."""
        regularisation, sigma, weight = self.regularisation, self.sigma_px, self.weight_factor
        if self.adapt_to_scale:
            # A fourth scale takes the values of the third.
            octaves = math.log2(scales_px_per_mm[min(index, 2)] / 0.25)
            regularisation = max(regularisation - 15.0 * octaves, 0.0) or 0.001
            sigma += 0.25 * octaves
            weight += 2.0 * weight * octaves
        window = self.windows_px[index]
        return ScaleSettings(
            window, sigma, regularisation, weight, self.sparse_maps, self.rounded_as_openface
        )


@dataclass(frozen=True)
class ScaleSettings:
    """The values of :class:`RefinementSettings` that hold at one scale."""

    window_px: int
    sigma_px: float
    regularisation: float
    weight_factor: float
    sparse_maps: bool
    rounded_as_openface: bool


TRACKING = RefinementSettings(windows_px=(0, 9, 7))
"""OpenFace's settings from one frame to the next, for the experts of scales 0.25, 0.35, 0.5."""

FROM_DETECTION = RefinementSettings(windows_px=(11, 9, 7))
"""OpenFace's settings after a detection."""

_EYE = RefinementSettings(windows_px=(3, 5), sigma_px=1.0, regularisation=0.5, adapt_to_scale=False)

PART_SETTINGS: Mapping[str, RefinementSettings] = MappingProxyType(
    {
        "inner": RefinementSettings(
            windows_px=(9,),
            sigma_px=1.75,
            regularisation=2.5,
            weight_factor=2.5,
            adapt_to_scale=False,
        ),
        "left_eye_28": _EYE,
        "right_eye_28": _EYE,
    }
)
"""OpenFace's settings of the parts of a face, by the names in its model lists."""
