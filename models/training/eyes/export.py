"""From the trained network to the ONNX file that :mod:`openface_core.eyes` reads."""

from pathlib import Path

from torch import nn

from models.training.network_file import write_network
from openface_core.eyes.eye_network import INPUT, POINTS
from openface_core.eyes.eye_square import EYE_CROP_PX


def export_eyes(network: nn.Module, path: Path, seed: int) -> None:
    """Write a network; the number of crops stays open.

    Parameters
    ----------
    network : nn.Module
        The trained :class:`models.training.eyes.network.EyeNetwork`.
    path : Path
        File to write.
    seed : int
        Of the training, for the record.

    Raises
    ------
    RuntimeError
        See :func:`models.training.network_file.write_network`.
    """
    crop_shape = (1, EYE_CROP_PX, EYE_CROP_PX)
    write_network(network, crop_shape, (INPUT, POINTS), path, {"seed": str(seed)})
