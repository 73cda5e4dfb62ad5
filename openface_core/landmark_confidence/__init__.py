"""How far landmarks can be trusted: OpenFace's validator, and a network of this project's own.

In OpenFace's, the face between the landmarks is brought to a standard shape
(:mod:`~openface_core.landmark_confidence.piecewise_affine`), and a small network that has seen good
and bad landmarks (:mod:`~openface_core.landmark_confidence.network`) says how good they are.
:mod:`~openface_core.landmark_confidence.model` holds what the model file does, and
:mod:`~openface_core.landmark_confidence.validator` gives the confidence. This project's own is
:mod:`~openface_core.landmark_confidence.judge`.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openface_core.landmark_confidence.judge import LandmarkJudge
from openface_core.landmark_confidence.model import LandmarkValidationModel, ValidationView
from openface_core.landmark_confidence.network import (
    ConvolutionLayer,
    DenseLayer,
    ValidationNetwork,
)
from openface_core.landmark_confidence.piecewise_affine import AnyGrey, PiecewiseAffineWarp
from openface_core.landmark_confidence.validator import LandmarkValidator


class ConfidenceModel(Protocol):
    """Says how far a face's landmarks can be trusted; keeps no state."""

    def confidence(
        self, grey: AnyGrey, landmarks: NDArray[np.floating], rotation_radians: NDArray[np.floating]
    ) -> float:
        """Return the confidence, 0 to 1, of landmarks (68, 2) in a grey frame (H, W)."""


__all__ = [
    "ConfidenceModel",
    "ConvolutionLayer",
    "DenseLayer",
    "LandmarkJudge",
    "LandmarkValidationModel",
    "LandmarkValidator",
    "PiecewiseAffineWarp",
    "ValidationNetwork",
    "ValidationView",
]
