"""Writers of the patch experts and of the lists that name them."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.squares import DIRECT_LANDMARKS
from models.training.patch_experts.training import SUPPORT_PX
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.model_files.compact_expert_file import COMPACT_MAGIC
from openface_core.refinement.cen.experts import Activation

SHAPE_VARIANCES = 8.0
"""Factor of the shape model's variances, which are a fifth of those of the faces that it was
learned from: errors of a network's points should not be taken for shapes. Experts err less; 8 is
about the best on photographs held out."""

MAIN_LIST, MODEL_LIST = "refinement.txt", "refinement_face.txt"


def experts_file(scale_px_per_mm: float) -> str:
    """Return the name of the file of one scale."""
    return f"patch_experts_{scale_px_per_mm:.2f}.bin"


def _bytes(values: NDArray[np.generic] | Sequence[float], dtype: str) -> bytes:
    return np.ascontiguousarray(values, dtype=dtype).tobytes()


def write_compact_experts(path: Path, scale_px_per_mm: float, networks: ExpertNetworks) -> None:
    """Write the experts of one scale as :func:`read_compact_experts` reads them.

    There is one view, of a face that looks straight ahead; all landmarks show in it.

    Parameters
    ----------
    path : Path
        The file.
    scale_px_per_mm : float
        Their scale.
    networks : ExpertNetworks
        One network for each of :data:`DIRECT_LANDMARKS`.
    """
    landmarks = len(MIRRORED_ORDER)
    depth = len(networks.weights)
    units = [weights.shape[2] for weights in networks.weights]
    activations = [int(Activation.RELU)] * (depth - 1) + [int(Activation.SIGMOID)]
    has_network = np.isin(np.arange(landmarks), DIRECT_LANDMARKS)
    fields = [
        COMPACT_MAGIC,
        struct.pack("<d4i", scale_px_per_mm, 1, landmarks, SUPPORT_PX, depth),
        _bytes([*units, *activations], "<i4"),
        _bytes([0.0, 0.0, 0.0], "<f4"),
        _bytes(np.ones(landmarks), "<f4"),
        _bytes(np.ones(landmarks), "<i4"),
        _bytes([*MIRRORED_ORDER, 0], "<i4"),
        _bytes(has_network, "<i4"),
    ]
    for expert in range(len(DIRECT_LANDMARKS)):
        for weights, biases in zip(networks.weights, networks.biases, strict=True):
            fields += [_bytes(biases[expert, 0], "<f2"), _bytes(weights[expert].T, "<f2")]
    path.write_bytes(b"".join(fields))


def write_lists(folder: Path, scales_px_per_mm: Sequence[float]) -> None:
    """Write the lists that name the shape model and the experts of a folder, coarse to fine."""
    lines = [f"PatchesCompact {experts_file(scale)}" for scale in scales_px_per_mm]
    model = "\n".join(["PDM shape.txt", f"ShapeVariances {SHAPE_VARIANCES:g}", *lines]) + "\n"
    (folder / MODEL_LIST).write_text(model, encoding="utf-8")
    (folder / MAIN_LIST).write_text(f"LandmarkDetector {MODEL_LIST}\n", encoding="utf-8")
