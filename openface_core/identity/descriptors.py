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

_GAP_COSINE = 0.2
"""Least cosine of embeddings over a short gap, where place and size speak for one person too."""

_GAP_LIKENESS = 0.3
"""The same for the likeness of appearances."""


@dataclass(frozen=True, eq=False)
class Look:
    """Means over the frames of a face.

    Parameters
    ----------
    embedding : (d,) ndarray of float64 or None
        Mean of a face network's embeddings, of length 1.
    appearance : (4464,) ndarray of float64 or None
        In what the mean appearance differs from the typical one, of length 1. Without taking off
        the typical one, all faces are alike.
    """

    embedding: Float64Array | None
    appearance: Float64Array | None

    def cosine(self, other: "Look") -> float | None:
        """Return the cosine of the embeddings; None where one is missing."""
        return _cosine(self.embedding, other.embedding)

    def likeness(self, other: "Look") -> float | None:
        """Return the cosine of the appearances; None where one is missing."""
        return _cosine(self.appearance, other.appearance)


def look_of(tracklets: Sequence[Tracklet], typical_appearance: NDArray[Any] | None) -> Look:
    """Return what a face looks like in one or several tracklets.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        All of one face. What one of them lacks comes from the others.
    typical_appearance : (4464,) ndarray of float or None
        Appearance of a typical face; without it appearance takes no part.
    """
    embeddings = [
        t.embeddings.astype(np.float64).sum(axis=0) for t in tracklets if t.embeddings.size
    ]
    appearances = [
        tracklet.seen * (tracklet.appearance.astype(np.float64) - typical_appearance)
        for tracklet in tracklets
        if typical_appearance is not None and _is_known(tracklet.appearance)
    ]
    return Look(_direction(embeddings), _direction(appearances))


def _cosine(a: Float64Array | None, b: Float64Array | None) -> float | None:
    if a is None or b is None or a.shape != b.shape:
        return None
    return round(float(a @ b), DECIMALS)


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
    """The looks of a video's tracklets, each by itself.

    Parameters
    ----------
    tracklets : sequence of Tracklet
    typical_appearance : (4464,) ndarray of float or None
        See :func:`look_of`.
    """

    def __init__(
        self, tracklets: Sequence[Tracklet], typical_appearance: NDArray[Any] | None
    ) -> None:
        self._looks = [look_of([tracklet], typical_appearance) for tracklet in tracklets]

    def likeness(self, a: int, b: int) -> float | None:
        """Return how far the likeness of two tracklets exceeds what a short gap asks for."""
        cosine = self._looks[a].cosine(self._looks[b])
        if cosine is not None:
            return round(cosine - _GAP_COSINE, DECIMALS)
        likeness = self._looks[a].likeness(self._looks[b])
        return None if likeness is None else round(likeness - _GAP_LIKENESS, DECIMALS)


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
        From 0 up for one person; None where nothing is known.
    """
    cosine = a.cosine(b)
    if cosine is not None:
        return round(cosine - settings.network_threshold, DECIMALS)
    likeness = a.likeness(b)
    if likeness is None:
        return None
    if is_same_scene:
        return round(likeness - settings.same_scene_threshold, DECIMALS)
    return round(likeness - settings.appearance_threshold, DECIMALS)
