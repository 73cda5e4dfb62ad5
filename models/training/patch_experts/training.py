"""The schedule by which the experts of one view and scale are trained."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.squares import SUPPORT_PX, Squares, write_blocks
from models.training.patch_experts.views import View

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

_REPORT_EVERY = 500


@dataclass(frozen=True)
class ExpertTrainingSettings:
    """How the experts of one view and scale are trained.

    Parameters
    ----------
    hidden_units : tuple of int
        Units of the hidden layers.
    steps : int
        Batches.
    searches : int
        Searches of a batch.
    rate : float
        Longest step, after a short rise; a cosine brings it to 0.
    """

    hidden_units: tuple[int, ...] = (16, 8)
    steps: int = 5_000
    searches: int = 16
    rate: float = 1.5e-2

    def rate_at(self, step: int) -> float:
        """Return the length of a step, counted from 1."""
        return self.rate * 0.5 * (1 + math.cos(math.pi * step / self.steps)) * min(1.0, step / 50)


class Batches:
    """What networks see of squares and what maps are wanted of it, drawn at random.

    Every other position of a map is looked at, as on a chessboard: so are maps made later.

    Parameters
    ----------
    squares : Squares
        What they are drawn from.
    view : View
        Whose experts learn.
    searches : int
        Searches of a batch.
    seed : int
        Seed of the draws.

    Raises
    ------
    ValueError
        If no search is of this view.
    """

    def __init__(self, squares: Squares, view: View, searches: int, seed: int) -> None:
        self._squares = squares
        self._view = view
        self._pairs = view.landmark_pairs
        self._searches = searches
        self._rng = np.random.default_rng(seed)
        self._rows = squares.rows_of(view)
        if not len(self._rows):
            raise ValueError(f"no search is of the view at {view.yaw_degrees:g} degrees")
        window = squares.maps.shape[2]
        places = np.indices((window, window)).reshape(2, -1).T
        colour = places.sum(axis=1) % 2
        self._positions = tuple(np.ascontiguousarray(places[colour == k]) for k in (0, 1))

    def draw(self) -> tuple[Float32Array, Float32Array]:
        """Return blocks (l, b * k, 1 + support ** 2) and the maps (l, b, k) wanted of them."""
        squares, view, rng = self._squares, self._view, self._rng
        rows = rng.choice(self._rows, self._searches)
        if view.is_frontal:
            is_flipped = rng.random(len(rows)) < 0.5
        else:
            is_flipped = squares.views[rows] == view.teacher_mirrored
        positions = self._positions[int(rng.integers(2))]
        pairs = self._pairs
        shape = (pairs.shape[1], len(rows) * len(positions), 1 + SUPPORT_PX**2)
        blocks = np.empty(shape, dtype=np.float32)
        write_blocks(squares.areas, rows, pairs, is_flipped, positions, SUPPORT_PX, blocks)
        return blocks, self._wanted(rows, is_flipped, positions)

    def _wanted(
        self, rows: Int64Array, is_flipped: NDArray[np.bool_], positions: Int64Array
    ) -> Float32Array:
        direct, mirrored = self._pairs[:, :, None]
        landmarks = np.where(is_flipped, mirrored, direct)
        maps = self._squares.maps[rows, landmarks].astype(np.float32)
        y, x = positions.T
        mirrored_x = maps.shape[-1] - 1 - x
        return np.asarray(np.where(is_flipped[:, None], maps[..., y, mirrored_x], maps[..., y, x]))


def train_networks(
    squares: Squares,
    view: View,
    settings: ExpertTrainingSettings,
    seed: int,
    report: Callable[[str], None],
) -> ExpertNetworks:
    """Train the experts of one view and scale, one network for each of the view's landmarks.

    Parameters
    ----------
    squares : Squares
        What they learn from.
    view : View
        The view.
    settings : ExpertTrainingSettings
        How.
    seed : int
        Seed of the first weights and of the batches.
    report : callable
        Is told how it goes, a line at a time.

    Raises
    ------
    ValueError
        If no search is of this view.
    """
    units = (1 + SUPPORT_PX**2, *settings.hidden_units, 1)
    networks = ExpertNetworks(len(view.landmarks), units, seed)
    batches = Batches(squares, view, settings.searches, seed)
    losses = []
    for step in range(1, settings.steps + 1):
        losses.append(networks.learn(*batches.draw(), settings.rate_at(step)))
        if step % _REPORT_EVERY == 0:
            mean = np.mean(losses[-_REPORT_EVERY:])
            report(f"step {step} of {settings.steps}, divergence {mean:.4f}")
    return networks
