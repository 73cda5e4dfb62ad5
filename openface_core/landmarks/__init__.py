"""Component 2: where the 68 landmarks of a face are.

:class:`LandmarkNetwork` runs any ONNX landmark network that a :class:`LandmarkSpec` describes.
"""

from openface_core.landmarks.network import LandmarkNetwork, LandmarkResult
from openface_core.landmarks.settling import settled
from openface_core.landmarks.spec import LandmarkSpec, load_landmark_spec

__all__ = ["LandmarkNetwork", "LandmarkResult", "LandmarkSpec", "load_landmark_spec", "settled"]
