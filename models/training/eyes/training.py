"""The training of the eye network: its loss, and its error on held-out eyes."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.training.eyes.batches import (
    EyePictures,
    as_input,
    cut_eye,
    mapped,
    to_crop,
    undistorted,
)
from models.training.eyes.network import EyeNetworkSettings
from models.training.network_training import Schedule
from openface_core.eyes.eye_points import CORNER_POINTS, IRIS, MIRRORED_EYE_POINTS
from openface_core.eyes.eye_square import EYE_SQUARE_MM

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class EyeTrainingSettings(Schedule):
    """How the network is trained.

    Parameters
    ----------
    offset_weight : float
        Weight of where the iris is seen to be in the eye, which gaze follows.
    bend_mm : float
        Errors below count by their square.
    network : EyeNetworkSettings
    """

    steps: int = 5_000
    batch: int = 40
    warm_up: int = 300
    peak_rate: float = 3e-3
    averaging: float = 0.998
    checkpoint_every: int = 1_000
    report_every: int = 500
    offset_weight: float = 0.6
    bend_mm: float = 0.4
    network: EyeNetworkSettings = field(default_factory=EyeNetworkSettings)


def input_tensor(crops: UInt8Array) -> Tensor:
    """Return crops (n, 48, 48) as the network takes them."""
    return torch.from_numpy(crops)[:, None].float().div_(255.0)


def iris_offsets(points: Tensor) -> Tensor:
    """Return the lines (n, 2) to the iris from between the corners."""
    return points[:, IRIS].mean(dim=1) - points[:, list(CORNER_POINTS)].mean(dim=1)


def batch_loss(
    network: nn.Module, batch: tuple[UInt8Array, Float32Array], settings: EyeTrainingSettings
) -> tuple[Tensor, dict[str, float]]:
    """Return the loss of a batch in mm, and its parts for the record."""
    crops, target = input_tensor(batch[0]), torch.from_numpy(batch[1])
    found = network(crops)
    error = (found - target) * EYE_SQUARE_MM
    offset = (iris_offsets(found) - iris_offsets(target)) * EYE_SQUARE_MM
    bend = settings.bend_mm
    loss = nn.functional.smooth_l1_loss(error, torch.zeros_like(error), beta=bend)
    aside = nn.functional.smooth_l1_loss(offset, torch.zeros_like(offset), beta=bend)
    parts = {"points_mm": error.norm(dim=2).mean(), "offset_mm": offset.norm(dim=1).mean()}
    total = loss + settings.offset_weight * aside
    return total, {name: float(value.detach()) for name, value in parts.items()}


@dataclass(frozen=True, eq=False)
class HeldOutEyes:
    """Crops of eyes that are not trained on, and the points in them.

    Parameters
    ----------
    crops : (n, 1, 48, 48) Tensor
    points : (n, 28, 2) Tensor
        In sides of the crop.
    """

    crops: Tensor
    points: Tensor

    @classmethod
    def of(cls, eyes: EyePictures) -> "HeldOutEyes":
        """Cut each eye as it will be when the network is used."""
        crops, points = [], []
        for eye, square in enumerate(eyes.squares):
            is_right = bool(eyes.is_right[eye])
            transform = to_crop(square, undistorted(), is_right)
            crops.append(as_input(cut_eye(eyes.images[eye], transform, cv2.BORDER_CONSTANT)))
            found = mapped(eyes.points[eye], transform)
            points.append(found[list(MIRRORED_EYE_POINTS)] if is_right else found)
        return cls(input_tensor(np.stack(crops)), torch.from_numpy(np.stack(points)))

    def found(self, network: nn.Module) -> Tensor:
        """Return what a network finds, (n, 28, 2) in sides of the crop."""
        network.eval()
        with torch.inference_mode():
            return torch.cat([network(part) for part in self.crops.split(256)])

    def report(self, network: nn.Module) -> str:
        """Say the mean error of the points, and how well lines of gaze follow the teacher's."""
        found = self.found(network)
        error_mm = float((found - self.points).norm(dim=2).mean()) * EYE_SQUARE_MM
        lines, taught = (iris_offsets(points).numpy().T for points in (found, self.points))
        r = [np.corrcoef(a, b)[0, 1] for a, b in zip(lines, taught, strict=True)]
        return f"{error_mm:.3f} mm, r of the iris {' '.join(f'{value:.3f}' for value in r)}"
