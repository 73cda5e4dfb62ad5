"""The unit in which benchmarks give times: one pass of a landmark network, as onnxruntime runs it.

The file is run as it is, on one thread: the unit may not change with this program, which rewrites
layers of the networks that it runs itself (:mod:`openface_core.prelu`).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks.timing import Operation, measure

REFERENCE_NETWORK = "cunjian_mobilefacenet68.onnx"
_SIDE_PX = 112
_CALLS = 100


def find_network(folder: Path) -> Path:
    """Return the network whose pass is the unit.

    Parameters
    ----------
    folder : Path
        A models folder or the reference material.

    Raises
    ------
    SystemExit
        If it is not there.
    """
    for place in (folder, folder / "models"):
        if (place / REFERENCE_NETWORK).is_file():
            return place / REFERENCE_NETWORK
    raise SystemExit(
        f"{folder} has no {REFERENCE_NETWORK}, whose pass is the unit of this benchmark: "
        "name a folder that has it"
    )


def reference_pass(network: Path) -> Callable[[int], object]:
    """Return one pass of a network on one thread, as a timed operation."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(network), options, providers=["CPUExecutionProvider"]
    )
    (tensor,) = session.get_inputs()
    picture = np.random.default_rng(0).random((1, 3, _SIDE_PX, _SIDE_PX), dtype=np.float32)
    return lambda _: session.run(None, {tensor.name: picture})


def reference_pass_ms(network: Path) -> float:
    """Return the CPU time of one pass, milliseconds."""
    operation = Operation(reference_pass(network))
    return measure({"pass": operation}, _CALLS, 1)["pass"].median_ms
