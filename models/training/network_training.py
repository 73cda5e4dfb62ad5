"""The training of a network: schedule, steps, moving average of the weights, checkpoints."""

import copy
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from models.training.origins import made_anew


@dataclass(frozen=True)
class Schedule:
    """How long a network is trained, and how fast it learns.

    Parameters
    ----------
    steps : int
        Batches.
    batch : int
        Crops in one.
    peak_rate, last_rate : float
        Learning rate after warming up, and at the end of the half cosine that follows.
    warm_up : int
        Steps.
    weight_decay : float
    averaging : float
        Decay of the moving average of the weights, which is what is exported.
    checkpoint_every, report_every : int
        Steps.
    """

    steps: int = 18_000
    batch: int = 32
    peak_rate: float = 2e-3
    last_rate: float = 1e-5
    warm_up: int = 500
    weight_decay: float = 0.02
    averaging: float = 0.999
    checkpoint_every: int = 500
    report_every: int = 250

    def progress(self, step: int) -> float:
        """Return the share of the half cosine that is behind at a step, 0 to 1."""
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return 0.5 - 0.5 * math.cos(math.pi * min(max(done, 0.0), 1.0))

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        if step < self.warm_up:
            return self.peak_rate * (step + 1) / self.warm_up
        return self.peak_rate + (self.last_rate - self.peak_rate) * self.progress(step)


BatchLoss = Callable[[nn.Module, Any, int], tuple[Tensor, dict[str, float]]]
"""Returns the loss of a network on a batch at a step, and its parts for the record."""


@torch.no_grad()
def average_weights(averaged: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Let a moving average of weights follow a network's; at the beginning more quickly.

    Parameters
    ----------
    averaged, network : nn.Module
        The average, which is changed, and the network after its step.
    decay : float
        Of the moving average.
    step : int
        Steps before this one.
    """
    share = 1.0 - min(decay, (1 + step) / (10 + step))
    pairs = zip(averaged.state_dict().values(), network.state_dict().values(), strict=True)
    for mean, value in pairs:
        if mean.is_floating_point():
            mean.lerp_(value, share)
        else:
            mean.copy_(value)


def save_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write the state of a training, whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load_checkpoint(path: Path, origin: str) -> dict[str, Any] | None:
    """Return the state of a training.

    Parameters
    ----------
    path : Path
        The checkpoint; it need not exist.
    origin : str
        What the training learns from, see :func:`models.training.origins.origin_of`.

    Returns
    -------
    dict or None
        None where there is none, or it is of a training on something else.
    """
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state.get("origin", "") == origin:
        return state
    made_anew(path)
    return None


def _first(batches: Sequence[Any]) -> Any:
    return batches[0]


class NetworkTrainer:
    """A training with its checkpoints.

    Parameters
    ----------
    network : nn.Module
        With its first weights.
    schedule : Schedule
    checkpoint : Path
        Where the state is kept; a training goes on from there.
    origin : str
        What it learns from, see :func:`models.training.origins.origin_of`: a state that came of
        something else is not gone on from.

    Attributes
    ----------
    step : int
        Steps that are behind.
    averaged : nn.Module
        The same network with the moving average of its weights.
    """

    def __init__(
        self, network: nn.Module, schedule: Schedule, checkpoint: Path, origin: str = ""
    ) -> None:
        self.schedule = schedule
        self.step = 0
        self._checkpoint = checkpoint
        self._origin = origin
        self.averaged = copy.deepcopy(network)
        self.network = network.to(memory_format=torch.channels_last)
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=schedule.peak_rate, weight_decay=schedule.weight_decay
        )
        state = load_checkpoint(checkpoint, origin)
        if state is not None:
            self._restore(state)

    def _restore(self, state: dict[str, Any]) -> None:
        self.step = int(state["step"])
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])

    def _save(self) -> None:
        state = {
            "origin": self._origin,
            "step": self.step,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        save_checkpoint(state, self._checkpoint)

    def _average(self) -> None:
        average_weights(self.averaged, self.network, self.schedule.averaging, self.step)

    def train(
        self, batches: Dataset[Any], loss_of: BatchLoss, held_out: Callable[[nn.Module], str]
    ) -> None:
        """Train up to the last step.

        Parameters
        ----------
        batches : sequence
            Indexed by the step.
        loss_of : callable
            See :data:`BatchLoss`.
        held_out : callable
            Says in words how far off a network is on what it does not learn from; for the record.
        """
        schedule = self.schedule
        loader = DataLoader(
            batches,
            sampler=range(self.step, schedule.steps),
            batch_size=1,
            collate_fn=_first,
            num_workers=1,
            prefetch_factor=8,
        )
        sums: dict[str, float] = {}
        start = time.monotonic()
        for batch in loader:
            for name, value in self._learn(batch, loss_of).items():
                sums[name] = sums.get(name, 0.0) + value / schedule.report_every
            if self.step % schedule.report_every == 0:
                rate = schedule.report_every * schedule.batch / (time.monotonic() - start)
                means = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
                sys.stderr.write(
                    f"step {self.step} of {schedule.steps}: {means}; "
                    f"held out {held_out(self.averaged)}; {rate:.0f} crops/s\n"
                )
                sums, start = {}, time.monotonic()
            if self.step % schedule.checkpoint_every == 0 or self.step == schedule.steps:
                self._save()

    def _learn(self, batch: Any, loss_of: BatchLoss) -> dict[str, float]:
        """Take one step, and return the parts of the loss."""
        for group in self._optimiser.param_groups:
            group["lr"] = self.schedule.rate(self.step)
        self.network.train()
        loss, parts = loss_of(self.network, batch, self.step)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self._average()
        self.step += 1
        return parts
