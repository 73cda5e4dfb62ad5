"""What the embedded detector and landmark network find on the training photographs."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.locate import find_landmark_spec
from models.training.photographs import Photograph, read_photographs
from openface_core.detection import RetinaFaceDetector, select_face
from openface_core.errors import ModelFileError
from openface_core.face_tracking import FaceRefinement, FaceRefinementSettings
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from openface_core.refinement.grey import grey_from_bgr
from openface_core.shape import ShapeFit

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

FIRST_NETWORK, NETWORK = "embedded68", "embedded68_openface"
"""Specifications of the landmark networks: the one that sees points where people mark them, and
that of the preset ``embedded``, which sees them where OpenFace's detector does."""

SETS = ("helen_train", "expressions")
"""Sets of photographs that most models are learned from; the first is annotated."""


SETS_WITH_VIDEOS = (*SETS, "ytf68")
"""And one that shows people in several moments of a video: for action units, and for
:data:`NETWORK`, whose labels need no annotation."""


TURNED = "aflw2000_3d"
"""Set of faces of strong poses, for patch experts and the confidence. For the latter, those whose
annotation is exact are kept for tests of pose."""


def read_training_photographs(
    faces_folder: Path, sets: Sequence[str] = SETS
) -> tuple[Photograph, ...]:
    """List the photographs of sets; raises as ``read_photographs``."""
    return sum((read_photographs(faces_folder, name) for name in sets), start=())


REFINEMENT = FaceRefinementSettings(
    windows_px=(9, 7), first_windows_px=(11, 9), iterations=3, place_independent=False
)
"""How the preset ``embedded`` refines."""


def followed(refinement: FaceRefinement, image_bgr: UInt8Array, fit: ShapeFit) -> ShapeFit:
    """Return a face's fit after the patch experts: as of one that is found, and then followed.

    Parameters
    ----------
    refinement : FaceRefinement
        The patch experts.
    image_bgr : (H, W, 3) ndarray of uint8
        A picture.
    fit : ShapeFit
        Where the face about is; returned where no expert sees it.
    """
    grey = grey_from_bgr(image_bgr)
    for refiner in (refinement.detected, refinement.following):
        refined = refiner.refine(grey, fit).face
        if refined.is_fitted:
            fit = refined.fit
    return fit


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
    def load(cls, folder: Path, network: str = NETWORK) -> "OwnModels":
        """Load the models of a folder.

        Parameters
        ----------
        folder : Path
            Holds ``detector.onnx`` and the network.
        network : str
            Specification of the landmark network.

        Raises
        ------
        ModelFileError
            If one is missing or damaged.
        """
        spec = load_landmark_spec(find_landmark_spec(network))
        digest = hashlib.sha256(repr(spec).encode())
        paths = [folder / "detector.onnx", folder / spec.model]
        for path, part in zip(paths, ("detector", "landmarks"), strict=True):
            if not path.is_file():
                raise ModelFileError(
                    path, "model file not found", f"Train it first: the part {part!r}."
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
