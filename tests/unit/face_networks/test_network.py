"""Networks on a face as a whole, whose answers are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openface_core.errors import ModelFileError
from openface_core.face_networks import FaceNetwork, FaceNetworkSpec, load_face_network_spec
from openface_core.inference import OnnxSettings
from tests.fixtures.places import REPOSITORY
from tests.fixtures.synthetic_models.networks import constant_network, means_network

CPU = OnnxSettings("cpu")
SPECS = REPOSITORY / "models" / "network_specs"
POOLED_TOLERANCE = 5e-4  # a mean of 50,176 pixels, summed in float32
PICTURE = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)


def spec(name: str) -> FaceNetworkSpec:
    return load_face_network_spec(SPECS / f"{name}.toml")


def face(x: float = 160.0, y: float = 120.0, side: float = 80.0) -> np.ndarray:
    """68 points whose box is known, with eyes, nose and mouth in their places."""
    angles = np.linspace(0.0, 2.0 * np.pi, 68, endpoint=False)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) / 2.0
    points[36:42], points[42:48] = (-0.2, -0.2), (0.2, -0.2)
    points[30], points[48], points[54] = (0.0, 0.0), (-0.15, 0.25), (0.15, 0.25)
    return (points * side + (x, y)).astype(np.float32)


OPENFACE3 = {"emotion": 8, "gaze": 2, "action_units": 8}


def test_openface_3_end_to_end(tmp_path: Path) -> None:
    """A picture of one colour to normalised channels, to heads, to named numbers."""
    network = FaceNetwork(
        spec("openface3_multitask"), means_network(tmp_path / "of3.onnx", 224, OPENFACE3), CPU
    )
    picture = np.full((240, 320, 3), (51, 102, 204), dtype=np.uint8)  # blue, green, red
    result = network.run(picture, face())
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    channels = (np.array([0.8, 0.4, 0.2]) - mean) / std
    np.testing.assert_allclose(result["gaze"], channels[:2] + np.arange(2), atol=POOLED_TOLERANCE)
    units = np.arange(8) + np.pad(channels, (0, 5))
    np.testing.assert_allclose(result["action_units"], units, atol=POOLED_TOLERANCE)
    powers = np.exp(units - units.max())
    np.testing.assert_allclose(result["emotion"], powers / powers.sum(), atol=POOLED_TOLERANCE)
    assert all(values.dtype == np.float32 for values in result.values())
    named = [c for output in network.spec.outputs for c in output.columns]
    assert len(named) == sum(values.size for values in result.values())


def test_a_box_crop_shows_the_face_with_its_forehead(tmp_path: Path) -> None:
    """Only what the crop shows moves the answer."""
    network = FaceNetwork(
        spec("openface3_multitask"), means_network(tmp_path / "of3.onnx", 224, OPENFACE3), CPU
    )
    # Landmarks from 80 to 160; with the forehead the crop reaches from 54.4 to 160.
    inside, outside = np.zeros((240, 320, 3), np.uint8), np.zeros((240, 320, 3), np.uint8)
    inside[60:100, 150:170] = 255
    outside[:50], outside[168:] = 255, 255
    black = network.run(np.zeros_like(inside), face())["gaze"]
    assert np.abs(network.run(inside, face())["gaze"] - black).max() > 0.1
    np.testing.assert_allclose(network.run(outside, face())["gaze"], black, atol=1e-5)


def reid(tmp_path: Path, values: np.ndarray) -> FaceNetwork:
    # As in the file: one output, four dimensions.
    outputs = {"who": values.reshape(1, -1, 1, 1).astype(np.float32)}
    path = constant_network(tmp_path / "reid.onnx", ("n", 3, 128, 128), outputs, input_name="0")
    return FaceNetwork(spec("face_reid_0095"), path, CPU)


def test_an_embedding_has_the_length_1(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=256)
    result = reid(tmp_path, values).run(PICTURE, face())
    expected = values / np.linalg.norm(values)
    np.testing.assert_allclose(result["embedding"], expected, atol=1e-6)


def test_the_68_landmarks_have_the_five_points_of_a_detector(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=256)
    network = reid(tmp_path, values)
    five = np.stack([face()[i] for i in (36, 42, 30, 48, 54)])
    by_landmarks, by_points = (
        network.run(PICTURE, face()),
        network.run_on_five_points(PICTURE, five),
    )
    np.testing.assert_array_equal(by_landmarks["embedding"], by_points["embedding"])


@pytest.mark.parametrize("name", ["face_reid_0095", "openface3_multitask"])
@pytest.mark.parametrize(
    "points",
    [np.full((68, 2), np.nan), np.full((68, 2), 5.0), np.full((68, 2), np.inf), face() * 1e30],
    ids=["not known", "all in one place", "infinite", "vast"],
)
def test_where_no_crop_can_be_placed_all_is_missing(
    tmp_path: Path, name: str, points: np.ndarray
) -> None:
    if name == "face_reid_0095":
        network = reid(tmp_path, np.ones(256))
    else:
        path = means_network(tmp_path / "of3.onnx", 224, OPENFACE3)
        network = FaceNetwork(spec(name), path, CPU)
    result = network.run(PICTURE, points.astype(np.float32))
    assert set(result) == {output.name for output in network.spec.outputs}
    assert all(np.isnan(values).all() for values in result.values())


@pytest.mark.parametrize("place", [(-500.0, 120.0), (160.0, 5000.0)])
def test_a_face_beyond_the_picture_is_black(tmp_path: Path, place: tuple[float, float]) -> None:
    path = means_network(tmp_path / "of3.onnx", 224, OPENFACE3)
    network = FaceNetwork(spec("openface3_multitask"), path, CPU)
    black = network.run(np.zeros_like(PICTURE), face())["gaze"]
    np.testing.assert_array_equal(network.run(PICTURE, face(*place))["gaze"], black)


def test_numbers_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    values = np.ones(256)
    values[7] = np.nan
    assert np.isnan(reid(tmp_path, values).run(PICTURE, face())["embedding"]).all()


def test_a_network_with_other_sizes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"expected 256 numbers as embedding.*128"):
        reid(tmp_path, np.ones(128))


def test_a_network_without_the_outputs_is_refused(tmp_path: Path) -> None:
    path = means_network(tmp_path / "of3.onnx", 224, {"emotion": 8, "gaze": 2})
    with pytest.raises(ModelFileError, match="action_units"):
        FaceNetwork(spec("openface3_multitask"), path, CPU)


def test_a_network_with_another_input_is_refused(tmp_path: Path) -> None:
    path = means_network(tmp_path / "of3.onnx", 112, OPENFACE3)
    with pytest.raises(ModelFileError, match="112"):
        FaceNetwork(spec("openface3_multitask"), path, CPU)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x01" * 50])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        FaceNetwork(spec("face_reid_0095"), path, CPU)


def test_channels_may_come_last(tmp_path: Path) -> None:
    outputs = {"who": np.arange(1.0, 257.0, dtype=np.float32)[None]}
    path = constant_network(tmp_path / "last.onnx", (1, 128, 128, 3), outputs, input_name="0")
    reid_spec = spec("face_reid_0095")
    last = replace(reid_spec, input=replace(reid_spec.input, layout="nhwc"))
    assert np.isfinite(FaceNetwork(last, path, CPU).run(PICTURE, face())["embedding"]).all()


@pytest.mark.parametrize(
    ("picture", "points"),
    [(PICTURE[..., 0], face()), (PICTURE.astype(np.float32), face()), (PICTURE, face()[:5])],
)
def test_other_shapes_are_refused(tmp_path: Path, picture: np.ndarray, points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        reid(tmp_path, np.ones(256)).run(picture, points)


def test_five_points_are_nothing_to_a_network_on_a_box(tmp_path: Path) -> None:
    path = means_network(tmp_path / "of3.onnx", 224, OPENFACE3)
    network = FaceNetwork(spec("openface3_multitask"), path, CPU)
    with pytest.raises(ValueError, match="box"):
        network.run_on_five_points(PICTURE, face()[:5])


def test_measurements_are_the_columns_in_order(tmp_path: Path) -> None:
    network = FaceNetwork(
        spec("openface3_multitask"), means_network(tmp_path / "of3.onnx", 224, OPENFACE3), CPU
    )
    results = network.run(PICTURE, face())
    expected = np.concatenate([results[name] for name in ("emotion", "gaze", "action_units")])
    np.testing.assert_array_equal(network.measure(PICTURE, face()), expected)
    assert len(expected) == len(network.spec.columns) == 18
    assert np.isnan(network.measure(PICTURE, np.full((68, 2), np.nan, np.float32))).all()
