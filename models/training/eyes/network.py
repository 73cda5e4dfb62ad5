"""The embedded eye network: a small residual network that gives coordinates."""

from dataclasses import dataclass

from torch import Tensor, nn

from models.training.network_layers import ResidualBlock, convolution
from openface_core.eyes import EYE_POINT_COUNT
from openface_core.eyes.eye_square import EYE_CROP_PX


@dataclass(frozen=True)
class EyeNetworkSettings:
    """Size of the network.

    Parameters
    ----------
    channels : tuple of 3 ints
        At a half, a quarter and an eighth of the crop's side.
    last_channels, hidden : int
        Where the map becomes a vector, and of the layer behind that.
    """

    channels: tuple[int, int, int] = (16, 32, 48)
    last_channels: int = 24
    hidden: int = 64


class EyeNetwork(nn.Module):
    """From grey crops of left eyes to points.

    Parameters
    ----------
    settings : EyeNetworkSettings
    """

    def __init__(self, settings: EyeNetworkSettings = EyeNetworkSettings()) -> None:
        super().__init__()
        first, second, third = settings.channels
        cells = (EYE_CROP_PX // 8) ** 2
        self.maps = nn.Sequential(
            convolution(1, first, stride=2),
            ResidualBlock(first),
            convolution(first, second, stride=2),
            ResidualBlock(second),
            convolution(second, third, stride=2),
            ResidualBlock(third),
            convolution(third, settings.last_channels, 1),
        )
        self.points = nn.Sequential(
            nn.Flatten(),
            nn.Linear(cells * settings.last_channels, settings.hidden),
            nn.ReLU(inplace=True),
            nn.Linear(settings.hidden, 2 * EYE_POINT_COUNT),
        )

    def forward(self, crops: Tensor) -> Tensor:
        """Return the points of crops.

        Parameters
        ----------
        crops : (n, 1, 48, 48) Tensor
            Grey, 0 to 1.

        Returns
        -------
        (n, 28, 2) Tensor
            x and y in sides of the crop from its middle.
        """
        # Light changes less of what is left when each crop has its own mean and contrast.
        mean = crops.mean(dim=(1, 2, 3), keepdim=True)
        spread = (crops - mean).square().mean(dim=(1, 2, 3), keepdim=True).add(1e-4).sqrt()
        points: Tensor = self.points(self.maps((crops - mean) / spread))
        return points.reshape(-1, EYE_POINT_COUNT, 2)
