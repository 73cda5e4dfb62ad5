"""Aligned faces and their descriptors once more, from the landmarks and the fit in a table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import (
    ALIGNED_SIZE_PX,
    SCALE_PX_PER_MM,
    AlignedFace,
    apply_mask,
    mask_of_aligned_face,
    warp_affine,
    warp_matrix,
)
from openface_core.exports.rows import Rows
from openface_core.faces import FaceInPlace, FaceMeter
from openface_core.partial_pictures import AnyPicture

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class AlignedForm:
    """What an aligned face looks like.

    Parameters
    ----------
    size_px : int
        Side of the picture.
    scale_px_per_mm : float
        Scale of the mean shape in it.
    masked : bool
        Whether all but the face is black.
    grey : bool
        Whether it is without colours.
    """

    size_px: int = ALIGNED_SIZE_PX
    scale_px_per_mm: float = SCALE_PX_PER_MM
    masked: bool = True
    grey: bool = False


STANDARD = AlignedForm()
"""The form that descriptors are computed of."""


class FacePictures:
    """Aligns faces as the analysis did.

    Parameters
    ----------
    meter : FaceMeter
        What measures them. Unless it fits anew, the fit is the table's.
    """

    def __init__(self, meter: FaceMeter) -> None:
        self.meter = meter

    def aligned(
        self, rows: Rows, row: int, image: AnyPicture, form: AlignedForm = STANDARD
    ) -> AlignedFace:
        """Return the aligned face of a row.

        Parameters
        ----------
        rows : Rows
            The rows of a frame.
        row : int
            Which of them.
        image : (H, W, 3) ndarray of uint8, or PartialPicture
            The frame, BGR.
        form : AlignedForm
            What it is to look like.
        """
        face = self.meter.in_place(image, rows.landmarks(row))
        matrix = self._matrix(rows, row, face, form)
        if form.masked:
            return face.of_frame(self._masked(face, matrix, form))
        # What is around the face may reach beyond its surroundings.
        transform = face.transform_of_frame(matrix)
        return AlignedFace(transform, warp_affine(image, transform, form.size_px))

    def descriptor(self, rows: Rows, row: int, image: AnyPicture) -> Float32Array:
        """Return the appearance descriptor of a row's face, (4464,); see :meth:`aligned`."""
        face = self.meter.in_place(image, rows.landmarks(row))
        aligned = self._masked(face, self._matrix(rows, row, face, STANDARD), STANDARD)
        return self.meter.appearance(face.frame, face.landmarks, aligned)

    def _matrix(self, rows: Rows, row: int, face: FaceInPlace, form: AlignedForm) -> Float32Array:
        """Return the transform of a face to an aligned face, (2, 3)."""
        pdm = self.meter.pdm
        known = face.moved(rows.fit(row, pdm.mode_count))
        fit = self.meter.fit(face, known if known.is_finite else None)
        return warp_matrix(
            face.landmarks, fit.translation_px, pdm.mean_mm, form.size_px, form.scale_px_per_mm
        )

    def _masked(self, face: FaceInPlace, matrix: Float32Array, form: AlignedForm) -> AlignedFace:
        aligned = warp_affine(face.frame, matrix, form.size_px)
        raised_by_px = 30.0 / 0.7 * form.scale_px_per_mm
        mask = mask_of_aligned_face(
            face.landmarks, matrix, self.meter.aligner.triangles, form.size_px, raised_by_px
        )
        apply_mask(aligned, mask, aligned)
        return AlignedFace(matrix, aligned)
