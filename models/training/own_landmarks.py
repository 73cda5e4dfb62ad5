"""What the embedded detector and landmark network find on the training photographs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.locate import find_landmark_spec
from models.training.photographs import Photograph, read_photographs
from openface_core.detection import RetinaFaceDetector, select_face
from openface_core.errors import ModelFileError
from openface_core.face_tracking import FaceRefinementSettings
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

SETS = ("helen_train", "expressions")
"""Sets of photographs that shape and action units are learned from; the first is annotated."""


def read_training_photographs(faces_folder: Path) -> tuple[Photograph, ...]:
    """List the photographs of :data:`SETS`; raises as ``read_photographs``."""
    return sum((read_photographs(faces_folder, name) for name in SETS), start=())


REFINEMENT = FaceRefinementSettings(
    windows_px=(7, 5),
    first_windows_px=(7, 5),
    regularisation=15.0,
    follow_network=True,
    network_share=0.4,
)
"""How the preset ``embedded`` refines."""


@dataclass(frozen=True, eq=False)
class OwnModels:
    """The embedded detector and landmark network.

    Parameters
    ----------
    detector : RetinaFaceDetector
        Finds the face.
    network : LandmarkNetwork
        Finds its points.
    key : str
        Names both by the hash of their files.
    """

    detector: RetinaFaceDetector
    network: LandmarkNetwork
    key: str

    @classmethod
    def load(cls, folder: Path) -> "OwnModels":
        """Load the models of a folder.

        Parameters
        ----------
        folder : Path
            Holds ``detector.onnx`` and ``landmarks.onnx``.

        Raises
        ------
        ModelFileError
            If one is missing or damaged.
        """
        spec = load_landmark_spec(find_landmark_spec("embedded68"))
        digest = hashlib.sha256(repr(spec).encode())
        paths = [folder / "detector.onnx", folder / "landmarks.onnx"]
        for path in paths:
            if not path.is_file():
                raise ModelFileError(
                    path, "model file not found", f"Train it first: the part {path.stem!r}."
                )
            digest.update(path.read_bytes())
        return cls(
            RetinaFaceDetector(paths[0]), LandmarkNetwork(spec, paths[1]), digest.hexdigest()[:16]
        )

    def landmarks(self, image_bgr: UInt8Array) -> Float32Array | None:
        """Return the points of the largest face, (68, 2) in pixels; None without a face."""
        faces = self.detector.detect(image_bgr)
        chosen = select_face(faces)
        if chosen is None:
            return None
        found = self.network.locate(image_bgr, faces.boxes[chosen], faces.five_points[chosen])
        return None if found is None else found.landmarks
