"""What faces look like, and how much two looks speak for one person."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from openface_core.identity.settings import IdentitySettings
from openface_core.identity.tracklet import Tracklet

Float64Array = NDArray[np.float64]

DECIMALS = 4
"""Similarities are rounded before they are compared: the last digits differ between machines."""

# Log odds that two faces are one person's, from the cosine of their appearance and the distance of
# their shapes. Fitted to tracklets of 10 people and tested on those of 12 others, see
# benchmarks/identity.py.
_ODDS_AT_0 = -34.0
_ODDS_OF_COSINE = 40.0
_ODDS_OF_MM = 0.0

_GAP_COSINE = 0.2
"""Least cosine of embeddings over a short gap, where place and size speak for one person too."""

_GAP_ODDS = -6.0
"""The same for the log odds by appearance and shape."""


@dataclass(frozen=True, eq=False)
class Look:
    """Means over the frames of a face.

    Parameters
    ----------
    embedding : (d,) ndarray of float64 or None
        Mean of a face network's embeddings, of length 1.
    appearance : (4464,) ndarray of float64 or None
        Mean appearance descriptor, of length 1.
    shape_mm : (34,) ndarray of float64 or None
        Mean of the tracklets' shape parameters.
    """

    embedding: Float64Array | None
    appearance: Float64Array | None
    shape_mm: Float64Array | None

    def cosine(self, other: "Look") -> float | None:
        """Return the cosine of the embeddings; None where one is missing."""
        if self.embedding is None or other.embedding is None:
            return None
        if self.embedding.shape != other.embedding.shape:
            return None
        return round(float(self.embedding @ other.embedding), DECIMALS)

    def log_odds(self, other: "Look") -> float | None:
        """Return what appearance and shape say; None where one of them is missing."""
        if self.appearance is None or other.appearance is None:
            return None
        if self.shape_mm is None or other.shape_mm is None:
            return None
        cosine = float(self.appearance @ other.appearance)
        distance = float(np.sqrt(((self.shape_mm - other.shape_mm) ** 2).sum()))
        odds = _ODDS_AT_0 + _ODDS_OF_COSINE * cosine + _ODDS_OF_MM * distance
        return round(odds, DECIMALS)


def look_of(tracklets: Sequence[Tracklet]) -> Look:
    """Return what a face looks like in one or several tracklets.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        All of one face. What one of them lacks comes from the others.
    """
    embeddings = [
        t.embeddings.astype(np.float64).sum(axis=0) for t in tracklets if t.embeddings.size
    ]
    appearances, shapes, shape_frames = [], [], 0
    for tracklet in tracklets:
        if _is_known(tracklet.appearance):
            appearances.append(tracklet.seen * tracklet.appearance.astype(np.float64))
        if _is_known(tracklet.shape_mm):
            shapes.append(tracklet.seen * tracklet.shape_mm.astype(np.float64))
            shape_frames += tracklet.seen
    shape = np.sum(shapes, axis=0) / shape_frames if shapes else None
    return Look(_direction(embeddings), _direction(appearances), shape)


def _is_known(vector: NDArray[Any] | None) -> TypeGuard[NDArray[Any]]:
    return vector is not None and bool(np.isfinite(vector).all())


def _direction(vectors: Sequence[Float64Array]) -> Float64Array | None:
    """Return the sum of vectors, made of length 1; None where it has no direction."""
    if not vectors or len({vector.shape for vector in vectors}) > 1:
        return None
    total = np.sum(vectors, axis=0)
    length = math.sqrt(float((total**2).sum()))
    return total / length if 1e-9 < length < math.inf else None


class Descriptors:
    """The looks of a video's tracklets, each by itself."""

    def __init__(self, tracklets: Sequence[Tracklet]) -> None:
        self._looks = [look_of([tracklet]) for tracklet in tracklets]

    def may_be_the_same(self, a: int, b: int) -> bool:
        """Whether two tracklets with a short gap between them look as if they were one face."""
        cosine = self._looks[a].cosine(self._looks[b])
        if cosine is not None:
            return cosine >= _GAP_COSINE
        odds = self._looks[a].log_odds(self._looks[b])
        return odds is None or odds >= _GAP_ODDS


def margin(a: Look, b: Look, is_same_scene: bool, settings: IdentitySettings) -> float | None:
    """Return how much speaks for one person: by how far their likeness exceeds its threshold.

    Parameters
    ----------
    a, b : Look
        Two faces.
    is_same_scene : bool
        Whether there is no scene cut between them.
    settings : IdentitySettings
        The thresholds.

    Returns
    -------
    float or None
        Above 0 for one person; None where nothing is known.
    """
    cosine = a.cosine(b)
    if cosine is not None:
        return round(cosine - settings.network_threshold, DECIMALS)
    odds = a.log_odds(b)
    if odds is None:
        return None
    bonus = settings.same_scene_bonus if is_same_scene else 0.0
    return round(odds + bonus - settings.descriptor_threshold, DECIMALS)
