"""From the trained network to the ONNX file that :mod:`openface_core.landmarks` reads."""

from pathlib import Path

from models.training.landmarks.augmentation import CROP_PX
from models.training.landmarks.network import LandmarkHeatMaps, LandmarkPoints
from models.training.network_file import write_network

INPUT, POINTS, PRESENCE = "input", "landmarks", "presence"


def export_landmarks(network: LandmarkHeatMaps, path: Path, seed: int) -> None:
    """Write a network; the number of crops stays open.

    Parameters
    ----------
    network : LandmarkHeatMaps
        The trained network.
    path : Path
        File to write.
    seed : int
        Of the training, for the record.

    Raises
    ------
    RuntimeError
        See :func:`models.training.network_file.write_network`.
    """
    names, crop_shape = (INPUT, POINTS, PRESENCE), (3, CROP_PX, CROP_PX)
    write_network(LandmarkPoints(network), crop_shape, names, path, {"seed": str(seed)})
