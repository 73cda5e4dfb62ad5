"""The embedded face detector: a small single-shot network with RetinaFace's anchors and outputs.

References
----------
Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020.
Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications", 2017 (separable convolutions).
Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

ANCHORS_PER_PLACE = 2
_BOX, _POINTS = 4, 10
_PER_ANCHOR = 1 + _BOX + _POINTS
_NO_SHIFTS = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class DetectorShape:
    """Channels and depths of the network.

    Parameters
    ----------
    stem, quarter, eighth, sixteenth, thirty_second : int
        Channels at strides 2, 4, 8, 16 and 32.
    eighth_blocks, sixteenth_blocks, thirty_second_blocks : int
        Residual blocks after the convolution that reaches the stride.
    pyramid : int
        Channels of the three levels that the head sees.
    head_blocks : int
        Separable convolutions of the head, which the levels share.
    """

    stem: int = 16
    quarter: int = 24
    eighth: int = 48
    sixteenth: int = 96
    thirty_second: int = 128
    eighth_blocks: int = 2
    sixteenth_blocks: int = 3
    thirty_second_blocks: int = 2
    pyramid: int = 48
    head_blocks: int = 2


def _convolution(
    inputs: int, outputs: int, side: int, stride: int = 1, groups: int = 1, active: bool = True
) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if active:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _separable(inputs: int, outputs: int, stride: int = 1, active: bool = True) -> nn.Sequential:
    return nn.Sequential(
        _convolution(inputs, inputs, 3, stride, groups=inputs, active=False),
        _convolution(inputs, outputs, 1, active=active),
    )


class _Residual(nn.Module):
    """Two separable convolutions beside a path that skips them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _separable(channels, channels), _separable(channels, channels, active=False)
        )

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.body(features))


def _stage(
    first: Callable[[int, int, int], nn.Module], inputs: int, outputs: int, blocks: int
) -> nn.Sequential:
    return nn.Sequential(first(inputs, outputs, 2), *(_Residual(outputs) for _ in range(blocks)))


def _dense(inputs: int, outputs: int, stride: int) -> nn.Module:
    return _convolution(inputs, outputs, 3, stride)


class FaceDetectorNetwork(nn.Module):
    """From pictures to the logits, box offsets and point offsets of all anchors.

    Anchors come in the order level > row > column > side, as :mod:`openface_core.detection`
    decodes them.

    Parameters
    ----------
    shape : DetectorShape
        Channels and depths.
    """

    def __init__(self, shape: DetectorShape = DetectorShape()) -> None:
        super().__init__()
        s = shape
        self.eighth = nn.Sequential(
            _dense(3, s.stem, 2),
            _dense(s.stem, s.quarter, 2),
            _stage(_dense, s.quarter, s.eighth, s.eighth_blocks),
        )
        self.sixteenth = _stage(_separable, s.eighth, s.sixteenth, s.sixteenth_blocks)
        self.thirty_second = _stage(
            _separable, s.sixteenth, s.thirty_second, s.thirty_second_blocks
        )
        self.lateral = nn.ModuleList(
            _convolution(c, s.pyramid, 1) for c in (s.eighth, s.sixteenth, s.thirty_second)
        )
        self.merge = nn.ModuleList(_separable(s.pyramid, s.pyramid) for _ in range(2))
        self.head = nn.Sequential(*(_separable(s.pyramid, s.pyramid) for _ in range(s.head_blocks)))
        self.outputs = nn.ModuleList(
            nn.Conv2d(s.pyramid, ANCHORS_PER_PLACE * _PER_ANCHOR, 1) for _ in range(3)
        )
        for output in self.outputs:
            nn.init.normal_(output.weight, std=0.01)
            nn.init.zeros_(output.bias)
            with torch.no_grad():  # one anchor in a hundred is a face, to begin with
                output.bias[::_PER_ANCHOR] = -math.log(99.0)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the raw outputs.

        Parameters
        ----------
        images : Tensor of float32, shape (B, 3, H, W)
            Blue, green, red minus their means.

        Returns
        -------
        tuple of Tensor, shapes (B, N), (B, N, 4), (B, N, 10)
            Logit of a face; box offsets; point offsets, of the N anchors.
        """
        eighth = self.eighth(images)
        sixteenth = self.sixteenth(eighth)
        thirty_second = self.lateral[2](self.thirty_second(sixteenth))
        sixteenth = self.merge[1](_added(self.lateral[1](sixteenth), thirty_second))
        eighth = self.merge[0](_added(self.lateral[0](eighth), sixteenth))
        levels = []
        for features, output in zip((eighth, sixteenth, thirty_second), self.outputs, strict=True):
            level = output(self.head(features)).permute(0, 2, 3, 1)
            levels.append(level.reshape(level.shape[0], -1, _PER_ANCHOR))
        anchors = torch.cat(levels, dim=1)
        return anchors[..., 0], anchors[..., 1 : 1 + _BOX], anchors[..., 1 + _BOX :]


def _added(fine: Tensor, coarse: Tensor) -> Tensor:
    """Add a level to the next finer one; an odd finer size leaves a doubled row or column over."""
    doubled = functional.interpolate(coarse, scale_factor=2.0, mode="nearest")
    return fine + doubled[:, :, : fine.shape[2], : fine.shape[3]]


class ExportedDetector(nn.Module):
    """The network with RetinaFace's outputs ``loc``, ``conf`` (probabilities) and ``landms``.

    Parameters
    ----------
    network : FaceDetectorNetwork
        The trained network.
    shifts : tuple of float
        Calibration, added to the logits of the three levels.
    """

    def __init__(
        self, network: FaceDetectorNetwork, shifts: tuple[float, ...] = _NO_SHIFTS
    ) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        with torch.no_grad():
            for output, shift in zip(self.network.outputs, shifts, strict=True):
                output.bias[::_PER_ANCHOR] += shift

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute box offsets (B, N, 4), probabilities (B, N, 2) and point offsets (B, N, 10)."""
        logits, boxes, points = self.network(images)
        face = torch.sigmoid(logits).unsqueeze(-1)
        return boxes, torch.cat([1.0 - face, face], dim=-1), points
