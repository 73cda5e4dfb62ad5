"""Component 5: the face brought to a standard pose and size, everything but the face blackened.

:mod:`~openface_core.alignment.similarity` finds the transform, :mod:`~openface_core.alignment.warp`
applies it, :mod:`~openface_core.alignment.face_mask` says which pixels are face.
"""

from openface_core.alignment.aligner import AlignedFace, FaceAligner
from openface_core.alignment.face_mask import apply_mask, mask_of_aligned_face
from openface_core.alignment.similarity import ALIGNED_SIZE_PX, SCALE_PX_PER_MM, warp_matrix
from openface_core.alignment.warp import warp_affine

__all__ = [
    "ALIGNED_SIZE_PX",
    "SCALE_PX_PER_MM",
    "AlignedFace",
    "FaceAligner",
    "apply_mask",
    "mask_of_aligned_face",
    "warp_affine",
    "warp_matrix",
]
