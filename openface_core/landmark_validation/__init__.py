"""OpenFace's landmark detection validator: how far landmarks can be trusted.

The face between the landmarks is brought to a standard shape
(:mod:`~openface_core.landmark_validation.piecewise_affine`), and a small network that has seen good
and bad landmarks (:mod:`~openface_core.landmark_validation.network`) says how good they are.
:mod:`~openface_core.landmark_validation.model` holds what the model file does, and
:mod:`~openface_core.landmark_validation.validator` gives the confidence.
"""

from openface_core.landmark_validation.model import LandmarkValidationModel, ValidationView
from openface_core.landmark_validation.network import (
    ConvolutionLayer,
    DenseLayer,
    ValidationNetwork,
)
from openface_core.landmark_validation.piecewise_affine import PiecewiseAffineWarp
from openface_core.landmark_validation.validator import LandmarkValidator

__all__ = [
    "ConvolutionLayer",
    "DenseLayer",
    "LandmarkValidationModel",
    "LandmarkValidator",
    "PiecewiseAffineWarp",
    "ValidationNetwork",
    "ValidationView",
]
