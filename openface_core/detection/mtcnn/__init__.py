"""OpenFace's own face detector: a cascade of three small networks (MTCNN).

:mod:`~openface_core.detection.mtcnn.layers` has what the networks are made of,
:mod:`~openface_core.detection.mtcnn.sampling` cuts their pictures from a frame,
:mod:`~openface_core.detection.mtcnn.boxes` turns answers into boxes, and
:mod:`~openface_core.detection.mtcnn.detector` runs the cascade.
"""

from openface_core.detection.mtcnn.detector import MtcnnDetector, MtcnnNetworks
from openface_core.detection.mtcnn.layers import (
    Convolution,
    Dense,
    LayeredNetwork,
    MaxPooling,
    ParametricRelu,
)

__all__ = [
    "Convolution",
    "Dense",
    "LayeredNetwork",
    "MaxPooling",
    "MtcnnDetector",
    "MtcnnNetworks",
    "ParametricRelu",
]
