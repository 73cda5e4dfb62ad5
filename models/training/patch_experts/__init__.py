"""Training of the patch experts, which follow a face.

:mod:`faces` and :mod:`eyes` say where photographs have faces and eyes, :mod:`squares` cuts what
experts see and has the teacher's answers to it, in the head orientations of :mod:`views` and with
pictures worsened by :mod:`models.training.degradation`; :mod:`networks` and :mod:`training` are the
learning itself, and :mod:`files` writes the experts.
"""

from models.training.patch_experts.train import train_patch_experts

__all__ = ["train_patch_experts"]
