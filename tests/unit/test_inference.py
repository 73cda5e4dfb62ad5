"""Opening, checking and running ONNX files."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from openface_core import cpu_network, inference, kept_files
from openface_core.errors import ConfigError, ModelFileError
from openface_core.inference import OnnxModel, OnnxSettings, TensorSpec, choose_providers
from openface_core.kept_files import FOLDER_VARIABLE
from tests.fixtures.places import REPOSITORY
from tests.fixtures.synthetic_models.networks import save_graph

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
CPU_SETTINGS = OnnxSettings("cpu")


@pytest.fixture
def doubling(tmp_path: Path) -> Path:
    """y = x + x, for any number of rows of three."""
    node = helper.make_node("Add", ["x", "x"], ["y"])
    return save_graph(tmp_path / "double.onnx", [node], {"x": ("n", 3)}, {"y": ("n", 3)})


def open_doubling(path: Path) -> OnnxModel:
    specs = [TensorSpec("x", (None, 3))], [TensorSpec("y", (None, 3))]
    return OnnxModel(path, *specs, settings=CPU_SETTINGS)


def test_auto_takes_the_best_available_provider_then_the_cpu() -> None:
    assert choose_providers("auto", [CPU]) == (CPU,)
    assert choose_providers("auto", [CPU, CUDA]) == (CUDA, CPU)
    coreml = "CoreMLExecutionProvider"
    assert choose_providers("auto", [coreml, "AzureExecutionProvider", CPU]) == (coreml, CPU)


def test_auto_leaves_tensorrt_alone() -> None:
    assert choose_providers("auto", ["TensorrtExecutionProvider", CPU]) == (CPU,)


@pytest.mark.parametrize("name", list(inference.PROVIDERS))
def test_every_provider_can_be_named(name: str) -> None:
    wanted = inference.PROVIDERS[name].onnxruntime_name
    assert choose_providers(name, [CPU, wanted])[0] == wanted


def test_a_missing_provider_is_reported_with_what_there_is_and_the_package() -> None:
    with pytest.raises(ConfigError) as error:
        choose_providers("cuda", [CPU])
    assert "has: cpu" in error.value.cause
    assert "onnxruntime-gpu" in error.value.remedy


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="gpu"):
        OnnxSettings(provider="gpu")
    with pytest.raises(ConfigError, match="threads"):
        OnnxSettings(threads=0)


def test_run_gives_the_outputs_and_the_same_bits_again(doubling: Path) -> None:
    model = open_doubling(doubling)
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    (first,) = model.run(x)
    (second,) = model.run(x)
    np.testing.assert_array_equal(first, x + x)
    assert first.tobytes() == second.tobytes()
    assert model.providers == (CPU,)


def test_the_only_tensor_needs_no_name_and_no_shape(doubling: Path) -> None:
    model = OnnxModel(doubling, [TensorSpec(None, None)], [TensorSpec(None, None)], CPU_SETTINGS)
    (y,) = model.run(np.ones((1, 3), dtype=np.float32))
    np.testing.assert_array_equal(y, [[2, 2, 2]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist"),
        (b"", "empty"),
        (b"\x00" * 100, "not a usable ONNX model"),
        (b"<html>not found</html>", "not a usable ONNX model"),
    ],
)
def test_unusable_files_are_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "bad.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelFileError, match=words) as error:
        open_doubling(path)
    assert error.value.subject == str(path)


def test_a_truncated_file_and_a_folder_are_refused(doubling: Path, tmp_path: Path) -> None:
    doubling.write_bytes(doubling.read_bytes()[:-10])
    for path in (doubling, tmp_path):
        with pytest.raises(ModelFileError):
            open_doubling(path)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda model: setattr(model, "ir_version", 99), "Unsupported model IR version: 99"),
        (lambda model: setattr(model.opset_import[0], "version", 99), "Opset 99"),
    ],
)
def test_a_model_that_is_too_new_is_told_with_its_version(
    doubling: Path, change: Callable[[onnx.ModelProto], None], cause: str
) -> None:
    model = onnx.load(doubling)
    change(model)
    doubling.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match=cause) as error:
        open_doubling(doubling)
    assert "older opset" in error.value.remedy


def test_too_large_a_file_is_not_read(doubling: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_MODEL_BYTES", 10)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("the file was read"))
    with pytest.raises(ModelFileError, match="more than the limit"):
        open_doubling(doubling)


@pytest.mark.parametrize("where", ["beside", "absolute", "upwards"])
def test_weights_in_other_files_are_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.ones(3, dtype=np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    location = {
        "beside": "secret.bin",
        "absolute": str(secret),
        "upwards": f"../{tmp_path.name}/secret.bin",
    }[where]
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3])
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "12")):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    path = save_graph(
        tmp_path / "m.onnx",
        [helper.make_node("Add", ["x", "w"], ["y"])],
        {"x": ("n", 3)},
        {"y": ("n", 3)},
    )
    model = onnx.load_model_from_string(path.read_bytes())
    model.graph.initializer.append(weight)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match="not a usable ONNX model"):
        open_doubling(path)


@pytest.mark.parametrize(
    "spec",
    [TensorSpec("z", (None, 3)), TensorSpec("x", (None, 4)), TensorSpec("x", (None, 3, 1))],
)
def test_another_network_is_reported_with_expected_and_found(
    doubling: Path, spec: TensorSpec
) -> None:
    with pytest.raises(ModelFileError, match="expected the input") as error:
        OnnxModel(doubling, [spec], [TensorSpec("y", None)], CPU_SETTINGS)
    assert "found x tensor(float) ['n', 3]" in error.value.cause


def test_further_inputs_are_refused(tmp_path: Path) -> None:
    node = helper.make_node("Add", ["x", "mask"], ["y"])
    shape = ("n", 3)
    path = save_graph(tmp_path / "m.onnx", [node], {"x": shape, "mask": shape}, {"y": shape})
    with pytest.raises(ModelFileError, match="mask"):
        open_doubling(path)


def test_a_network_that_fails_is_reported(doubling: Path) -> None:
    with pytest.raises(ModelFileError, match="fails on an input"):
        open_doubling(doubling).run(np.zeros((1, 5), dtype=np.float32))


def test_a_model_cannot_be_pickled(doubling: Path) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(open_doubling(doubling))


def test_nothing_about_its_use_is_kept_or_sent(tmp_path: Path) -> None:
    """onnxruntime counts its uses from its import on, and keeps a number of the machine."""
    code = "import os, openface_core.inference; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "1\n"
    assert not [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name]


def test_a_network_that_was_kept_gives_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = REPOSITORY / "models" / "embedded" / "landmarks.onnx"
    graph = onnx.load(network).graph
    outputs = [TensorSpec(output.name, None) for output in graph.output]
    seen = np.random.default_rng(0).normal(size=(1, 3, 112, 112)).astype(np.float32)
    found = []
    for folder in ("", str(tmp_path / "kept"), str(tmp_path / "kept")):
        monkeypatch.setenv(FOLDER_VARIABLE, folder)
        model = OnnxModel(network, [TensorSpec(None, None)], outputs, CPU_SETTINGS)
        found.append(model.run(seen))
    assert len(list((tmp_path / "kept").iterdir())) == 1
    for again in found[1:]:
        for one, other in zip(found[0], again, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("hindrance", ["none", "folder", "temporary", "large"])
def test_a_network_is_optimised_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hindrance: str
) -> None:
    network = REPOSITORY / "models" / "embedded" / "landmarks.onnx"
    outputs = [TensorSpec(output.name, None) for output in onnx.load(network).graph.output]
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "kept"))
    if hindrance == "folder":  # as where the disk is read-only
        (tmp_path / "kept").write_text("no folder")
    elif hindrance == "temporary":
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    elif hindrance == "large":
        monkeypatch.setattr(kept_files, "_MOST_BYTES", 1000)
    levels = []
    opened = ort.InferenceSession

    def count(content: bytes, options: ort.SessionOptions, providers: Any) -> Any:
        levels.append((options.graph_optimization_level, bool(options.optimized_model_filepath)))
        return opened(content, options, providers)

    monkeypatch.setattr(ort, "InferenceSession", count)
    OnnxModel(network, [TensorSpec(None, None)], outputs, CPU_SETTINGS)
    is_written = hindrance in ("none", "folder")
    assert levels == [(ort.GraphOptimizationLevel.ORT_ENABLE_ALL, is_written)]


def test_a_network_is_opened_where_no_temporary_folder_is(
    doubling: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(cpu_network, "TemporaryDirectory", refuse)
    (found,) = open_doubling(doubling).run(np.ones((2, 3), dtype=np.float32))
    np.testing.assert_array_equal(found, np.full((2, 3), 2.0))
