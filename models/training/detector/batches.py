"""Batches of canvases with the targets of all anchors, made as the training goes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from models.training.detector.anchors import anchor_squares, anchor_targets
from models.training.detector.backgrounds import Backgrounds, read_faceless
from models.training.detector.canvases import Canvas, CanvasMaker, Picture
from models.training.detector.views import Views
from models.training.photographs import Photograph, read_picture

_SIZES = ((320, 24, 0.8), (448, 12, 0.2))
"""Side of the canvases in pixels, canvases in a batch, share of the batches."""
_HELD_OUT_EVERY = 20
"""Of so many photographs, one is held out from the training."""

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Pictures (B, S, S, 3) uint8; labels (B, N) int8; boxes (B, N, 4); points (B, N, 10) float32."""


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """One set of photographs with the views of it.

    Parameters
    ----------
    photographs : tuple of Photograph
        The photographs.
    views : Views
        Their views.
    weight : float
        Share of the faces that come from this set.
    """

    photographs: tuple[Photograph, ...]
    views: Views
    weight: float


def is_held_out(count: int) -> NDArray[np.bool_]:
    """Tell which of so many photographs of a set are held out from the training."""
    return np.asarray(np.arange(count) % _HELD_OUT_EVERY == 0)


def canvas_maker(
    sets: tuple[LabelledSet, ...], held_out: bool, mistakes: Sequence[Picture] = ()
) -> CanvasMaker:
    """Read the photographs and return what composes canvases of them.

    Parameters
    ----------
    sets : tuple of LabelledSet
        The photographs.
    held_out : bool
        Whether to use those held out from the training, or the others.
    mistakes : sequence of ndarray of uint8, shape (H, W, 3)
        Pieces of pictures that were taken for faces.

    Returns
    -------
    CanvasMaker
    """
    cv2.setNumThreads(1)  # a process that forks while OpenCV has threads may stall
    pictures: list[Picture] = []
    weights: list[NDArray[np.float64]] = []
    chosen_views: list[Views] = []
    for labelled in sets:
        photograph_chosen = is_held_out(len(labelled.photographs)) == held_out
        views = labelled.views.chosen(photograph_chosen, len(pictures))
        chosen_views.append(views)
        weights.append(np.full(len(views), labelled.weight / len(views)))
        pictures += [
            read_picture(photograph)
            for photograph, chosen in zip(labelled.photographs, photograph_chosen, strict=True)
            if chosen
        ]
    backgrounds = Backgrounds(read_faceless())
    views = Views.joined(chosen_views)
    return CanvasMaker(pictures, views, np.concatenate(weights), backgrounds, mistakes)


def held_out_canvases(sets: tuple[LabelledSet, ...], count: int, side: int) -> list[Canvas]:
    """Compose canvases of the photographs that are held out, always the same ones."""
    maker = canvas_maker(sets, held_out=True)
    rng = np.random.default_rng(1)
    return [maker.make(side, rng) for _ in range(count)]


class CanvasBatches(Dataset[Batch]):
    """Batch number i of the training, which depends on the seed and on i only.

    Parameters
    ----------
    sets : tuple of LabelledSet
        The photographs.
    steps : int
        How many batches there are.
    seed : int
        Seed of all choices.
    mistakes : sequence of ndarray of uint8, shape (H, W, 3)
        Pieces of pictures that were taken for faces.
    """

    def __init__(
        self,
        sets: tuple[LabelledSet, ...],
        steps: int,
        seed: int,
        mistakes: Sequence[Picture] = (),
    ) -> None:
        self._sets = sets
        self._mistakes = mistakes
        self._steps = steps
        self._seed = seed
        self._squares: dict[int, NDArray[np.float32]] = {}

    @cached_property
    def _maker(self) -> CanvasMaker:
        """The composer, made where batches are made: in the process beside the training."""
        return canvas_maker(self._sets, held_out=False, mistakes=self._mistakes)

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self._seed, index))
        pick = 0 if rng.random() < _SIZES[0][2] else 1
        side, count, _ = _SIZES[pick]
        squares = self._squares.setdefault(side, anchor_squares(side, side))
        canvases = [self._maker.make(side, rng) for _ in range(count)]
        targets = [anchor_targets(squares, c.boxes, c.points, c.ignored) for c in canvases]
        return (
            torch.from_numpy(np.stack([c.picture for c in canvases])),
            torch.from_numpy(np.stack([t.labels for t in targets])),
            torch.from_numpy(np.stack([t.boxes for t in targets])),
            torch.from_numpy(np.stack([t.points for t in targets])),
        )


def _step_back(worker: int) -> None:
    """Let the training go first where processors are few."""
    del worker
    os.nice(5)


def batches_from(
    sets: tuple[LabelledSet, ...],
    first: int,
    steps: int,
    seed: int,
    mistakes: Sequence[Picture] = (),
) -> DataLoader[Batch]:
    """Return the training's batches ``first`` to ``steps``, made in a process of their own."""
    return DataLoader(
        CanvasBatches(sets, steps, seed, mistakes),
        batch_size=None,
        sampler=range(first, steps),
        num_workers=1,
        worker_init_fn=_step_back,
        prefetch_factor=4,
    )
