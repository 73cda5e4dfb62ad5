"""Reading this program's own form of patch experts, also from files that are damaged."""

import random
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.training.patch_experts.files import write_compact_experts
from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.views import views_of
from openface_core.errors import ModelFileError
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.model_files import read_compact_experts
from openface_core.refinement.cen.experts import Activation, Layer
from openface_core.refinement.cen.response_maps import CenMaps
from tests.fixtures.mutation import mutated
from tests.fixtures.plain_errors import assert_plain_error

FRONTAL, *ASIDE = views_of(MIRRORED_ORDER)
DIRECT_LANDMARKS = FRONTAL.landmarks
UNITS = (122, 5, 3, 1)
MUTATIONS = 300
SCALE_AT, COUNTS_AT, UNITS_AT = 8, 16, 32
ACTIVATIONS_AT, ANGLES_AT = UNITS_AT + 12, UNITS_AT + 24
VISIBLE_AT = ANGLES_AT + 4 * (3 + 68)
MIRROR_AT = VISIBLE_AT + 4 * 68
MARKS_AT = MIRROR_AT + 4 * 69
NUMBERS_AT = MARKS_AT + 4 * 68


@pytest.fixture
def networks() -> ExpertNetworks:
    return ExpertNetworks(len(DIRECT_LANDMARKS), UNITS, 3)


@pytest.fixture
def path(tmp_path: Path, networks: ExpertNetworks) -> Path:
    write_compact_experts(tmp_path / "experts.bin", 0.35, (FRONTAL,), (networks,))
    return tmp_path / "experts.bin"


def refused(path: Path, content: bytes, *causes: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        read_compact_experts(path)
    assert_plain_error(caught.value, path, *causes)


def test_everything_that_was_written_is_read(path: Path, networks: ExpertNetworks) -> None:
    found = read_compact_experts(path)
    assert found.grid.scale_px_per_mm == 0.35
    assert found.grid.support_px == 11
    assert found.grid.visible.all()
    assert found.mirror_views.tolist() == [0]
    np.testing.assert_array_equal(found.mirror_landmarks, MIRRORED_ORDER)
    assert np.flatnonzero(found.layer_count[0]).tolist() == DIRECT_LANDMARKS.tolist()
    for expert, landmark in enumerate(DIRECT_LANDMARKS):
        for depth, row in enumerate(found.layers[0, landmark].tolist()):
            layer = Layer(*row)
            assert (layer.inputs, layer.outputs) == UNITS[depth : depth + 2]
            assert layer.activation == (Activation.SIGMOID if depth == 2 else Activation.RELU)
            weights = found.values[layer.weights_at :][: layer.inputs * layer.outputs]
            written = networks.weights[depth][expert].astype(np.float16)
            np.testing.assert_array_equal(weights.reshape(layer.outputs, -1), written.T)
            biases = found.values[layer.biases_at :][: layer.outputs]
            np.testing.assert_array_equal(biases, networks.biases[depth][expert, 0])


def test_a_view_aside_is_followed_by_its_mirror_image(tmp_path: Path) -> None:
    views = (FRONTAL, *ASIDE)
    trained = [ExpertNetworks(len(view.landmarks), UNITS, 3) for view in views]
    write_compact_experts(tmp_path / "experts.bin", 0.35, views, trained)
    found = read_compact_experts(tmp_path / "experts.bin")
    yaw_degrees = np.degrees(found.grid.centres_radians[:, 1])
    np.testing.assert_allclose(yaw_degrees, [0, -20, 20, -45, 45], atol=1e-4)
    assert found.mirror_views.tolist() == [0, 2, 1, 4, 3]
    assert found.layer_count.any(axis=1).tolist() == [True, True, False, True, False]


def test_a_network_answers_as_in_training(path: Path, networks: ExpertNetworks) -> None:
    rng = np.random.default_rng(1)
    grey = rng.integers(0, 256, (40, 40), dtype=np.uint8)
    landmarks = np.full((68, 2), 20, dtype=np.float32)
    maps = np.empty((68, 9), dtype=np.float32)
    found = CenMaps(read_compact_experts(path), 3, is_sparse=False)
    found.write(grey, landmarks, np.eye(2, dtype=np.float32), 0, maps)
    square = grey[15:26, 15:26].astype(np.float64).T.ravel()
    square -= square.mean()
    block = np.concatenate([[1.0], square / np.linalg.norm(square)]).astype(np.float32)
    answers = networks.answers(np.broadcast_to(block, (len(DIRECT_LANDMARKS), 1, 122)))
    np.testing.assert_allclose(maps[DIRECT_LANDMARKS, 4], answers[:, 0], atol=5e-3)


def test_a_file_that_is_cut_is_refused_wherever_it_ends(path: Path) -> None:
    content = path.read_bytes()
    for size in (*range(1, NUMBERS_AT, 23), NUMBERS_AT + 10, len(content) - 1):
        refused(path, content[:size], "truncated")
    refused(path, content + bytes(2), "follow the end")


@pytest.mark.parametrize(
    ("at", "field", "cause"),
    [
        (0, b"OBEXPRT2", "OBEXPRT1"),
        (SCALE_AT, struct.pack("<d", -1.0), "scale"),
        (SCALE_AT, struct.pack("<d", np.nan), "scale"),
        (COUNTS_AT, struct.pack("<i", 1000), "number of views"),
        (COUNTS_AT + 4, struct.pack("<i", 2**30), "number of landmarks"),
        (COUNTS_AT + 8, struct.pack("<i", 2**30), "side of the support"),
        (COUNTS_AT + 12, struct.pack("<i", 0), "number of layers"),
        (UNITS_AT, struct.pack("<i", 2**30), "units of a layer"),
        (UNITS_AT, struct.pack("<i", 4096), "truncated"),
        (UNITS_AT + 8, struct.pack("<i", 2), "truncated"),
        (ACTIVATIONS_AT, struct.pack("<i", 7), "activation"),
        (ANGLES_AT, struct.pack("<f", np.nan), "not finite"),
        (ANGLES_AT, struct.pack("<f", 1e9), "above"),
        (ANGLES_AT + 12, struct.pack("<f", -1.0), "negative"),
        (VISIBLE_AT, struct.pack("<i", 2), "0 or 1"),
        (MIRROR_AT, struct.pack("<i", 68), "mirror"),
        (MARKS_AT, struct.pack("<i", 0), "follow the end"),
        (NUMBERS_AT, struct.pack("<e", np.inf), "not finite"),
    ],
)
def test_a_wrong_field_is_named(path: Path, at: int, field: bytes, cause: str) -> None:
    content = path.read_bytes()
    refused(path, content[:at] + field + content[at + len(field) :], cause)


def test_a_visible_landmark_without_a_network_is_refused(path: Path) -> None:
    content = path.read_bytes()
    size = sum((i + 1) * o for i, o in pairwise(UNITS)) * 2
    changed = content[:MARKS_AT] + struct.pack("<i", 0) + content[MARKS_AT + 4 : -size]
    refused(path, changed, "has no network")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not found"):
        read_compact_experts(tmp_path / "nothing.bin")


def test_no_damage_is_anything_but_an_error_or_experts(path: Path) -> None:
    content = path.read_bytes()
    chance = random.Random(5)
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(content, chance))
        try:
            found = read_compact_experts(path)
        except ModelFileError as error:
            assert_plain_error(error, path)
            continue
        CenMaps(found, 5)
