"""The embedded landmark network: a small residual network with heat maps inside."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.training.network_layers import ResidualBlock, convolution
from models.training.photographs import LANDMARKS

MAP_CELLS = 28
"""Side of a heat map: a quarter of the crop's."""


@dataclass(frozen=True)
class NetworkSettings:
    """Size of the network.

    Parameters
    ----------
    channels : tuple of 4 ints
        After the first convolution, and at a quarter, an eighth and a sixteenth of the crop's side.
    blocks : tuple of 3 ints
        Residual blocks at a quarter, an eighth and a sixteenth.
    joined_channels, map_channels : int
        Where the two coarser resolutions are joined, and where the heat maps are read off.
    """

    channels: tuple[int, int, int, int] = (16, 32, 64, 96)
    blocks: tuple[int, int, int] = (1, 2, 3)
    joined_channels: int = 64
    map_channels: int = 32


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        convolution(inputs, outputs, stride=2), *(ResidualBlock(outputs) for _ in range(blocks))
    )


class LandmarkHeatMaps(nn.Module):
    """From crops to logits of the heat maps and of the presence of a face.

    Parameters
    ----------
    settings : NetworkSettings
    """

    def __init__(self, settings: NetworkSettings = NetworkSettings()) -> None:
        super().__init__()
        first, fine, middle, coarse = settings.channels
        joined, maps = settings.joined_channels, settings.map_channels
        self.stem = convolution(3, first, stride=2)
        self.fine = _stage(first, fine, settings.blocks[0])
        self.middle = _stage(fine, middle, settings.blocks[1])
        self.coarse = _stage(middle, coarse, settings.blocks[2])
        self.coarse_side = convolution(coarse, joined, 1)
        self.middle_side = convolution(middle, joined, 1)
        self.middle_join = convolution(joined, joined)
        self.middle_up = nn.Conv2d(joined, maps, 1)
        self.fine_side = convolution(fine, maps, 1)
        self.fine_join = convolution(maps, maps)
        self.maps = nn.Conv2d(maps, LANDMARKS, 1)
        self.presence = nn.Linear(coarse, 1)
        self.twice = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of heat maps and of presence.

        Parameters
        ----------
        crops : (n, 3, 112, 112) Tensor
            Blue first, 0 to 1.

        Returns
        -------
        maps : (n, 68, 28, 28) Tensor
        presence : (n, 1) Tensor
        """
        fine = self.fine(self.stem(crops))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        joined = self.twice(self.coarse_side(coarse)) + self.middle_side(middle)
        joined = self.twice(self.middle_up(self.middle_join(joined))) + self.fine_side(fine)
        return self.maps(self.fine_join(joined)), self.presence(coarse.mean(dim=(2, 3)))


class LandmarkPoints(nn.Module):
    """The network as it is used: each point is the mean of its heat map.

    Parameters
    ----------
    heat_maps : nn.Module
        A :class:`LandmarkHeatMaps`.
    """

    centres: Tensor

    def __init__(self, heat_maps: nn.Module) -> None:
        super().__init__()
        self.heat_maps = heat_maps
        self.register_buffer("centres", (torch.arange(MAP_CELLS) + 0.5) / MAP_CELLS)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Return points (n, 68, 2), x and y from 0 to 1 over the crop, and presence logits."""
        maps, presence = self.heat_maps(crops)
        density = torch.softmax(maps.flatten(2), dim=2)
        density = density.reshape(-1, LANDMARKS, MAP_CELLS, MAP_CELLS)
        x = (density.sum(dim=2) * self.centres).sum(dim=2)
        y = (density.sum(dim=3) * self.centres).sum(dim=2)
        return torch.stack([x, y], dim=2), presence
