"""What the embedded detector and landmark network find on the training photographs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.in_threads import in_threads
from models.training.photographs import LANDMARKS, Photograph, read_photographs
from openface_core.detection import RetinaFaceDetector, select_face
from openface_core.errors import InputError, ModelFileError
from openface_core.landmarks import LandmarkNetwork, LandmarkSpec

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

BORDER_SHARE = 1.0 / 6.0
"""Photographs get a border of this share of their longer side: many end at the face."""


SETS = ("helen_train", "expressions")
"""Sets of photographs that shape and action units are learned from; the first is annotated."""


def read_training_photographs(faces_folder: Path) -> tuple[Photograph, ...]:
    """List the photographs of :data:`SETS`; raises as ``read_photographs``."""
    return sum((read_photographs(faces_folder, name) for name in SETS), start=())


def read_photograph(photograph: Photograph) -> tuple[UInt8Array, int]:
    """Return a photograph with a border, and the width of that.

    Returns
    -------
    (H, W, 3) ndarray of uint8
        BGR; the border repeats the pixels at the edges.
    int
        Pixels that were added on each side.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    image = cv2.imread(str(photograph.path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(photograph.path, "cannot be read as a picture", "Restore the file.")
    border = round(BORDER_SHARE * max(image.shape[:2]))
    sides = (border,) * 4
    return cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE).astype(np.uint8), border


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
    def load(cls, folder: Path, spec: LandmarkSpec) -> "OwnModels":
        """Load the models of a folder.

        Parameters
        ----------
        folder : Path
            Holds ``detector.onnx`` and ``landmarks.onnx``.
        spec : LandmarkSpec
            Describes the landmark network.

        Raises
        ------
        ModelFileError
            If one is missing or damaged.
        """
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


def find_own_landmarks(
    photographs: tuple[Photograph, ...], models: OwnModels, cache: Path, threads: int = 1
) -> Float32Array:
    """Return the embedded network's points on photographs.

    Parameters
    ----------
    photographs : tuple of Photograph
        The photographs.
    models : OwnModels
        Detector and network.
    cache : Path
        Folder in which the points are kept for the next time.
    threads : int
        Photographs seen at a time.

    Returns
    -------
    (n, 68, 2) ndarray of float32
        Pixels of the photographs without border; NaN where no face was found.
    """
    path = cache / f"own_landmarks_{models.key}_{len(photographs)}.npy"
    if path.exists():
        return np.asarray(np.load(path, allow_pickle=False))
    points = np.full((len(photographs), LANDMARKS, 2), np.nan, dtype=np.float32)

    def fill(index: int) -> None:
        image, border = read_photograph(photographs[index])
        found = models.landmarks(image)
        if found is not None:
            points[index] = found - border

    in_threads(fill, range(len(photographs)), threads)
    np.save(path, points)
    return points
