"""The training of the network that judges landmarks, and what its numbers are worth."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from models.training.confidence.examples import Examples, unpacked
from models.training.confidence.network import CalibratedNetwork
from models.training.network_training import Schedule

Float32Array = NDArray[np.float32]

_CALIBRATION_STEPS = 200


@dataclass(frozen=True)
class ConfidenceSchedule(Schedule):
    """How the network is trained."""

    steps: int = 4_000
    batch: int = 192
    warm_up: int = 200
    peak_rate: float = 2e-3
    averaging: float = 0.998
    checkpoint_every: int = 1_000
    report_every: int = 500


class ConfidenceBatches(Dataset[tuple[Float32Array, Float32Array]]):
    """Batches of examples, half of them in mirror image; batch k is the same in every run.

    Parameters
    ----------
    examples : Examples
        What is drawn from.
    batch, steps : int
        Examples in a batch, and how many batches there are.
    seed : int
        Of all choices.
    """

    def __init__(self, examples: Examples, batch: int, steps: int, seed: int) -> None:
        self._examples = examples
        self._batch, self._steps, self._seed = batch, steps, seed

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> tuple[Float32Array, Float32Array]:
        """Return crops (n, 2, 48, 48) and labels (n, 1)."""
        chance = np.random.default_rng((self._seed, step))
        chosen = chance.integers(len(self._examples.crops), size=self._batch)
        crops = unpacked(self._examples.crops[chosen])
        is_mirrored = chance.random(self._batch) < 0.5
        # Spots have no names, so that a mirrored face needs no other order.
        crops[is_mirrored] = crops[is_mirrored, :, :, ::-1]
        return crops, self._examples.is_right[chosen].astype(np.float32)[:, None]


def batch_loss(
    network: nn.Module, batch: tuple[Float32Array, Float32Array]
) -> tuple[Tensor, dict[str, float]]:
    """Return the cross entropy of a batch, and its parts for the record."""
    crops, labels = (torch.from_numpy(part) for part in batch)
    loss = nn.functional.binary_cross_entropy_with_logits(network(crops), labels)
    return loss, {"entropy": float(loss.detach())}


@dataclass(frozen=True, eq=False)
class HeldOutExamples:
    """Examples of photographs that are not trained on.

    Parameters
    ----------
    crops : (n, 2, 48, 48) Tensor
    is_right : (n, 1) Tensor
        0 or 1.
    """

    crops: Tensor
    is_right: Tensor

    @classmethod
    def of(cls, examples: Examples) -> "HeldOutExamples":
        """Return examples as the network takes them."""
        labels = examples.is_right.astype(np.float32)[:, None]
        return cls(torch.from_numpy(unpacked(examples.crops)), torch.from_numpy(labels))

    def log_odds(self, network: nn.Module) -> Tensor:
        """Return what a network says, (n, 1)."""
        network.eval()
        with torch.inference_mode():
            return torch.cat([network(part) for part in self.crops.split(512)]).clone()

    def report(self, network: nn.Module) -> str:
        """Say the cross entropy, and how many are judged rightly."""
        found = self.log_odds(network)
        entropy = nn.functional.binary_cross_entropy_with_logits(found, self.is_right)
        rightly = ((found > 0) == (self.is_right > 0.5)).float().mean()
        return f"entropy {float(entropy):.4f}, {float(rightly):.2%} judged rightly"

    def calibrated(self, network: nn.Module) -> CalibratedNetwork:
        """Return the network with the gain and bias under which these examples are likeliest."""
        found = self.log_odds(network).double()
        line = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
        search = torch.optim.LBFGS([line], max_iter=_CALIBRATION_STEPS)

        def entropy() -> Tensor:
            search.zero_grad()
            value = nn.functional.binary_cross_entropy_with_logits(
                line[0] * found + line[1], self.is_right.double()
            )
            value.backward()
            return value

        search.step(entropy)
        gain, bias = line.detach().tolist()
        return CalibratedNetwork(network, gain, bias)
