"""What OpenFace writes where it has found no face yet: a model that lies in the image's corner."""

from collections.abc import Mapping

import numpy as np

from openface_core.shape import Camera, PointDistributionModel


def values_without_face(camera: Camera, pdm: PointDistributionModel | None) -> Mapping[str, float]:
    """Return the values of a row without a face that are not 0.

    Parameters
    ----------
    camera : Camera
        Camera of the frames; of an input without any, it has no focal length.
    pdm : PointDistributionModel or None
        The 68-point shape model; without it 3D landmarks are 0.

    Returns
    -------
    mapping of str to float
        By column. Head position and 3D points of the eyes are left at 0, where the program writes
        what its solver makes of no points, and the mean shape of its eye models.

    References
    ----------
    ``GetShape`` of ``LandmarkDetectorFunc``, OpenFace 2.2.
    """
    values = {"p_scale": 1.0}
    if pdm is None or not camera.fx_px:
        return values
    depths = camera.fx_px + pdm.mean_mm.astype(np.float64).reshape(3, -1)[2]
    for point, depth in enumerate(depths):
        values[f"X_{point}"] = -depth * camera.cx_px / camera.fx_px
        values[f"Y_{point}"] = -depth * camera.cy_px / camera.fy_px
        values[f"Z_{point}"] = depth
    return values
