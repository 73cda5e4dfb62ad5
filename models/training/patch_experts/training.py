"""The schedule by which the experts of one scale are trained."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.squares import DIRECT_LANDMARKS, Squares, write_blocks
from openface_core.landmarks.conventions import MIRRORED_ORDER

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

SUPPORT_PX = 11
_REPORT_EVERY = 200


@dataclass(frozen=True)
class ExpertTrainingSettings:
    """How the experts of one scale are trained.

    Parameters
    ----------
    hidden_units : tuple of int
        Units of the hidden layers.
    steps : int
        Batches.
    searches, positions : int
        Searches of a batch, and positions of each search's square that are looked at.
    near_share : float
        Share of the positions that are drawn about the label; the others lie anywhere.
    label_deviation_px : float
        An expert should answer 1 at the label, less around it by a Gaussian of this width.
    rate : float
        Longest step, after a short rise; a cosine brings it to 0.
    """

    hidden_units: tuple[int, ...] = (16, 8)
    steps: int = 1500
    searches: int = 48
    positions: int = 16
    near_share: float = 0.3
    label_deviation_px: float = 1.0
    rate: float = 3e-3

    def rate_at(self, step: int) -> float:
        """Return the length of a step, counted from 1."""
        return self.rate * 0.5 * (1 + math.cos(math.pi * step / self.steps)) * min(1.0, step / 50)


class Batches:
    """Blocks of squares and the answers wanted for them, drawn at random.

    Parameters
    ----------
    squares : Squares
        What they are drawn from.
    settings : ExpertTrainingSettings
        How many.
    seed : int
        Seed of the draws.
    """

    def __init__(self, squares: Squares, settings: ExpertTrainingSettings, seed: int) -> None:
        self._squares = squares
        self._settings = settings
        self._rng = np.random.default_rng(seed)
        self._landmarks = np.stack([DIRECT_LANDMARKS, MIRRORED_ORDER[DIRECT_LANDMARKS]])
        self._window = squares.areas.shape[2] - SUPPORT_PX + 1

    def draw(self) -> tuple[Float32Array, Float32Array]:
        """Return blocks (l, k, 1 + support ** 2) and wanted answers (l, k)."""
        settings, rng = self._settings, self._rng
        count = len(self._squares.areas)
        searches = rng.integers(0, count, settings.searches)
        is_flipped = rng.random(settings.searches) < 0.5
        direct, mirrored = (self._squares.offsets[searches][:, row] for row in self._landmarks)
        mirrored = mirrored * np.array([-1, 1], dtype=np.float32)
        offsets = np.where(is_flipped[:, None, None], mirrored, direct).swapaxes(0, 1)
        half = self._window // 2
        labels = offsets[:, :, None, ::-1] + half  # row and column
        positions = self._positions(labels)
        distances = np.square(positions - labels).sum(axis=-1)
        wanted = np.exp(distances / (-2 * settings.label_deviation_px**2))
        experts, b, k = distances.shape
        blocks = np.empty((experts, b * k, 1 + SUPPORT_PX**2), dtype=np.float32)
        write_blocks(
            self._squares.areas, searches, self._landmarks, is_flipped, positions, SUPPORT_PX,
            blocks,
        )  # fmt: skip
        return blocks, wanted.reshape(experts, b * k).astype(np.float32)

    def _positions(self, labels: Float32Array) -> Int64Array:
        """Return where experts look, (l, b, k, 2), some of it near the labels (l, b, 1, 2)."""
        settings, rng = self._settings, self._rng
        shape = (*labels.shape[:2], settings.positions, 2)
        positions = rng.integers(0, self._window, shape)
        near = round(settings.near_share * settings.positions)
        drawn = labels + rng.standard_normal((*shape[:2], near, 2)) * settings.label_deviation_px
        positions[:, :, :near] = np.clip(np.rint(drawn), 0, self._window - 1)
        return positions


def train_networks(
    squares: Squares,
    settings: ExpertTrainingSettings,
    seed: int,
    report: Callable[[str], None],
) -> ExpertNetworks:
    """Train the experts of one scale, one network for each of :data:`DIRECT_LANDMARKS`.

    Parameters
    ----------
    squares : Squares
        What they learn from.
    settings : ExpertTrainingSettings
        How.
    seed : int
        Seed of the first weights and of the batches.
    report : callable
        Is told how it goes, a line at a time.
    """
    units = (1 + SUPPORT_PX**2, *settings.hidden_units, 1)
    networks = ExpertNetworks(len(DIRECT_LANDMARKS), units, seed)
    batches = Batches(squares, settings, seed)
    losses = []
    for step in range(1, settings.steps + 1):
        losses.append(networks.learn(*batches.draw(), settings.rate_at(step)))
        if step % _REPORT_EVERY == 0:
            report(f"step {step} of {settings.steps}, loss {np.mean(losses[-_REPORT_EVERY:]):.4f}")
    return networks
