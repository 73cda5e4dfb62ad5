"""What measures the eyes of a face that is placed before the camera: there are two ways."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openface_core.eyes.eye_measurement import EyeMeasurement, measure_eyes
from openface_core.eyes.eye_network import EyeNetwork
from openface_core.eyes.fitted_eyes import FittedEyes
from openface_core.eyes.seen_eyes import measure_seen_eyes
from openface_core.partial_pictures import AnyPicture
from openface_core.shape import Camera, HeadPose
from openface_core.watch import NO_WATCH, Step, Watch

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PlacedFace:
    """A face of a frame whose pose is known.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The upright frame.
    landmarks : (68, 2) ndarray of float32
        Its landmarks, pixels.
    scale_px_per_mm : float
        Scale of its shape in the frame.
    landmarks_3d_mm : (68, 3) ndarray of float32
        Its landmarks in camera coordinates.
    pose : HeadPose
        Pose of the head.
    camera : Camera
        The camera of the frame.
    fitted_eyes : FittedEyes or None
        Its eyes, where patch experts fitted them when the face was followed.
    """

    image_bgr: AnyPicture
    landmarks: Float32Array
    scale_px_per_mm: float
    landmarks_3d_mm: Float32Array
    pose: HeadPose
    camera: Camera
    fitted_eyes: FittedEyes | None


class EyeMeasurer(Protocol):
    """Measures eyes; keeps no state, and may be used by several threads at once."""

    def measure(self, face: PlacedFace, watch: Watch = NO_WATCH) -> EyeMeasurement | None:
        """Return the eyes of a face; None where they cannot be measured. The watch is told."""


class FittedEyeMeasurer:
    """Takes the eyes that patch experts fitted."""

    def measure(self, face: PlacedFace, watch: Watch = NO_WATCH) -> EyeMeasurement | None:
        """Return the eyes of a face; None where none were fitted."""
        if face.fitted_eyes is None:
            return None
        with watch.time(Step.GAZE):
            return measure_eyes(face.fitted_eyes, face.landmarks_3d_mm, face.pose, face.camera)


class NetworkEyeMeasurer:
    """Looks at the eyes with a network.

    Parameters
    ----------
    network : EyeNetwork
        The network.
    """

    def __init__(self, network: EyeNetwork) -> None:
        self.network = network

    def measure(self, face: PlacedFace, watch: Watch = NO_WATCH) -> EyeMeasurement | None:
        """Return the eyes of a face; None where the network cannot look at them."""
        with watch.time(Step.GAZE):
            seen = self.network.find(face.image_bgr, face.landmarks, face.scale_px_per_mm)
            if seen is None:
                return None
            return measure_seen_eyes(seen, face.landmarks_3d_mm, face.pose, face.camera)
