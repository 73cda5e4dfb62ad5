"""Writers of the patch experts and of the lists that name them."""

import struct
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.squares import SUPPORT_PX
from models.training.patch_experts.views import View
from openface_core.model_files.compact_expert_file import COMPACT_MAGIC
from openface_core.refinement.cen.experts import Activation

MAIN_LIST = "refinement.txt"
FACE_NAME = "face"


@dataclass(frozen=True)
class Part:
    """A face, or a part of it, that patch experts refine.

    Parameters
    ----------
    name : str
        As in the lists of models.
    landmarks : mapping of int to int
        Landmarks of the face, and which of the part's each is.
    scales_px_per_mm : tuple of float
        Scales of its experts, coarse to fine.
    variances : tuple of float
        Factor of its shape model's variances, or one for each mode, for the experts: they were
        learned from fits that are drawn towards a mean. With less than 8 for the inner face, one
        brow that is raised alone may stay down. Those of the whole face are learned
        (:mod:`models.training.stiffness`).
    """

    name: str
    landmarks: Mapping[int, int]
    scales_px_per_mm: tuple[float, ...]
    variances: tuple[float, ...]

    @property
    def shape_file(self) -> str:
        """Name of the file of its shape model; that of the face serves all of the analysis."""
        return "shape.txt" if self.name == FACE_NAME else f"shape_{self.name}.txt"

    def experts_file(self, scale_px_per_mm: float) -> str:
        """Return the name of the file of one scale."""
        return f"patch_experts_{self.name}_{scale_px_per_mm:.2f}.bin"

    @property
    def list_file(self) -> str:
        """Name of the list of its shape model and experts."""
        return f"refinement_{self.name}.txt"

    @property
    def main_list_file(self) -> str:
        """Name of the list that names that one, as OpenFace has it for parts."""
        return f"refinement_{self.name}_main.txt"


def _bytes(values: NDArray[np.generic] | Sequence[float], dtype: str) -> bytes:
    return np.ascontiguousarray(values, dtype=dtype).tobytes()


def write_compact_experts(
    path: Path,
    scale_px_per_mm: float,
    views: Sequence[View],
    trained: Sequence[ExpertNetworks],
) -> None:
    """Write the experts of one scale as :func:`read_compact_experts` reads them.

    Every view that looks aside is followed by its mirror image, which needs no networks.

    Parameters
    ----------
    path : Path
        The file.
    scale_px_per_mm : float
        Their scale.
    views : sequence of View
        The views.
    trained : sequence of ExpertNetworks
        Their networks, one for each of a view's landmarks.
    """
    landmarks = len(views[0].mirrored)
    depth = len(trained[0].weights)
    units = [weights.shape[2] for weights in trained[0].weights]
    activations = [int(Activation.RELU)] * (depth - 1) + [int(Activation.SIGMOID)]
    angles: list[tuple[float, float, float]] = []
    mirrored: list[int] = []
    has_network: list[NDArray[np.bool_]] = []
    for view in views:
        number = len(angles)
        of_view = np.isin(np.arange(landmarks), view.landmarks)
        sides = (1.0,) if view.is_frontal else (1.0, -1.0)
        angles += [(0.0, side * view.yaw_degrees, 0.0) for side in sides]
        mirrored += [number] if view.is_frontal else [number + 1, number]
        has_network += [of_view, np.zeros_like(of_view)][: len(sides)]
    shown = len(angles) * landmarks
    fields = [
        COMPACT_MAGIC,
        struct.pack("<d4i", scale_px_per_mm, len(angles), landmarks, SUPPORT_PX, depth),
        _bytes([*units, *activations], "<i4"),
        _bytes(np.array(angles), "<f4"),
        _bytes(np.ones(shown), "<f4"),
        _bytes(np.ones(shown), "<i4"),
        _bytes([*views[0].mirrored, *mirrored], "<i4"),
        _bytes(np.array(has_network), "<i4"),
    ]
    for networks in trained:
        for expert in range(len(networks.weights[0])):
            for weights, biases in zip(networks.weights, networks.biases, strict=True):
                fields += [_bytes(biases[expert, 0], "<f2"), _bytes(weights[expert].T, "<f2")]
    path.write_bytes(b"".join(fields))


def flipped(networks: ExpertNetworks, mirrored: NDArray[np.int64]) -> ExpertNetworks:
    """Return networks that see in a mirror what others see as it is.

    Parameters
    ----------
    networks : ExpertNetworks
        One for each of n landmarks.
    mirrored : (n,) ndarray of int64
        What each landmark is in the mirror.
    """
    other = copy(networks)
    other.weights = [weights[mirrored] for weights in networks.weights]
    other.biases = [biases[mirrored] for biases in networks.biases]
    first = other.weights[0]
    columns = first[:, 1:].reshape(len(first), SUPPORT_PX, SUPPORT_PX, -1)[:, ::-1]
    other.weights[0] = np.concatenate([first[:, :1], columns.reshape(first[:, 1:].shape)], axis=1)
    return other


def write_lists(folder: Path, face: Part, parts: Sequence[Part]) -> None:
    """Write the lists that name shape models and experts of a face and its parts."""
    main = [f"LandmarkDetector {face.list_file}"]
    for part in (face, *parts):
        lines = [f"PatchesCompact {part.experts_file(scale)}" for scale in part.scales_px_per_mm]
        variances = " ".join(["ShapeVariances", *(f"{factor:.3g}" for factor in part.variances)])
        model = "\n".join([f"PDM {part.shape_file}", variances, *lines]) + "\n"
        (folder / part.list_file).write_text(model, encoding="utf-8")
    for part in parts:
        only = f"LandmarkDetector {part.list_file}\n"
        (folder / part.main_list_file).write_text(only, encoding="utf-8")
        pairs = " ".join(f"{of_face} {own}" for of_face, own in part.landmarks.items())
        main.append(f"LandmarkDetector_part {part.main_list_file} {part.name} {pairs}")
    (folder / MAIN_LIST).write_text("\n".join(main) + "\n", encoding="utf-8")
