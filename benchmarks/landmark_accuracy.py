"""Accuracy of landmarks on annotated photographs: of networks alone, on the shape model, refined.

Every network whose specification and weights are there is measured. The detector's box that fits
the annotated face best goes to the network; its points are fitted to the shape model, and refined
from there as a run refines a face that was detected anew.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.annotated_faces import AnnotatedFace, annotated_faces
from models import locate_models, models_folder
from models.locate import SPECS_FOLDER
from openface_core.analysis.engine import load_engine
from openface_core.analysis.settings import RunSettings
from openface_core.detection import RetinaFaceDetector
from openface_core.errors import ModelFileError
from openface_core.face_tracking import FaceTrackingModels
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from openface_core.refinement import grey_from_bgr
from openface_core.shape import calc_params, project_shape
from pipelines.configuration.config_file import load_settings

SETS = ("helen_test", "afw")
CONFIGS = ("default", "openface22")
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
            yield f"refined, {name}", refined.landmarks if refined.is_fitted else fitted


def measure(
    faces: Sequence[AnnotatedFace],
    detector: RetinaFaceDetector,
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


def load_networks(
    root: Path, names: Sequence[str], settings: RunSettings
) -> dict[str, LandmarkNetwork]:
    """Return the networks whose weights are in a models folder, by name; say which are not."""
    networks: dict[str, LandmarkNetwork] = {}
    for name in names:
        try:
            files = locate_models(root, replace(settings.models, landmarks=name))
        except ModelFileError as error:
            sys.stderr.write(f"{name} is left out: {error}\n")
            continue
        assert files.landmark_spec is not None
        assert files.landmark_network is not None
        spec = load_landmark_spec(files.landmark_spec)
        networks[spec.name] = LandmarkNetwork(spec, files.landmark_network, settings.onnxruntime)
    return networks


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


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.landmark_accuracy")
    result.add_argument(
        "--faces",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with <set>.npz (names, landmarks) and <set>/<name>.jpg",
    )
    result.add_argument(
        "--sets", nargs="+", default=SETS, metavar="SET", help="default: %(default)s"
    )
    result.add_argument("--models", metavar="DIR", help="models folder or pack")
    result.add_argument(
        "--networks",
        nargs="+",
        metavar="NAME",
        help="landmark specifications; default: all of this program whose weights are there",
    )
    result.add_argument(
        "--config",
        nargs="+",
        default=CONFIGS,
        metavar="NAME",
        help="presets or TOML files that say how landmarks are refined; the first one also names "
        "the detector (default: %(default)s)",
    )
    result.add_argument("--step", type=int, default=1, metavar="N", help="every Nth face only")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a Markdown table."""
    arguments = parser().parse_args(argv)
    root = models_folder(arguments.models)
    presets: dict[str, FaceTrackingModels] = {}
    for config in arguments.config:
        settings = load_settings(config)
        loaded = load_engine(locate_models(root, settings.models), settings).faces
        assert loaded is not None
        presets[settings.name] = loaded
    names = arguments.networks or sorted(path.stem for path in SPECS_FOLDER.glob("*.toml"))
    networks = load_networks(root, names, load_settings(arguments.config[0]))
    print(
        "| faces | network | found | landmarks | corners: mean | median | centres: mean | median |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.sets:
        faces = list(annotated_faces(arguments.faces, name, arguments.step))
        for network_name, network in networks.items():
            detector = next(iter(presets.values())).detector
            found = measure(faces, detector, network, presets)
            print("\n".join(table_lines(name, network_name, found)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
