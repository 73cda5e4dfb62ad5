"""Reader for CCNF patch experts (``ccnf_patches_*.txt``, binary in spite of the name).

References
----------
``Patch_experts::Read_CCNF_patch_experts`` and the ``Read`` functions of the CCNF classes, OpenFace
2.2.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np

from openface_core.model_files.binary_fields import FLOAT32_CODE, BinaryFields
from openface_core.refinement.patch_experts import CcnfExperts, Float32Array, Float64Array
from openface_core.refinement.view_grid import ViewGrid

MAX_VIEWS = 32
MAX_LANDMARKS = 256
MAX_SUPPORT_PX = 41
_MAX_WINDOWS = 16
_MAX_WINDOW_PX = 25
_MAX_COMPONENTS = 16
_MAX_NEURONS = 64
MAX_NUMBER = 1e6
"""Far above every number of a trained expert."""

_EXPERT = 5
_NEURON = 2
_GREY_NEURON = 0


def read_ccnf_experts(path: Path) -> CcnfExperts:
    """Read the CCNF patch experts of one scale.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    CcnfExperts
        The experts of all views and landmarks.

    Raises
    ------
    ModelFileError
        If the file is missing, truncated, too long, or its numbers make no sense.
    """
    fields = BinaryFields(path)
    scale = fields.number("scale")
    views = fields.count("number of views", MAX_VIEWS)
    centres = [_angles(fields.matrix("view's angles", np.float64, 3, 1)) for _ in range(views)]
    landmarks, visible = _visibilities(fields, views)
    components = _smoothing_components(fields)
    beta_count = next(iter(components.values())).shape[0] if components else 0
    experts = _ExpertList(views, landmarks, beta_count)
    for view in range(views):
        for landmark in range(landmarks):
            experts.read(fields, view, landmark)
    fields.end()
    try:
        return experts.build(scale, np.stack(centres), visible, components)
    except ValueError as error:
        raise fields.fail(str(error)) from error


def _angles(degrees: Float64Array) -> Float64Array:
    return np.asarray(degrees.reshape(3) * math.pi / 180.0)


def _visibilities(fields: BinaryFields, views: int) -> tuple[int, np.ndarray]:
    """Return the number of landmarks and which of them each view shows, (v, n) bool."""
    landmarks, columns = fields.matrix_header("visibilities", np.int32)
    if columns != 1 or not 1 <= landmarks <= MAX_LANDMARKS:
        raise fields.fail(
            f"the visibilities should be one column of at most {MAX_LANDMARKS}, found "
            f"{landmarks} x {columns}"
        )
    first = fields.elements(landmarks, "visibilities", np.int32)
    others = [
        fields.matrix("visibilities", np.int32, landmarks, 1).ravel() for _ in range(views - 1)
    ]
    return landmarks, np.stack([first, *others]) != 0


def _smoothing_components(fields: BinaryFields) -> dict[int, Float64Array]:
    """Read, for each window size, the matrices that smooth a response map of that size."""
    found: dict[int, Float64Array] = {}
    counts = set()
    for _ in range(fields.count("number of window sizes", _MAX_WINDOWS, 0)):
        window = fields.count("window size", _MAX_WINDOW_PX)
        count = fields.count("number of smoothing components", _MAX_COMPONENTS, 0)
        area = window * window
        matrices = [
            fields.matrix("smoothing components", np.float32, area, area) for _ in range(count)
        ]
        found[window] = np.array(matrices, dtype=np.float64).reshape(count, area, area)
        counts.add(count)
    if len(counts) > 1:
        raise fields.fail(f"window sizes have different numbers of components: {sorted(counts)}")
    return found


@cache
def _neuron_record(support: int) -> np.dtype[np.void]:
    """Return the form of a neuron whose weights are `support` x `support` numbers."""
    return np.dtype(
        [
            ("type", "<i4"),
            ("kind", "<i4"),
            ("norm", "<f8"),
            ("bias", "<f8"),
            ("alpha", "<f8"),
            ("rows", "<i4"),
            ("columns", "<i4"),
            ("code", "<i4"),
            ("weights", "<f4", (support * support,)),
        ]
    )


class _ExpertList:
    """Collects experts as they are read, and packs them."""

    def __init__(self, views: int, landmarks: int, beta_count: int) -> None:
        self._first = np.zeros((views, landmarks), dtype=np.int64)
        self._count = np.zeros((views, landmarks), dtype=np.int64)
        self._confidence = np.zeros((views, landmarks))
        self._betas = np.zeros((views, landmarks, beta_count))
        self._support: int | None = None
        self._neurons = 0
        self._records: list[bytes] = []

    def read(self, fields: BinaryFields, view: int, landmark: int) -> None:
        if fields.integer("expert's type number") != _EXPERT:
            raise fields.fail(f"expert {landmark} of view {view} has another type number")
        width = fields.count("expert's width", MAX_SUPPORT_PX, 0)
        height = fields.count("expert's height", MAX_SUPPORT_PX, 0)
        count = fields.count("number of neurons", _MAX_NEURONS, 0)
        if count == 0:
            fields.integer("empty expert's end")
            return
        if width != height or width < 1 or self._support not in (None, width):
            raise fields.fail(
                f"experts should see squares of one size, found {width} x {height} after "
                f"{self._support or 'none'}"
            )
        self._support = width
        self._first[view, landmark] = self._neurons
        self._neurons += count
        self._count[view, landmark] = count
        size = count * _neuron_record(width).itemsize
        self._records.append(fields.bytes(size, "neurons"))
        betas = self._betas.shape[2]
        numbers = fields.elements(betas + 1, "betas and confidence", np.float64)
        self._betas[view, landmark] = numbers[:betas]
        self._confidence[view, landmark] = numbers[betas]

    def _packed_neurons(self, support: int) -> tuple[Float32Array, Float64Array, Float64Array]:
        """Return weights, biases and alphas of all neurons, which are checked together."""
        found = np.frombuffer(b"".join(self._records), dtype=_neuron_record(support))
        if (found["type"] != _NEURON).any():
            raise ValueError(f"a neuron should have the type number {_NEURON}")
        kinds = found["kind"]
        if (kinds != _GREY_NEURON).any():
            other = kinds[kinds != _GREY_NEURON][0]
            raise ValueError(f"neurons should look at grey pictures (kind 0), found kind {other}")
        for header, expected in (("rows", support), ("columns", support), ("code", FLOAT32_CODE)):
            if (found[header] != expected).any():
                raise ValueError(
                    f"the neuron's weights should be {support} x {support} values of type "
                    f"{FLOAT32_CODE} (float32)"
                )
        for name in ("norm", "bias", "alpha", "weights"):
            if not np.isfinite(found[name]).all():
                raise ValueError(f"the neuron's {name} is not a finite number")
        norms = found["norm"]
        if np.abs(norms).max() > MAX_NUMBER:
            raise ValueError(f"a neuron's norm of {np.abs(norms).max():g} is no expert's")
        # float32 numbers are multiplied, as in OpenFace.
        weights = found["weights"] * norms[:, None].astype(np.float32)
        return weights, found["bias"], found["alpha"]

    def build(
        self,
        scale: float,
        centres: Float64Array,
        visible: np.ndarray,
        components: dict[int, Float64Array],
    ) -> CcnfExperts:
        """Return the packed experts; raises ValueError if their numbers make no sense."""
        if self._support is None:
            raise ValueError("there is no expert")
        weights, biases, alphas = self._packed_neurons(self._support)
        numbers = (centres, weights, biases, alphas, self._betas, self._confidence)
        # Not of absolute values, which would be copies.
        most = (max(values.max(initial=0.0), -values.min(initial=0.0)) for values in numbers)
        if max(most) > MAX_NUMBER:
            raise ValueError(f"numbers above {MAX_NUMBER:g} are no expert's")
        return CcnfExperts(
            grid=ViewGrid(
                scale,
                self._support,
                centres.astype(np.float32),
                visible,
                self._confidence.astype(np.float32),
            ),
            first_neuron=self._first,
            neuron_count=self._count,
            weights=weights,
            biases=biases.astype(np.float32),
            alphas=alphas,
            betas=self._betas,
            smoothing_components=components,
        )
