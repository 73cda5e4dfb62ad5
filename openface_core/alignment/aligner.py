"""The three steps of alignment in one call."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment.face_mask import RAISED_BY_PX, mask_into
from openface_core.alignment.similarity import ALIGNED_SIZE_PX, warp_matrix
from openface_core.alignment.warp import source_box, warp_into
from openface_core.kernel import kernel
from openface_core.partial_pictures import AnyPicture, pixels_within


@kernel
def warp_masked(
    frame: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    matrix: NDArray[np.float32],
    triangles: NDArray[np.int32],
    out: NDArray[np.uint8],
) -> None:
    """Write the warped and masked face (h, h, 3); see :meth:`FaceAligner.warp`."""
    mask = np.empty(out.shape[:2], dtype=np.uint8)
    mask_into(landmarks, matrix, triangles, RAISED_BY_PX, mask)
    warp_into(frame, matrix, mask, out)


@dataclass(frozen=True, eq=False)
class AlignedFace:
    """A face brought to the standard pose and size.

    Parameters
    ----------
    matrix : (2, 3) ndarray of float32
        Forward transform, pixels of the frame to pixels of the aligned face.
    image : (112, 112, 3) ndarray of uint8
        BGR, black outside of the mask.
    """

    matrix: NDArray[np.float32]
    image: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class FaceAligner:
    """Aligns and masks faces.

    Parameters
    ----------
    mean_mm : (204,) ndarray of float32
        Mean shape of the PDM.
    triangles : (t, 3) ndarray of int32
        Triangulation of the face mask.
    """

    mean_mm: NDArray[np.float32]
    triangles: NDArray[np.int32]

    def align(
        self,
        frame: AnyPicture,
        landmarks: NDArray[np.float32],
        translation_px: NDArray[np.float32],
    ) -> AlignedFace:
        """Align one face.

        Parameters
        ----------
        frame : (H, W, 3) ndarray of uint8, or PartialPicture
            BGR frame.
        landmarks : (68, 2) ndarray of float32
            Detected landmarks, pixels.
        translation_px : (2,) ndarray of float32
            Image position of the fitted model's origin.

        Returns
        -------
        AlignedFace
            The transform and the masked face.
        """
        matrix = warp_matrix(landmarks, translation_px, self.mean_mm)
        return AlignedFace(matrix, self.warp(frame, landmarks, matrix))

    def warp(
        self,
        frame: AnyPicture,
        landmarks: NDArray[np.float32],
        matrix: NDArray[np.float32],
    ) -> NDArray[np.uint8]:
        """Warp and mask one face by a given transform.

        Parameters
        ----------
        frame : (H, W, 3) ndarray of uint8, or PartialPicture
            BGR frame.
        landmarks : (68, 2) ndarray of float32
            Detected landmarks, pixels.
        matrix : (2, 3) ndarray of float32
            Forward transform, frame to aligned face.

        Returns
        -------
        (112, 112, 3) ndarray of uint8
            BGR, black outside of the mask.
        """
        image = np.empty((ALIGNED_SIZE_PX, ALIGNED_SIZE_PX, 3), dtype=np.uint8)
        pixels = pixels_within(frame, *source_box(matrix, ALIGNED_SIZE_PX))
        warp_masked(pixels, landmarks, matrix, self.triangles, image)
        return image
