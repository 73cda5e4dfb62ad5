"""OpenFace's landmark detection validator: how far landmarks can be trusted.

The face between the landmarks is brought to a standard shape
(:mod:`~openface_core.landmark_confidence.piecewise_affine`), and a small network that has seen good
and bad landmarks (:mod:`~openface_core.landmark_confidence.network`) says how good they are.
:mod:`~openface_core.landmark_confidence.model` holds what the model file does, and
:mod:`~openface_core.landmark_confidence.validator` gives the confidence.
"""

from openface_core.landmark_confidence.model import LandmarkValidationModel, ValidationView
from openface_core.landmark_confidence.network import (
    ConvolutionLayer,
    DenseLayer,
    ValidationNetwork,
)
from openface_core.landmark_confidence.piecewise_affine import PiecewiseAffineWarp
from openface_core.landmark_confidence.validator import LandmarkValidator

__all__ = [
    "ConvolutionLayer",
    "DenseLayer",
    "LandmarkValidationModel",
    "LandmarkValidator",
    "PiecewiseAffineWarp",
    "ValidationNetwork",
    "ValidationView",
]
