"""Models: OpenFace's own files, networks with their descriptions, and packs."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.registry import load_registry
from models.training.patch_experts.files import write_compact_experts
from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.views import views_of
from openface_core.detection import DetectionSettings, MtcnnDetector, RetinaFaceDetector
from openface_core.inference import OnnxSettings
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.landmarks.network import LandmarkNetwork
from openface_core.landmarks.spec import load_landmark_spec
from openface_core.model_files import (
    read_action_unit_models,
    read_cen_experts,
    read_compact_experts,
    read_early_termination,
    read_face_landmark_model,
    read_landmark_validator,
    read_mtcnn,
    read_pdm,
    read_triangulation,
)
from tests.fixtures.faces.shape import LANDMARKS
from tests.fixtures.mutation import mutated, mutated_text
from tests.fixtures.synthetic_models import cen_experts
from tests.fixtures.synthetic_models.mtcnn import write_mtcnn
from tests.fixtures.synthetic_models.packs import write_registry
from tests.fixtures.synthetic_models.tiny_networks import write_models
from tests.fixtures.synthetic_models.tracking import REFINEMENT, VALIDATOR, write_tracking_models
from tests.fuzz.plain import plain_errors

_CPU = OnnxSettings("cpu")
_PREDICTORS = "openface/AU_predictors"


def _detect(path: Path) -> None:
    detector = RetinaFaceDetector(path, DetectionSettings(), _CPU)
    detector.detect(np.full((160, 176, 3), 128, np.uint8))


def _detect_by_cascade(path: Path) -> None:
    detector = MtcnnDetector(read_mtcnn(path.with_name("MTCNN_detector.txt")))
    detector.detect(np.full((96, 120, 3), 128, np.uint8))


def _locate(path: Path) -> None:
    LandmarkNetwork(load_landmark_spec(path.with_name("tiny.toml")), path, _CPU)


def _registry(path: Path) -> None:
    load_registry(path.parent).select("both")


_TRACKING = str(Path(REFINEMENT).parent)
_READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "shape": (f"{_PREDICTORS}/In-the-wild_aligned_PDM_68.txt", read_pdm),
    "triangles": (f"{_PREDICTORS}/tris_68_full.txt", lambda path: read_triangulation(path, 68)),
    "early termination": ("early.txt", read_early_termination),
    "validator": (VALIDATOR, read_landmark_validator),
    "networks of patches": ("cen.dat", read_cen_experts),
    "compact networks": ("compact.bin", read_compact_experts),
    "cascade": ("MTCNN_detector.txt", _detect_by_cascade),
    "network of the cascade": ("RNet.dat", _detect_by_cascade),
    "detector": ("retinaface_mobilenet025.onnx", _detect),
    "landmarks": ("tiny68.onnx", _locate),
    "pack": ("packs/face.toml", _registry),
}


def prepare(folder: Path) -> None:
    """Write models of every kind."""
    write_models(folder, with_networks=True)
    write_tracking_models(folder)
    cen_experts.write(folder / "cen.dat")
    views = views_of(MIRRORED_ORDER)
    networks = [ExpertNetworks(len(view.landmarks), (122, 4, 1), 0) for view in views]
    write_compact_experts(folder / "compact.bin", 0.5, views, networks)
    write_mtcnn(folder)
    (folder / "early.txt").write_text("// views\n7\n" + " ".join(["0.5"] * 21) + "\n")
    write_registry(folder / "packs")
    assert LANDMARKS == 68


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Read a damaged file."""
    models = work / "models"
    shutil.copytree(folder, models)
    kind = chance.choice([*_READERS, "predictors", "tracking"])
    reader: Callable[[Path], object]
    if kind == "predictors":
        files = sorted((models / _PREDICTORS).rglob("*"))
        path = chance.choice([file for file in files if file.is_file()])
        top, reader = models / _PREDICTORS / "AU_all_best.txt", read_action_unit_models
    elif kind == "tracking":
        files = sorted((models / _TRACKING).rglob("*"))
        path = chance.choice([file for file in files if file.is_file()])
        top, reader = models / REFINEMENT, read_face_landmark_model
    else:
        name, reader = _READERS[kind]
        top = path = models / name
    content = path.read_bytes()
    if path.suffix in (".txt", ".toml") and chance.random() < 0.5 and b"\0" not in content:
        content = mutated_text(content.decode(), chance).encode()
    else:
        content = mutated(content, chance)
    path.write_bytes(content)
    with plain_errors():
        reader(top)
