"""Training of the patch experts, which refine the landmark network's points.

:mod:`faces` chooses photographs and labels, :mod:`squares` cuts what experts see, :mod:`networks`
and :mod:`training` are the learning itself, and :mod:`files` writes the experts.
"""

from models.training.patch_experts.train import train_patch_experts

__all__ = ["train_patch_experts"]
