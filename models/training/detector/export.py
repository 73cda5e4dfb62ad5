"""From the trained network to the ONNX file that :mod:`openface_core.detection` reads."""

import contextlib
import io
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from models.training.detector.network import ExportedDetector, FaceDetectorNetwork

_OPSET = 17
_GREATEST_DIFFERENCE = 1e-5


def export_detector(network: FaceDetectorNetwork, path: Path, shifts: tuple[float, ...]) -> Path:
    """Write a network with RetinaFace's input and outputs; height, width and batch stay open.

    Parameters
    ----------
    network : FaceDetectorNetwork
        The trained network.
    path : Path
        File to write.
    shifts : tuple of float
        Calibration of the three levels' logits, see :class:`ExportedDetector`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    RuntimeError
        If ONNX Runtime computes something else from the file than PyTorch from the network.
    """
    model = ExportedDetector(network.eval().float(), shifts).eval()
    names = ["loc", "conf", "landms"]
    open_axes = {name: {0: "batch", 1: "anchors"} for name in names}
    open_axes["input"] = {0: "batch", 2: "height", 3: "width"}
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(
            model, (torch.zeros(1, 3, 96, 128),), str(path), dynamo=False, opset_version=_OPSET,
            input_names=["input"], output_names=names, dynamic_axes=open_axes,
        )  # fmt: skip
    _check(model, path)
    return path


def _check(model: ExportedDetector, path: Path) -> None:
    """Compare the file with the network on an odd size and on two pictures at once."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for shape in ((1, 3, 101, 75), (2, 3, 64, 96)):
        images = np.random.default_rng(0).uniform(-120, 130, shape).astype(np.float32)
        with torch.inference_mode():
            expected = model(torch.from_numpy(images))
        for tensor, array in zip(expected, session.run(None, {"input": images}), strict=True):
            difference = float(np.abs(tensor.numpy() - array).max())
            if not difference <= _GREATEST_DIFFERENCE:
                raise RuntimeError(f"{path}: differs from the network by {difference}")
