"""Errors of landmarks on annotated photographs: of networks alone, on the shape model, refined.

The detector's box that fits the annotated face best goes to the network; its points are fitted to
the shape model, and refined from there as a run refines a face that was detected anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.annotated_faces import AnnotatedFace
from openface_core.detection import FaceDetector
from openface_core.face_tracking import FaceTrackingModels
from openface_core.landmarks import LandmarkNetwork
from openface_core.refinement import grey_from_bgr
from openface_core.shape import calc_params, project_shape

NETWORK, FITTED = "network", "on the shape model"

LEAST_OVERLAP = 0.3
"""A face is found if a detected box and that of its landmarks have this intersection over union."""

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class Errors:
    """Errors of one kind of landmarks on the faces of a set, each a mean over 68 points.

    Parameters
    ----------
    of_outer_corners, of_eye_centres : (n,) ndarray of float64
        Over the distance of the outer eye corners, and of the centres of the eyes.
    """

    of_outer_corners: NDArray[np.float64]
    of_eye_centres: NDArray[np.float64]


@dataclass(frozen=True)
class SetAccuracy:
    """What one network does on one set.

    Parameters
    ----------
    faces, found : int
        Faces of the set, and those of them that the detector and the network found.
    errors : dict of str to Errors
        By kind of landmarks: the network's, fitted to the shape model, refined by each preset.
    """

    faces: int
    found: int
    errors: dict[str, Errors]


def kinds_of_landmarks(
    face: AnnotatedFace, points: Float32Array, presets: dict[str, FaceTrackingModels]
) -> Iterator[tuple[str, Float32Array]]:
    """Yield a network's points of a face, and what becomes of them, by kind."""
    yield NETWORK, points
    pdm = next(iter(presets.values())).pdm
    start = calc_params(pdm, points)
    fitted = project_shape(pdm, start)
    yield FITTED, fitted
    grey = grey_from_bgr(face.image)
    for name, models in presets.items():
        if models.refinement is not None:
            refined = models.refinement.first.refine(grey, start).face
            # Where the face is too small for the experts, a run goes on with the fitted points.
            found = refined.landmarks if refined.is_fitted else fitted
            if refined.is_fitted and models.refinement.follows_network:
                mixed = models.refinement.agreed(found, points).astype(np.float32)
                found = project_shape(models.pdm, calc_params(models.pdm, mixed))
            yield f"refined, {name}", found


def measure(
    faces: Sequence[AnnotatedFace],
    detector: FaceDetector,
    network: LandmarkNetwork,
    presets: dict[str, FaceTrackingModels],
) -> SetAccuracy:
    """Return how far the landmarks of faces are from the annotated ones."""
    distances: dict[str, list[tuple[float, float]]] = defaultdict(list)
    found = 0
    for face in faces:
        detections = detector.detect(face.image)
        if not len(detections):
            continue
        best = face.best(detections)
        if face.overlap(detections.boxes[best]) < LEAST_OVERLAP:
            continue
        result = network.locate(face.image, detections.boxes[best], detections.five_points[best])
        if result is None:
            continue
        found += 1
        for kind, landmarks in kinds_of_landmarks(face, result.landmarks, presets):
            px = face.mean_distance_px(landmarks)
            distances[kind].append((px / face.outer_eye_corners_px, px / face.eye_centres_px))
    errors = {kind: Errors(*np.array(pairs).T) for kind, pairs in distances.items()}
    return SetAccuracy(len(faces), found, errors)


def table_lines(name: str, network: str, found: SetAccuracy) -> Iterator[str]:
    """Yield the Markdown rows of one network on one set."""
    share = f"{found.found} of {found.faces}"
    for kind, errors in found.errors.items():
        cells = [
            f"{100 * function(values):.2f}"
            for values in (errors.of_outer_corners, errors.of_eye_centres)
            for function in (np.mean, np.median)
        ]
        yield f"| {name} | `{network}` | {share} | {kind} | " + " | ".join(cells) + " |"
