"""Training of the shape model, from annotated photographs and from the landmark network's."""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.locate import ModelSelection, find_landmark_spec, locate_models
from models.training.own_landmarks import OwnModels, find_own_landmarks
from models.training.photographs import read_photographs
from models.training.settings import TrainingFolders, TrainingSettings
from models.training.shape.files import write_shape_model, write_triangulation
from models.training.shape.generic_face import MIRRORED_POINTS, generic_face_mm
from models.training.shape.standard_frame import point_distribution_model
from models.training.shape.structure_from_motion import DeformableShape, reconstruct
from models.training.shape.triangulation import delaunay, masked_outline_mm
from openface_core.landmarks import LandmarkSpec, load_landmark_spec
from openface_core.model_files import read_pdm
from openface_core.shape import PointDistributionModel, calc_params

Float64Array = NDArray[np.float64]

MODES = 34
"""The geometry descriptor has room for so many shape parameters."""

_ROUNDS = 60
_PITCH_ROUNDS = 3


def _say(line: str) -> None:
    sys.stderr.write(f"shape: {line}\n")


def head_rotations(pdm: PointDistributionModel, points_px: Float64Array) -> Float64Array:
    """Return the Euler angles (n, 3), radians, of faces (n, 68, 2) fitted to a shape model."""
    fits = (calc_params(pdm, points.astype(np.float32)) for points in points_px)
    return np.array([fit.rotation_radians for fit in fits], dtype=np.float64)


def with_pitch_of(
    reference: PointDistributionModel, shape: DeformableShape, points_px: Float64Array
) -> PointDistributionModel:
    """Return a reconstruction as a shape model that sees faces look as far down as another does.

    Parameters
    ----------
    reference : PointDistributionModel
        The model whose straight ahead is taken over.
    shape : DeformableShape
        The reconstruction.
    points_px : (n, 68, 2) ndarray of float64
        Faces on which the two are compared.
    """
    wanted = head_rotations(reference, points_px)[:, 0]
    pitch = 0.0
    pdm = point_distribution_model(shape, pitch, MODES)
    for _ in range(_PITCH_ROUNDS):
        pitch += float(np.median(head_rotations(pdm, points_px)[:, 0] - wanted))
        pdm = point_distribution_model(shape, pitch, MODES)
    _say(f"the mean face was turned by {pitch:.3f} rad")
    return pdm


def train_shape(
    folders: TrainingFolders, settings: TrainingSettings, spec: LandmarkSpec | None = None
) -> None:
    """Make the shape model and the triangulation of the face mask.

    Parameters
    ----------
    folders : TrainingFolders
        Where photographs, reference models and the embedded networks are.
    settings : TrainingSettings
        Not used: nothing here is random or runs in threads.
    spec : LandmarkSpec or None
        The landmark network; None for the embedded one.

    Notes
    -----
    Points that people marked are taken where there are any, and the embedded network's otherwise.
    All faces are used a second time in mirror image. The frame is our own but for one number: how
    far down the mean face looks is set so that pitch has the same zero as the reference model's.
    """
    del settings
    spec = spec or load_landmark_spec(find_landmark_spec("embedded68"))
    annotated = read_photographs(folders.faces, "helen_train")
    others = read_photographs(folders.faces, "expressions")
    models = OwnModels.load(folders.output, spec)
    found = find_own_landmarks(others, models, folders.work_of("shape"))
    found = found[np.isfinite(found).all(axis=(1, 2))]
    marked = [face.landmarks_px for face in annotated if face.landmarks_px is not None]
    points = np.concatenate([np.stack(marked), found]).astype(np.float64)
    _say(f"{len(marked)} annotated faces and {len(found)} others")
    mirrored = points[:, MIRRORED_POINTS] * (-1.0, 1.0)
    both = np.concatenate([points, mirrored])
    result = reconstruct(both, generic_face_mm(), MODES, _ROUNDS, _say)
    reference_path = locate_models(folders.reference, ModelSelection(), with_networks=False).shape
    pdm = with_pitch_of(read_pdm(reference_path, len(MIRRORED_POINTS)), result.model, points)
    folders.output.mkdir(parents=True, exist_ok=True)
    write_shape_model(pdm, folders.output / "shape.txt")
    _write_mask(pdm, folders.output / "triangulation.txt")


def _write_mask(pdm: PointDistributionModel, path: Path) -> None:
    triangles = delaunay(masked_outline_mm(pdm.mean_mm))
    _say(f"{len(triangles)} triangles")
    write_triangulation(triangles, path)
