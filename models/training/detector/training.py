"""The training of the face detector's network."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.training.detector.batches import (
    Batch,
    LabelledSet,
    batches_from,
    held_out_canvases,
)
from models.training.detector.canvases import Canvas, Picture
from models.training.detector.evaluation import find_on_canvases
from models.training.detector.losses import detector_losses
from models.training.detector.network import FaceDetectorNetwork
from models.training.network_training import average_weights, load_checkpoint, save_checkpoint
from openface_core.detection.retinaface import MEAN_BGR

_CHECKPOINT_EVERY = 250
_EVALUATE_EVERY = 500
_HELD_OUT_CANVASES = 150
_CALIBRATION_CANVASES = 600
_CANVAS_SIDE_PX = 320


@dataclass(frozen=True)
class Schedule:
    """How long and how fast the network learns.

    Parameters
    ----------
    steps : int
        Batches.
    mistakes_from : int
        From this step on, canvases also show pieces of the training's pictures that the network
        took for faces at this step.
    peak_rate : float
        Learning rate after the warm-up; it falls to zero along a cosine.
    warm_up : int
        Steps in which the rate rises.
    weight_decay : float
        Of the convolutions' weights.
    average : float
        Share of the old weights in the running average that is used in the end.
    max_gradient : float
        Longer gradients are cut to this length.
    """

    steps: int = 5700
    mistakes_from: int = 4700
    peak_rate: float = 3e-3
    warm_up: int = 200
    weight_decay: float = 0.02
    average: float = 0.998
    max_gradient: float = 10.0

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        if step < self.warm_up:
            return self.peak_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.peak_rate * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-6


@dataclass(frozen=True, eq=False)
class TrainedDetector:
    """What the training gives.

    Parameters
    ----------
    network : FaceDetectorNetwork
        The averaged network, in evaluation mode.
    shifts : tuple of float
        To be added to the logits of its three levels, so that 0.5 is the probability to ask for.
    """

    network: FaceDetectorNetwork
    shifts: tuple[float, ...]


class Training:
    """A training that resumes from its last checkpoint.

    Parameters
    ----------
    sets : tuple of LabelledSet
        What to learn from.
    schedule : Schedule
        How long and how fast.
    checkpoint : Path
        File of the checkpoint.
    seed : int
        Seed of all random choices.
    find_mistakes : callable
        Returns what a network takes for faces in pictures of the training. A training that is
        stopped after ``mistakes_from`` asks again.
    origin : str
        What it learns from, as for :class:`models.training.network_training.NetworkTrainer`.
    """

    def __init__(
        self,
        sets: tuple[LabelledSet, ...],
        schedule: Schedule,
        checkpoint: Path,
        seed: int,
        find_mistakes: Callable[[FaceDetectorNetwork], Sequence[Picture]],
        origin: str = "",
    ) -> None:
        torch.manual_seed(seed)
        self._sets = sets
        self._schedule = schedule
        self._checkpoint = checkpoint
        self._seed = seed
        self._origin = origin
        self._find_mistakes = find_mistakes
        self._held_out: list[Canvas] = []
        self._network = FaceDetectorNetwork().to(memory_format=torch.channels_last)
        self._averaged: FaceDetectorNetwork = copy.deepcopy(self._network).eval()
        self._optimiser = _optimiser(self._network, schedule)
        self._step = 0
        state = load_checkpoint(checkpoint, origin)
        if state is not None:
            self._restore(state)

    def run(self) -> TrainedDetector:
        """Train to the end and return the averaged network."""
        self._held_out = held_out_canvases(self._sets, _HELD_OUT_CANVASES, _CANVAS_SIDE_PX)
        first_part = min(self._schedule.mistakes_from, self._schedule.steps)
        if self._step < first_part:
            self._learn_until(first_part, ())
        if self._step < self._schedule.steps:
            self._learn_until(self._schedule.steps, self._find_mistakes(self._averaged))
        canvases = held_out_canvases(self._sets, _CALIBRATION_CANVASES, _CANVAS_SIDE_PX)
        findings = find_on_canvases(self._averaged, canvases)
        return TrainedDetector(self._averaged, findings.calibrating_shifts())

    def _learn_until(self, until: int, mistakes: Sequence[Picture]) -> None:
        """Go on to a step, with canvases that show mistakes, if there are any."""
        batches = batches_from(self._sets, self._step, until, self._seed, mistakes)
        began, seen = time.monotonic(), 0
        losses, weight = np.zeros(3), 0.0
        self._network.train()
        for batch in batches:
            losses = 0.98 * losses + 0.02 * self._learn(batch)
            weight = 0.98 * weight + 0.02
            self._step += 1
            seen += len(batch[0])
            if self._step % 50 == 0:
                score, box, points = losses / weight
                print(
                    f"step {self._step} of {self._schedule.steps}: score {score:.4f} box {box:.4f} "
                    f"points {points:.4f}; {seen / (time.monotonic() - began):.1f} pictures/s",
                    flush=True,
                )
            last = self._step == until
            if last or self._step % _EVALUATE_EVERY == 0:
                findings = find_on_canvases(self._averaged, self._held_out)
                print(f"held out: {findings.summary()}", flush=True)
            if last or self._step % _CHECKPOINT_EVERY == 0:
                self._save()

    def _learn(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Take one step; returns the three losses."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._schedule.rate(self._step)
        pictures, labels, box_targets, point_targets = batch
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, boxes, points = self._network(as_input(pictures))
        losses = detector_losses(
            logits.float(), boxes.float(), points.float(), labels, box_targets, point_targets
        )
        self._optimiser.zero_grad(set_to_none=True)
        losses.total.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), self._schedule.max_gradient)
        self._optimiser.step()
        average_weights(self._averaged, self._network, self._schedule.average, self._step)
        parts = (losses.score, losses.box, losses.points)
        return np.array([part.item() for part in parts])

    def _save(self) -> None:
        state = {
            "origin": self._origin,
            "step": self._step,
            "network": self._network.state_dict(),
            "averaged": self._averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        save_checkpoint(state, self._checkpoint)

    def _restore(self, state: dict[str, Any]) -> None:
        self._step = int(state["step"])
        self._network.load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])


def as_input(pictures: Tensor) -> Tensor:
    """Turn pictures (B, H, W, 3) of uint8 into the network's input (B, 3, H, W) of float32."""
    return (pictures.float() - torch.from_numpy(MEAN_BGR)).permute(0, 3, 1, 2)


def _optimiser(network: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    """Return AdamW with weight decay for the convolutions' weights only."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": schedule.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=schedule.peak_rate)
