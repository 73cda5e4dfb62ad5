"""Opens networks on the CPU, and keeps what onnxruntime makes of them."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import onnxruntime as ort

from openface_core.kept_files import kept_bytes, may_be_kept

_PRELU = b"PRelu"
"""The name of the layer, as ONNX files spell it."""


def _with_fast_prelu(content: bytes) -> bytes:
    if _PRELU not in content:
        return content
    # Reading what is in ONNX files takes 0.07 s to import; few networks need it.
    from openface_core.prelu import with_fast_prelu

    return with_fast_prelu(content)


def open_on_cpu(path: Path, content: bytes, threads: int) -> ort.InferenceSession:
    """Open a network, where that is kept as onnxruntime optimised it for this processor.

    Its results have the same bits as those of the network itself. It is opened once: where nothing
    can be kept, it would otherwise be optimised twice at every start.

    Parameters
    ----------
    path : Path
        The network's file.
    content : bytes
        What that holds.
    threads : int
        Threads within one operator.
    """
    opened: list[ort.InferenceSession] = []

    def on_cpu(network: bytes, options: ort.SessionOptions) -> ort.InferenceSession:
        return ort.InferenceSession(network, options, ["CPUExecutionProvider"])

    def make() -> bytes:
        with TemporaryDirectory(prefix="openface-beam-") as folder:
            options = session_options(path, threads)
            options.optimized_model_filepath = str(Path(folder) / "optimised.onnx")
            opened.append(on_cpu(_with_fast_prelu(content), options))
            return Path(options.optimized_model_filepath).read_bytes()

    if may_be_kept(len(content)):
        # For what reason ever that fails: where it is the network's fault, opening it will tell.
        with suppress(Exception):  # onnxruntime's exceptions share no narrower base class
            found = kept_bytes("network 1", (ort.__version__.encode(), content), make)
            if not opened:
                options = session_options(path, threads)
                options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
                return on_cpu(bytes(found), options)
    return (
        opened[0] if opened else on_cpu(_with_fast_prelu(content), session_options(path, threads))
    )


def session_options(path: Path, threads: int) -> ort.SessionOptions:
    """Return how networks are run: one operator after the other, with the same bits each time."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # whatever matters arrives as an exception
    # Idle threads must not burn the cores that other workers need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A hostile model may name other files as the home of its weights. They are looked for in this
    # folder, which cannot exist because a file has that name.
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(path.absolute() / "none")
    )
    return options
