"""Time per frame of components 3 to 10, of the landmarks' validation and of the eyes.

Beside them stands one forward pass of a landmark network: the ratio to it, timed in the same rounds
on the same thread, is what can be compared between machines.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from benchmarks.reference_pass import REFERENCE_NETWORK, find_network, reference_pass
from benchmarks.timing import Measurement, Operation, measure
from benchmarks.whole_runs import processor
from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.static import weigh_descriptor
from openface_core.alignment import FaceAligner
from openface_core.eyes import EYE_PARTS, EyeFitter, measure_eyes
from openface_core.fhog import fhog
from openface_core.geometry import geometry_descriptor
from openface_core.landmark_confidence import LandmarkValidator
from openface_core.media import open_media
from openface_core.model_files import (
    read_action_unit_models,
    read_face_landmark_model,
    read_landmark_validator,
    read_pdm,
    read_triangulation,
)
from openface_core.refinement import (
    TRACKING,
    FaceLandmarkModel,
    FaceRefiner,
    RefinementSettings,
    grey_from_bgr,
)
from openface_core.running_medians import DescriptorMedians
from openface_core.shape import (
    Camera,
    ShapeFit,
    calc_params,
    head_pose,
    landmarks_in_camera_mm,
)
from openface_core.shift_averaging import shift_averaged_fhog

REFERENCE_OPERATION = f"{REFERENCE_NETWORK}, one pass"

TARGETS_MS = {
    "landmark refinement, scale 0.5": 4.2,
    "landmark validation": 0.38,
    "both eyes": 2.05,
    "CalcParams": 0.35,
    "alignment and mask": 0.25,
    "FHOG": 0.16,
    "running medians": 0.25,
    "35 predictors": 0.05,
}


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything that the components take, in memory.

    Parameters
    ----------
    landmarks : (n, 68, 2) ndarray of float32
        Landmarks of every frame, pixels.
    frames : list of (H, W, 3) ndarray of uint8
        The frames.
    """

    landmarks: NDArray[np.float32]
    frames: list[NDArray[np.uint8]]


def read_inputs(reference: Path) -> Inputs:
    """Return the landmarks and frames of subj01."""
    with np.load(reference / "golden" / "subj01" / "calcparams.npz") as archive:
        flat = archive["landmarks_in"]
    with open_media(str(reference / "videos" / "subj01.mp4")) as media:
        frames = [frame.image for frame in media]
    landmarks = np.ascontiguousarray(flat.reshape(-1, 2, 68).transpose(0, 2, 1))
    return Inputs(landmarks, frames)


