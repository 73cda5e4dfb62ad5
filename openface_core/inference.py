"""Neural networks in ONNX files, run through onnxruntime.

One class, :class:`OnnxModel`, opens a model file, checks that it is the kind of network its caller
expects, and runs it. What runs it (CPU, CUDA, Core ML, ...) is chosen by :class:`OnnxSettings`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from openface_core.cpu_network import open_on_cpu, session_options
from openface_core.errors import ConfigError, ModelFileError

FloatArray = NDArray[np.float32]

MAX_MODEL_BYTES = 1 << 30
"""Larger model files are refused before they are read."""


@dataclass(frozen=True)
class _Provider:
    """How onnxruntime calls a piece of hardware, and which package brings it."""

    onnxruntime_name: str
    package: str
    # Where a provider may choose an algorithm by timing it, two runs can differ: fix the choice.
    options: tuple[tuple[str, str], ...] = ()


_CUDA_OPTIONS = (("cudnn_conv_algo_search", "HEURISTIC"), ("use_tf32", "0"))
PROVIDERS: Mapping[str, _Provider] = {
    "cpu": _Provider("CPUExecutionProvider", "onnxruntime"),
    "cuda": _Provider("CUDAExecutionProvider", "onnxruntime-gpu", _CUDA_OPTIONS),
    "tensorrt": _Provider("TensorrtExecutionProvider", "onnxruntime-gpu"),
    "migraphx": _Provider("MIGraphXExecutionProvider", "onnxruntime-migraphx"),
    "rocm": _Provider("ROCMExecutionProvider", "onnxruntime-rocm"),
    "directml": _Provider("DmlExecutionProvider", "onnxruntime-directml"),
    "coreml": _Provider("CoreMLExecutionProvider", "onnxruntime (on macOS)"),
    "openvino": _Provider("OpenVINOExecutionProvider", "onnxruntime-openvino"),
}
"""The names that :attr:`OnnxSettings.provider` takes besides ``auto``."""

AUTO_ORDER = ("cuda", "migraphx", "rocm", "directml", "coreml", "openvino", "cpu")
"""What ``auto`` prefers. TensorRT builds an engine for minutes before it starts: only on demand."""


@dataclass(frozen=True)
class OnnxSettings:
    """Where networks run.

    Parameters
    ----------
    provider : str
        ``auto``, the best one that is installed (see :data:`AUTO_ORDER`), or the name of one
        (see :data:`PROVIDERS`).
    threads : int
        Threads within one operator. The default of 1 suits many workers side by side.

    Raises
    ------
    ConfigError
        If the provider is unknown or the number of threads is not in 1..256.
    """

    provider: str = "auto"
    threads: int = 1

    def __post_init__(self) -> None:
        if self.provider != "auto" and self.provider not in PROVIDERS:
            raise ConfigError(
                "provider",
                f"unknown value {self.provider!r}",
                f"Choose one of: auto, {', '.join(PROVIDERS)}.",
            )
        if not 1 <= self.threads <= 256:
            raise ConfigError(
                "threads",
                f"expected 1 to 256, found {self.threads}",
                "Give a number in this range.",
            )


DEFAULT_ONNX_SETTINGS = OnnxSettings()

_SOURCE_PLACE = re.compile(r" : /\S*onnxruntime\S*:\d+ .*?\) (?=[A-Z])")
"""As `` : /onnxruntime_src/.../model.cc:256 onnxruntime::Model::Model(...) Reason``."""


def choose_providers(provider: str, available: Sequence[str]) -> tuple[str, ...]:
    """Translate a provider's short name into onnxruntime's names, most wanted first.

    Parameters
    ----------
    provider : str
        ``auto`` or a key of :data:`PROVIDERS`.
    available : sequence of str
        What onnxruntime reports as installed (``onnxruntime.get_available_providers()``).

    Returns
    -------
    tuple of str
        The provider, then the CPU one, which takes the operators that the first does not know.

    Raises
    ------
    ConfigError
        If a provider was named that is unknown or not installed.
    """
    OnnxSettings(provider=provider)
    cpu = PROVIDERS["cpu"].onnxruntime_name
    if provider == "auto":
        names = (PROVIDERS[key].onnxruntime_name for key in AUTO_ORDER)
        first = next((name for name in names if name in available), cpu)
    else:
        first = PROVIDERS[provider].onnxruntime_name
        if first not in available:
            present = [k for k, v in PROVIDERS.items() if v.onnxruntime_name in available]
            raise ConfigError(
                f"provider {provider!r}",
                f"not part of the installed onnxruntime, which has: {', '.join(present) or 'none'}",
                f"Install the package {PROVIDERS[provider].package} in place of the present "
                "onnxruntime, or use provider 'auto'.",
            )
    return (first,) if first == cpu else (first, cpu)


@dataclass(frozen=True)
class TensorSpec:
    """An input or output that a network must have.

    Parameters
    ----------
    name : str or None
        Its name in the ONNX graph; None means the only one there is.
    shape : tuple of (int or None), or None
        Its dimensions; None where any size will do, and in place of all where any shape will do. A
        network may leave any dimension open.
    """

    name: str | None
    shape: tuple[int | None, ...] | None


class OnnxModel:
    """A network in an ONNX file, ready to run; safe to share between threads.

    Parameters
    ----------
    path : path-like
        The model file. It must be self-contained: weights in further files are not read.
    inputs, outputs : sequence of TensorSpec
        What the network must offer (float32 tensors). It may have further outputs, but no further
        inputs. :meth:`run` takes and returns tensors in the order given here.
    settings : OnnxSettings
        Where to run it.

    Attributes
    ----------
    providers : tuple of str
        onnxruntime's names of the execution providers that really run the network.

    Raises
    ------
    ModelFileError
        If the file is missing, too large, damaged, or another kind of network.
    ConfigError
        If the provider that was asked for is not installed or does not start.
    """

    def __init__(
        self,
        path: str | Path,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
        settings: OnnxSettings = DEFAULT_ONNX_SETTINGS,
    ) -> None:
        self.path = Path(path)
        wanted = choose_providers(settings.provider, ort.get_available_providers())
        self._session = _open_session(self.path, wanted, settings.threads)
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())
        # onnxruntime falls back to the CPU with no more than a log line, e.g. without CUDA's
        # libraries. That is right for `auto`; who names a provider wants to know.
        if settings.provider != "auto" and wanted[0] not in self.providers:
            raise ConfigError(
                f"provider {settings.provider!r}",
                f"onnxruntime could not start it and would run on {', '.join(self.providers)}",
                "Check that its driver and libraries are installed, or use provider 'auto'.",
            )
        self._input_names = _match(self.path, "input", inputs, self._session.get_inputs())
        self._output_names = _match(self.path, "output", outputs, self._session.get_outputs())
        extra = {i.name for i in self._session.get_inputs()} - set(self._input_names)
        if extra:
            raise ModelFileError(
                self.path,
                f"the network also wants the input(s) {', '.join(sorted(extra))}",
                "Use a model file of the kind that this stage describes.",
            )

    def run(self, *tensors: FloatArray) -> tuple[FloatArray, ...]:
        """Run the network.

        Parameters
        ----------
        *tensors : ndarray of float32
            One per expected input.

        Returns
        -------
        tuple of ndarray of float32
            One per expected output. The same input gives the same bits on the same machine.

        Raises
        ------
        ModelFileError
            If the network fails on this input.
        """
        feeds = dict(zip(self._input_names, tensors, strict=True))
        try:
            results = self._session.run(self._output_names, feeds)
        except Exception as error:  # onnxruntime's exceptions share no narrower base class
            raise ModelFileError(
                self.path,
                f"the network fails on an input of shape {[t.shape for t in tensors]} "
                f"({_first_line(error)})",
                "Check that the file is the network this stage expects.",
            ) from error
        return tuple(cast(FloatArray, r) for r in results)

    def check_numbers(self, results: NDArray[np.floating]) -> None:
        """Check that some of what the network gave are numbers.

        Parameters
        ----------
        results : ndarray
            Of any shape, not empty.

        Raises
        ------
        ModelFileError
            If none is finite. Weights that are no numbers, as after a conversion to half precision
            that failed, would otherwise pass for pictures in which there is nothing to see.
        """
        if not np.isfinite(results).any():
            raise ModelFileError(
                self.path,
                "the network gives no numbers (NaN or infinite)",
                "Its weights are damaged: fetch the file again, or convert it anew.",
            )

    def __reduce__(self) -> Any:
        raise TypeError("OnnxModel cannot be pickled: open the file anew in each process")


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            cause = "is a folder" if path.is_dir() else "does not exist"
            raise ModelFileError(path, cause, "Check the path of the model file.")
        if size == 0:
            raise ModelFileError(path, "the file is empty", "Fetch the model file again.")
        if size > MAX_MODEL_BYTES:
            raise ModelFileError(
                path,
                f"the file has {size} bytes, more than the limit of {MAX_MODEL_BYTES}",
                "Use a smaller model.",
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            path, f"cannot be read ({error.strerror})", "Check the file and its permissions."
        ) from error


def _open_session(path: Path, providers: Sequence[str], threads: int) -> ort.InferenceSession:
    content = _read(path)
    ort.set_default_logger_severity(4)  # of what belongs to no session, as the look for devices
    provider_options = {p.onnxruntime_name: dict(p.options) for p in PROVIDERS.values()}
    try:
        if providers[0] == PROVIDERS["cpu"].onnxruntime_name:
            return open_on_cpu(path, content, threads)
        return ort.InferenceSession(
            content,
            session_options(path, threads),
            providers=[(p, provider_options[p]) for p in providers],
        )
    except Exception as error:  # onnxruntime's exceptions share no narrower base class
        raise ModelFileError(
            path,
            f"not a usable ONNX model ({_first_line(error)})",
            _remedy_of(str(error)),
        ) from error


def _remedy_of(message: str) -> str:
    """Return what to do about a model that onnxruntime refuses, by what it says."""
    if "opset" in message or "IR version" in message:
        return (
            "It is newer than the installed onnxruntime: export it with an older opset, or update "
            "onnxruntime."
        )
    if "xternal data" in message:
        return "Its weights are in another file: save it as one self-contained ONNX file."
    return "Fetch the file again; it must be one complete, self-contained ONNX file."


def _match(
    path: Path, kind: str, specs: Sequence[TensorSpec], found: Sequence[Any]
) -> tuple[str, ...]:
    """Return the names of the tensors that `specs` ask for, or say what is amiss."""
    by_name = {tensor.name: tensor for tensor in found}
    names = []
    for spec in specs:
        name = spec.name
        if name is None and len(found) == 1:
            name = found[0].name
        tensor = by_name.get(name) if name is not None else None
        if tensor is None or tensor.type != "tensor(float)" or not _fits(spec.shape, tensor.shape):
            present = ", ".join(f"{t.name} {t.type} {list(t.shape or [])}" for t in found)
            shape = [d or "any" for d in spec.shape] if spec.shape else "of any shape"
            raise ModelFileError(
                path,
                f"expected the {kind} {spec.name or '(the only one)'} tensor(float) {shape}, "
                f"found {present}",
                "Use a model file of the kind that this stage describes.",
            )
        names.append(tensor.name)
    return tuple(names)


def _fits(expected: Sequence[int | None] | None, found: Sequence[int | str | None] | None) -> bool:
    """Whether a shape with open dimensions (named or None in `found`) can be the expected one."""
    if expected is None:
        return True
    if found is None or len(found) != len(expected):
        return False
    return all(
        e is None or not isinstance(f, int) or e == f for e, f in zip(expected, found, strict=True)
    )


def _first_line(error: Exception) -> str:
    """Return the begin of a message, without the long place in onnxruntime's source."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return _SOURCE_PLACE.sub(": ", first)[:200]
