"""A shape model in the teacher's terms: its unit, and the mean that its fits are drawn towards.

Regularised fits lie between what the picture shows and the model's mean. The mean of many faces is
not the one that the teacher's model has: with it, the same patch experts settle elsewhere. Where
they settle says which mean makes up for it, on average over many photographs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.training.photographs import Photograph, read_picture
from models.training.settling import Settling
from models.training.shape.standard_frame import across_face
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.patch_experts import PatchExperts
from openface_core.shape import PointDistributionModel, calc_params

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_VARIANCES = 2.5
"""Factor of the shape model's variances where patch experts refine here."""

_ROUNDS = 4
_GAIN = 1.5
"""A fit follows the mean by less than the whole way."""


@dataclass(frozen=True, eq=False)
class TaughtFace:
    """A face whose landmarks are known by the teacher.

    Parameters
    ----------
    photograph : Photograph
        The photograph.
    found_px, taught_px : (68, 2) ndarray of float32
        What the landmark network and the teacher see, pixels.
    """

    photograph: Photograph
    found_px: Float32Array
    taught_px: Float32Array


def in_unit_of(
    pdm: PointDistributionModel,
    teacher: PointDistributionModel,
    points_px: NDArray[np.floating],
) -> PointDistributionModel:
    """Return a shape model whose millimetres are the teacher's.

    Parameters
    ----------
    pdm, teacher : PointDistributionModel
        The two shape models.
    points_px : (n, 68, 2) ndarray
        Faces, which both then fit at the same scale, in the median.
    """
    ratios = [
        calc_params(pdm, face).scale_px_per_mm / calc_params(teacher, face).scale_px_per_mm
        for face in points_px.astype(np.float32)
    ]
    factor = float(np.median(ratios))
    return replace(
        pdm,
        mean_mm=(factor * pdm.mean_mm).astype(np.float32),
        eigenvalues=(factor**2 * pdm.eigenvalues).astype(np.float32),
    )


def with_settled_mean(
    pdm: PointDistributionModel,
    experts: Sequence[PatchExperts],
    faces: Sequence[TaughtFace],
    report: Callable[[str], None] = lambda _line: None,
) -> PointDistributionModel:
    """Return a shape model with the mean that brings refined faces to the taught ones.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model.
    experts : sequence of PatchExperts
        The teacher's, by scale.
    faces : sequence of TaughtFace
        Faces to try it on.
    report : callable
        Is told how it goes.

    Raises
    ------
    InputError
        If a photograph cannot be read.
    """
    pictures = [grey_from_bgr(read_picture(face.photograph)) for face in faces]
    for number in range(_ROUNDS):
        stiff = replace(pdm, eigenvalues=(_VARIANCES * pdm.eigenvalues).astype(np.float32))
        settling = Settling(stiff, experts)
        off: list[Float64Array] = []
        for face, grey in zip(faces, pictures, strict=True):
            fit = settling.fit(grey, face.found_px, 1)
            if fit is not None:
                wanted = calc_params(pdm, face.taught_px).shape_parameters
                off.append(wanted.astype(np.float64) - fit.shape_parameters)
        shift = _symmetric(pdm, pdm.components_mm.astype(np.float64) @ np.median(off, axis=0))
        report(f"round {number + 1}: mean off by {np.linalg.norm(shift):.2f} mm over all points")
        pdm = replace(pdm, mean_mm=(pdm.mean_mm + _GAIN * shift).astype(np.float32))
    return pdm


def _symmetric(pdm: PointDistributionModel, shift_mm: Float64Array) -> Float64Array:
    """Return a shift (3 * n,) without what would tell the mean from its mirror image.

    The mean's own plane of symmetry is that of the shape model, which may look a little aside.
    """
    normal = across_face(pdm.mean_mm.reshape(3, -1).astype(np.float64))
    shift = shift_mm.reshape(3, -1)
    mirrored = shift[:, MIRRORED_ORDER]
    mirrored = mirrored - 2.0 * normal[:, None] * (normal @ mirrored)
    return np.asarray((shift + mirrored) / 2.0).ravel()