def operations(reference: Path, inputs: Inputs) -> dict[str, Operation]:
    """Return what is timed; every input is computed beforehand."""
    folder = reference / "openface" / "AU_predictors"
    pdm = read_pdm(folder / "In-the-wild_aligned_PDM_68.txt", 68)
    aligner = FaceAligner(pdm.mean_mm, read_triangulation(folder / "tris_68_full.txt", 68))
    models = read_action_unit_models(folder / "AU_all_best.txt")
    camera = Camera.from_frame_size(inputs.frames[0].shape[1], inputs.frames[0].shape[0])
    landmarks, frames, n = inputs.landmarks, inputs.frames, len(inputs.frames)
    fits = [calc_params(pdm, points) for points in landmarks]
    aligned = [
        aligner.align(frame, points, fit.translation_px)
        for frame, points, fit in zip(frames, landmarks, fits, strict=True)
    ]
    descriptors = [fhog(face.image).ravel() for face in aligned]
    geometry = [geometry_descriptor(pdm, fit.shape_parameters) for fit in fits]
    medians = DescriptorMedians()
    for appearance, shape in zip(descriptors, geometry, strict=True):
        medians.update(appearance, shape, True)
    validator = LandmarkValidator(
        read_landmark_validator(
            reference / "openface" / "model" / "detection_validation" / "validator_cnn.txt"
        )
    )
    eye_fitter = EyeFitter(
        read_face_landmark_model(
            reference / "openface" / "model" / "main_clnf_general.txt", EYE_PARTS
        )
    )
    grey_frames = [grey_from_bgr(frame) for frame in frames]
    grey = np.empty_like(grey_frames[0])
    network_pass = reference_pass(find_network(reference))

    def pose(k: int) -> object:
        i = k % n
        head_pose(pdm, fits[i], landmarks[i], camera)
        return landmarks_in_camera_mm(pdm, fits[i], camera)

    poses = [
        head_pose(pdm, fit, points, camera) for fit, points in zip(fits, landmarks, strict=True)
    ]
    points_mm = [landmarks_in_camera_mm(pdm, fit, camera) for fit in fits]

    def both_eyes(k: int) -> object:
        i = k % n
        fitted, pose = eye_fitter.fit(grey, landmarks[i], fits[i]), poses[i]
        if fitted is None or pose is None:
            raise ValueError(f"frame {i} has no eyes")
        return measure_eyes(fitted, points_mm[i], pose, camera)

    # As the decoder does, a frame is written to memory just before it is aligned: of 158 frames
    # the processor's caches would hold none, and the wait for memory would be most of the time.
    decoded = np.empty_like(frames[0])

    def decode(k: int) -> None:
        np.copyto(decoded, frames[k % n])

    def decode_grey(k: int) -> None:
        np.copyto(grey, grey_frames[k % n])

    running = [DescriptorMedians()]

    def begin_video(k: int) -> None:
        if 2 * k % n == 0:
            running[0] = DescriptorMedians()

    def update_medians(k: int) -> None:
        # Two frames, since only every other one moves the medians.
        for i in (2 * k % n, (2 * k + 1) % n):
            running[0].update(descriptors[i], geometry[i], True)

    weighted_median = weigh_median(models, medians.fhog, medians.geometry)

    def predict(k: int) -> object:
        weighted = weigh_descriptor(models, descriptors[k % n], geometry[k % n])
        return dynamic_scores(models, weighted, weighted_median)

    return {
        REFERENCE_OPERATION: Operation(network_pass),
        "grey picture": Operation(lambda _: grey_from_bgr(decoded), prepare=decode),
        "landmark validation": Operation(
            lambda k: validator.confidence(grey, landmarks[k % n], fits[k % n].rotation_radians),
            prepare=decode_grey,
        ),
        **refinement_operations(reference, grey, decode_grey, fits),
        "both eyes": Operation(both_eyes, prepare=decode_grey),
        "CalcParams": Operation(lambda k: calc_params(pdm, landmarks[k % n])),
        "pose and 3D points": Operation(pose),
        "alignment and mask": Operation(
            lambda k: aligner.align(decoded, landmarks[k % n], fits[k % n].translation_px),
            prepare=decode,
        ),
        "alignment and mask, frame not in the cache": Operation(
            lambda k: aligner.align(frames[k % n], landmarks[k % n], fits[k % n].translation_px)
        ),
        "FHOG": Operation(lambda k: fhog(aligned[k % n].image)),
        "FHOG averaged over shifts": Operation(
            lambda k: shift_averaged_fhog(aligner, decoded, landmarks[k % n], aligned[k % n]),
            prepare=decode,
        ),
        "geometry": Operation(lambda k: geometry_descriptor(pdm, fits[k % n].shape_parameters)),
        "running medians": Operation(update_medians, 2.0, begin_video),
        "35 predictors": Operation(predict),
        "medians' product with the weights": Operation(
            lambda _: weigh_median(models, medians.fhog, medians.geometry), frames_per_call=2.0
        ),
    }


def refinement_operations(
    reference: Path,
    grey: NDArray[np.uint8],
    decode_grey: Callable[[int], None],
    fits: Sequence[ShapeFit],
) -> dict[str, Operation]:
    """Return what is timed of landmark refinement, each frame from the landmarks before it."""
    model = read_face_landmark_model(
        reference / "openface" / "model" / "main_clnf_general.txt", ("inner",)
    )
    whole = FaceLandmarkModel(model.face, ())
    refiners = {
        "landmark refinement, scale 0.5": FaceRefiner(whole, RefinementSettings((0, 0, 7))),
        "landmark refinement, scales 0.35 and 0.5": FaceRefiner(whole, TRACKING),
        "landmark refinement, both scales and inner face": FaceRefiner(model, TRACKING),
    }

    def timed(refiner: FaceRefiner) -> Operation:
        return Operation(
            lambda k: refiner.refine(grey, fits[(k - 1) % len(fits)]), prepare=decode_grey
        )

    return {name: timed(refiner) for name, refiner in refiners.items()}


def as_markdown(found: dict[str, Measurement], calls: int, rounds: int) -> str:
    """Return the figures as a Markdown table, with what they were made on."""
    pass_ms = found[REFERENCE_OPERATION].median_ms
    lines = [
        f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, onnxruntime "
        f"{ort.__version__}. One thread, CPU time, median of {rounds} rounds of {calls} calls "
        "(smallest and largest round in brackets).",
        "",
        "| operation | ms per frame | of a network pass | target, ms |",
        "| --- | --- | --- | --- |",
    ]
    for name, measurement in found.items():
        low, high = measurement.range_ms
        target = TARGETS_MS.get(name)
        lines.append(
            f"| {name} | {measurement.median_ms:.3f} ({low:.3f} to {high:.3f}) "
            f"| {measurement.median_ms / pass_ms:.4f} | {'' if target is None else target} |"
        )
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.components", description=__doc__)
    parser.add_argument(
        "--reference", type=Path, required=True, metavar="DIR", help="the reference material"
    )
    parser.add_argument("--calls", type=int, default=158, help="calls per round (default 158)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds (default 9)")
    arguments = parser.parse_args(argv)
    timed = operations(arguments.reference, read_inputs(arguments.reference))
    found = measure(timed, arguments.calls, arguments.rounds)
    sys.stdout.write(as_markdown(found, arguments.calls, arguments.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
