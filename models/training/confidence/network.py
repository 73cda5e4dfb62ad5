"""The network that judges landmarks, and its file."""

from pathlib import Path

import torch
from torch import Tensor, nn

from models.training.network_file import write_network
from models.training.network_layers import convolution
from openface_core.landmark_confidence.face_crop import CHANNELS, CROP_PX
from openface_core.landmark_confidence.judge import INPUT, PROBABILITY

_MAPS = (16, 32, 48)
_HIDDEN = 32
_GREATEST_ROUNDING = 0.01
"""What storing the weights in half precision may change of a probability."""


class ConfidenceNetwork(nn.Module):
    """Three convolutions, each of which halves the picture, and two dense layers."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (CHANNELS, *_MAPS)
        layers = [convolution(a, b, stride=2) for a, b in zip(inputs, _MAPS, strict=False)]
        side = CROP_PX // 2 ** len(_MAPS)
        self.maps = nn.Sequential(*layers)
        self.decision = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(_MAPS[-1] * side * side, _HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(_HIDDEN, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the log odds (n, 1) that the landmarks of crops (n, 2, 48, 48) are right."""
        found: Tensor = self.decision(self.maps(x))
        return found


class CalibratedNetwork(nn.Module):
    """Turns the log odds of a network into a probability that means what it says.

    Parameters
    ----------
    network : ConfidenceNetwork
    gain, bias : float
        Of the log odds.
    """

    def __init__(self, network: nn.Module, gain: float, bias: float) -> None:
        super().__init__()
        self.network = network
        self.gain, self.bias = gain, bias

    def forward(self, x: Tensor) -> Tensor:
        """Return the probability (n, 1)."""
        return torch.sigmoid(self.gain * self.network(x) + self.bias)


def export_confidence(network: CalibratedNetwork, path: Path, seed: int) -> None:
    """Write the network; raises as :func:`models.training.network_file.write_network`.

    Parameters
    ----------
    network : CalibratedNetwork
        The trained network.
    path : Path
        File to write.
    seed : int
        Of the training, for the record.
    """
    write_network(
        network,
        (CHANNELS, CROP_PX, CROP_PX),
        (INPUT, PROBABILITY),
        path,
        {"seed": str(seed)},
        greatest_rounding=_GREATEST_ROUNDING,
    )
