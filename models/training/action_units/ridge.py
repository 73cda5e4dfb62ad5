"""Ridge regression from sums over samples, its penalty chosen by cross-validation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.action_units.samples import Samples
from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_CHUNK = 2048
_DISPLACEMENTS = GEOMETRY_SIZE - 34
"""The rest of the geometry descriptor is in other units: parameters of the shape."""

DESCRIPTOR_GROUPS = (
    slice(0, FHOG_SIZE),
    slice(FHOG_SIZE, FHOG_SIZE + _DISPLACEMENTS),
    slice(FHOG_SIZE + _DISPLACEMENTS, FHOG_SIZE + GEOMETRY_SIZE),
)


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over n samples of d descriptor elements x and k scores y, both about fixed centres.

    Parameters
    ----------
    count : float
        n.
    x, y : (d,) and (k,) ndarray of float64
        Sums.
    xx : (d, d) ndarray of float32
        Sum of products; symmetric.
    xy : (d, k) ndarray of float64
        Sum of products.
    yy : (k,) ndarray of float64
        Sum of squares.
    """

    count: float
    x: Float64Array
    y: Float64Array
    xx: Float32Array
    xy: Float64Array
    yy: Float64Array

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.count + other.count,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.xy + other.xy,
            self.yy + other.yy,
        )

    def centred(self) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Return covariances of x with x and with y, and variances of y."""
        x, y = self.x / self.count, self.y / self.count
        xx = self.xx.astype(np.float64) / self.count
        xx -= x[:, None] * x[None]
        return xx, self.xy / self.count - x[:, None] * y[None], self.yy / self.count - y**2


def sums_of(x: Float32Array, y: Float64Array) -> Sums:
    """Return the sums over samples (n, d) and (n, k)."""
    xx = np.zeros((x.shape[1],) * 2, dtype=np.float32)
    xy = np.zeros((x.shape[1], y.shape[1]))
    for first in range(0, len(x), _CHUNK):
        part = x[first : first + _CHUNK]
        xx += part.T @ part
        xy += (part.T @ y[first : first + _CHUNK].astype(np.float32)).astype(np.float64)
    return Sums(
        float(len(x)), x.sum(axis=0, dtype=np.float64), y.sum(axis=0), xx, xy, (y**2).sum(axis=0)
    )


def solve(sums: Sums, penalty: float, groups: Sequence[slice] = DESCRIPTOR_GROUPS) -> Float64Array:
    """Return the weights (d, k) that ridge regression gives.

    Parameters
    ----------
    sums : Sums
        Of the samples.
    penalty : float
        In units of the mean variance of each group of elements, so that appearance and geometry,
        whose units differ, are held back alike.
    groups : sequence of slice
        The groups.
    """
    xx, xy, _ = sums.centred()
    diagonal = np.diagonal(xx).copy()
    held = np.concatenate(
        [np.full(len(diagonal[group]), diagonal[group].mean()) for group in groups]
    )
    np.fill_diagonal(xx, diagonal + penalty * held)
    return np.asarray(np.linalg.solve(xx, xy))


def explained(sums: Sums, weights: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return correlations and mean squared errors, each (k,), of predictions on other samples."""
    xx, xy, yy = sums.centred()
    together = (weights * xy).sum(axis=0)
    predicted = (weights * (xx @ weights)).sum(axis=0)
    r = together / np.sqrt(np.maximum(predicted * yy, 1e-12))
    return r, yy - 2.0 * together + predicted


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """Linear predictors of k scores.

    Parameters
    ----------
    means : (d,) ndarray of float32
        Mean descriptor.
    weights : (d, k) ndarray of float32
        Weights.
    scores_at_mean : (k,) ndarray of float64
        What the teacher's scores are on average.
    penalties : (k,) ndarray of float64
        What was chosen for each score.
    held_out_r : (k,) ndarray of float64
        Correlation with the teacher on people who took no part.
    held_out : (n, k) ndarray of float32
        Predictions for the samples, each by weights that never saw its person.
    """

    means: Float32Array
    weights: Float32Array
    scores_at_mean: Float64Array
    penalties: Float64Array
    held_out_r: Float64Array
    held_out: Float32Array


def _emphasised(
    values: NDArray[np.floating], people: NDArray[np.int64], share: float
) -> Float32Array:
    """Return values with the people's own means taken back to a share of what they are."""
    _, group = np.unique(people, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    counts = np.diff(np.append(starts, len(order)))
    means = np.add.reduceat(values[order], starts, axis=0) / counts[:, None]
    return (values - (1.0 - share) * means[group]).astype(np.float32)


def fit_ridge(
    samples: Samples,
    penalties: Sequence[float],
    folds: int,
    between: float = 1.0,
    groups: Sequence[slice] = DESCRIPTOR_GROUPS,
    report: Callable[[str], None] = lambda _line: None,
) -> RidgeFit:
    """Fit predictors of the teacher's scores.

    Parameters
    ----------
    samples : Samples
        What is learnt from.
    penalties : sequence of float
        Those to choose from, for each score by itself.
    folds : int
        Groups of people for the choice.
    between : float
        What differences between people weigh, compared with those within one.
    groups : sequence of slice
        See :func:`solve`.
    report : callable
        Is told how it goes.
    """
    means = samples.descriptors.mean(axis=0, dtype=np.float64).astype(np.float32)
    centre = samples.scores.mean(axis=0, dtype=np.float64)
    share = float(np.sqrt(between))
    x = _emphasised(samples.descriptors - means, samples.people, share)
    y = _emphasised(samples.scores - centre, samples.people, share).astype(np.float64)
    _, rank = np.unique(samples.people, return_inverse=True)
    fold = rank % folds
    parts = [sums_of(x[fold == k], y[fold == k]) for k in range(folds)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    report("sums are there")
    errors = np.zeros((len(penalties), y.shape[1]))
    correlations = np.zeros_like(errors)
    kept: dict[tuple[int, int], Float32Array] = {}
    for k, part in enumerate(parts):
        others = [p for j, p in enumerate(parts) if j != k]
        rest = others[0]
        for p in others[1:]:
            rest = rest + p
        for i, penalty in enumerate(penalties):
            weights = solve(rest, penalty, groups)
            r, error = explained(part, weights)
            errors[i] += error
            correlations[i] += r / folds
            kept[k, i] = weights.astype(np.float32)
        report(f"fold {k + 1} of {folds}")
    best = errors.argmin(axis=0)
    scores = np.arange(y.shape[1])
    held_out = np.empty_like(samples.scores)
    for k in range(folds):
        chosen = np.stack([kept[k, i][:, j] for j, i in enumerate(best)], axis=1)
        held_out[fold == k] = (samples.descriptors[fold == k] - means) @ chosen + centre
    final = np.empty((x.shape[1], y.shape[1]), dtype=np.float32)
    for i in np.unique(best):
        final[:, best == i] = solve(whole, penalties[i], groups)[:, best == i]
    return RidgeFit(
        means,
        final,
        centre,
        np.asarray(penalties)[best],
        correlations[best, scores],
        held_out.astype(np.float32),
    )
