"""Reader for SVR patch experts (``svr_patches_*.txt``, text).

References
----------
``Patch_experts::Read_SVR_patch_experts`` and the ``Read`` functions of the SVR classes, OpenFace
2.2.
"""

import math
from pathlib import Path

import numpy as np

from openface_core.model_files.ccnf_patch_file import (
    MAX_LANDMARKS,
    MAX_NUMBER,
    MAX_SUPPORT_PX,
    MAX_VIEWS,
)
from openface_core.model_files.text_matrix import TextMatrixReader
from openface_core.refinement.patch_experts import SvrExperts
from openface_core.refinement.view_grid import ViewGrid

_MAX_MODALITIES = 8

_EXPERT = 3
_DETECTOR = 2
_RAW, _GRADIENT = 0, 1


def read_svr_experts(path: Path) -> SvrExperts:
    """Read the SVR patch experts of one scale.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    SvrExperts
        The experts of all views and landmarks.

    Raises
    ------
    ModelFileError
        If the file is missing, truncated, too long, or its numbers make no sense.
    """
    reader = TextMatrixReader(path)
    scale = float(reader.next_numbers("scale", 1)[0])
    views = reader.next_count("number of views", 1, MAX_VIEWS)
    centres = [_column(reader, "view's angles", 3) for _ in range(views)]
    first = reader.next_matrix("visibilities")
    if first.shape[1] != 1 or first.shape[0] > MAX_LANDMARKS:
        raise reader.fail(f"the visibilities should be one column, found {first.shape}")
    landmarks = first.shape[0]
    rows = [_column(reader, "visibilities", landmarks) for _ in range(views - 1)]
    visible = np.stack([first.ravel(), *rows]) != 0.0
    experts = _DetectorList(views, landmarks)
    for view in range(views):
        for landmark in range(landmarks):
            experts.read(reader, view, landmark)
    reader.end()
    try:
        return experts.build(scale, np.stack(centres) * (math.pi / 180.0), visible)
    except ValueError as error:
        raise reader.fail(str(error)) from error


def _column(reader: TextMatrixReader, what: str, rows: int) -> np.ndarray:
    matrix = reader.next_matrix(what)
    if matrix.shape != (rows, 1):
        raise reader.fail(f"the {what} should be {rows} x 1, found {matrix.shape}")
    return matrix.ravel()


class _DetectorList:
    """Collects detectors as they are read, and packs them."""

    def __init__(self, views: int, landmarks: int) -> None:
        self._first = np.zeros((views, landmarks), dtype=np.int64)
        self._count = np.zeros((views, landmarks), dtype=np.int64)
        self._confidence = np.zeros((views, landmarks))
        self._support: int | None = None
        self._detectors: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []

    def read(self, reader: TextMatrixReader, view: int, landmark: int) -> None:
        reader.next_count("expert's type number", _EXPERT, _EXPERT)
        width = reader.next_count("expert's width", 1, MAX_SUPPORT_PX)
        height = reader.next_count("expert's height", 1, MAX_SUPPORT_PX)
        if width != height or self._support not in (None, width):
            raise reader.fail(
                f"experts should see squares of one size, found {width} x {height} after "
                f"{self._support or 'none'}"
            )
        self._support = width
        self._first[view, landmark] = len(self._weights)
        count = reader.next_count("number of modalities", 1, _MAX_MODALITIES)
        self._count[view, landmark] = count
        for _ in range(count):
            reader.next_count("detector's type number", _DETECTOR, _DETECTOR)
            reader_kind, confidence, scaling, bias = reader.next_numbers("detector's head", 4)
            if reader_kind not in (_RAW, _GRADIENT):
                raise reader.fail(f"detectors should see grey values or gradients: {reader_kind:g}")
            self._confidence[view, landmark] += confidence
            self._detectors.append(np.array([reader_kind, scaling, bias]))
            weights = reader.next_matrix("detector's weights")
            if weights.shape != (width, width):
                raise reader.fail(f"a detector's weights should fill its square: {weights.shape}")
            # The file holds the templates column by column.
            self._weights.append(weights.T.ravel())

    def build(self, scale: float, centres: np.ndarray, visible: np.ndarray) -> SvrExperts:
        """Return the packed experts; raises ValueError if their numbers make no sense."""
        if self._support is None:
            raise ValueError("there is no expert")
        weights = np.stack(self._weights)
        heads = np.stack(self._detectors)
        numbers = (centres, weights, heads, self._confidence)
        if max(np.abs(values).max() for values in numbers) > MAX_NUMBER:
            raise ValueError(f"numbers above {MAX_NUMBER:g} are no expert's")
        confidence = self._confidence.astype(np.float32)
        return SvrExperts(
            grid=ViewGrid(scale, self._support, centres.astype(np.float32), visible, confidence),
            first_part=self._first,
            part_count=self._count,
            uses_gradient=heads[:, 0] == _GRADIENT,
            weights=weights.astype(np.float32),
            scalings=heads[:, 1].astype(np.float32),
            biases=heads[:, 2].astype(np.float32),
        )
