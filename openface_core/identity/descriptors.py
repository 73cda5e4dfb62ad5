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

_ROWS_AT_ONCE = 256


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


class Looks:
    """The looks of many faces, to be compared all at once.

    Parameters
    ----------
    faces : sequence of sequence of Tracklet
        The tracklets of each.
    typical_appearance : (4464,) ndarray of float or None
        See :func:`look_of`.
    """

    def __init__(
        self, faces: Sequence[Sequence[Tracklet]], typical_appearance: NDArray[Any] | None
    ) -> None:
        self.embeddings = _Vectors(len(faces))
        self.appearances = _Vectors(len(faces))
        for place, tracklets in enumerate(faces):
            look = look_of(tracklets, typical_appearance)
            self.embeddings.put(place, look.embedding)
            self.appearances.put(place, look.appearance)

    def __len__(self) -> int:
        return self.embeddings.count


class _Vectors:
    """Vectors of length 1 of some of so many faces, the sizes of which may differ."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._by_size: dict[int, tuple[NDArray[np.bool_], Float64Array]] = {}

    def put(self, place: int, vector: Float64Array | None) -> None:
        """Take the vector of a face."""
        if vector is None:
            return
        size = len(vector)
        if size not in self._by_size:
            is_known = np.zeros(self.count, dtype=np.bool_)
            self._by_size[size] = is_known, np.zeros((self.count, size))
        is_known, matrix = self._by_size[size]
        is_known[place], matrix[place] = True, vector

    def cosines(self, others: "_Vectors", rows: slice, columns: slice) -> Float64Array:
        """Return the cosines of some with some others; NaN where one is missing."""
        shape = len(range(self.count)[rows]), len(range(others.count)[columns])
        cosines = np.full(shape, np.nan)
        for size, (is_known, matrix) in self._by_size.items():
            if size in others._by_size:
                other_is_known, other = others._by_size[size]
                found = matrix[rows] @ other[columns].T
                both = is_known[rows, None] & other_is_known[columns]
                np.copyto(cosines, np.round(found, DECIMALS), where=both)
        return cosines


def margins_of(
    looks: Looks,
    others: Looks,
    is_same_scene: NDArray[np.bool_] | bool,
    settings: IdentitySettings,
) -> Float64Array:
    """Return how much speaks for one person: by how far likenesses exceed their thresholds.

    Parameters
    ----------
    looks, others : Looks
        n faces, and m that they are compared with.
    is_same_scene : (n, m) ndarray of bool, or bool
        Whether there is no scene cut between two of them; symmetric where both are the same faces.
    settings : IdentitySettings
        The thresholds.

    Returns
    -------
    (n, m) ndarray of float64
        From 0 up for one person; -inf where nothing is known.
    """
    shape = len(looks), len(others)
    margins, scenes = np.empty(shape), np.broadcast_to(is_same_scene, shape)
    is_symmetric = others is looks
    for begin in range(0, len(looks), _ROWS_AT_ONCE):
        rows = slice(begin, begin + _ROWS_AT_ONCE)
        columns = slice(begin if is_symmetric else 0, None)
        found = looks.embeddings.cosines(others.embeddings, rows, columns)
        found -= settings.network_threshold
        if np.isnan(found).any():
            likeness = looks.appearances.cosines(others.appearances, rows, columns)
            in_one, in_two = settings.same_scene_threshold, settings.appearance_threshold
            likeness -= np.where(scenes[rows, columns], in_one, in_two)
            np.copyto(found, likeness, where=np.isnan(found))
        margins[rows, columns] = np.where(np.isnan(found), -np.inf, np.round(found, DECIMALS))
    for place in range(len(looks) if is_symmetric else 0):
        margins[place:, place] = margins[place, place:]
    return margins
