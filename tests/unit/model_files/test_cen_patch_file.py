"""Reading CEN patch experts, also from files that are damaged or made to do harm."""

import struct
from pathlib import Path

import numpy as np
import pytest

from openface_core.errors import ModelFileError
from openface_core.model_files import cen_patch_file, read_cen_experts
from openface_core.refinement.cen.experts import Layer
from openface_core.refinement.cen.response_maps import CenMaps
from tests.fixtures.plain_errors import assert_plain_error
from tests.fixtures.synthetic_models.cen_experts import (
    LANDMARKS,
    MIRROR_LANDMARKS,
    MIRROR_VIEWS,
    VISIBLE,
    networks,
    write,
)

MUTATIONS = 500
HEADER_BYTES = 12 + 3 * 36 + 3 * (12 + 12) + (12 + 12) + (12 + 12)
"""Up to the first expert."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "cen_patches_0.25_of.dat")


def refused(path: Path, content: bytes, *causes: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        read_cen_experts(path)
    assert_plain_error(caught.value, path, *causes)


def test_everything_that_was_written_is_read(path: Path) -> None:
    found = read_cen_experts(path)
    assert found.grid.scale_px_per_mm == 0.25
    np.testing.assert_array_equal(found.grid.visible, VISIBLE)
    np.testing.assert_allclose(found.grid.centres_radians[:, 1], (0.0, -0.5, 0.5))
    assert found.mirror_views.tolist() == list(MIRROR_VIEWS)
    assert found.mirror_landmarks.tolist() == list(MIRROR_LANDMARKS)
    for view, of_view in enumerate(networks()):
        for landmark, network in enumerate(of_view):
            count = found.layer_count[view, landmark]
            read = found.layers[view, landmark, :count].tolist()
            for row, (activation, biases, weights) in zip(read, network or (), strict=True):
                layer = Layer(*row)
                assert layer.activation == activation
                assert (layer.outputs, layer.inputs) == weights.shape
                of_biases = found.values[layer.biases_at :][: biases.size]
                np.testing.assert_array_equal(of_biases, biases)
                of_weights = found.values[layer.weights_at :][: weights.size]
                np.testing.assert_array_equal(of_weights, weights.ravel())


def test_the_numbers_are_the_files_own_and_cannot_be_changed(path: Path) -> None:
    values = read_cen_experts(path).values
    assert values.size * 4 == path.stat().st_size
    assert not values.flags.owndata
    assert not values.flags.writeable


def test_the_form_of_2017_is_told_apart(path: Path) -> None:
    content = path.read_bytes()
    without_mirrors = content[: HEADER_BYTES - 48] + content[HEADER_BYTES:]
    path.write_bytes(without_mirrors)
    with pytest.raises(ModelFileError) as caught:
        read_cen_experts(path)
    assert "2017" in caught.value.cause
    assert "cen_patches_0.25_of.dat" in caught.value.remedy


def test_a_file_that_is_cut_is_refused_wherever_it_ends(path: Path) -> None:
    content = path.read_bytes()
    for size in (*range(1, HEADER_BYTES, 7), HEADER_BYTES + 10, len(content) - 8, len(content) - 1):
        refused(path, content[:size], "truncated")
    refused(path, content + bytes(4), "follow the end")


@pytest.mark.parametrize(
    ("at", "field", "cause"),
    [
        (8, struct.pack("<i", 1000), "number of views"),
        (0, struct.pack("<d", -1.0), "scale"),
        (HEADER_BYTES, struct.pack("<i", 5), "type number"),
        (HEADER_BYTES + 4, struct.pack("<i", 2**30), "width"),
        (HEADER_BYTES + 12, struct.pack("<i", 2**30), "number of layers"),
        (HEADER_BYTES + 20, struct.pack("<i", 2**30), "biases"),
        (HEADER_BYTES + 28, struct.pack("<i", 6), "float32"),
        (HEADER_BYTES + 32, struct.pack("<f", np.nan), "not finite"),
        (HEADER_BYTES + 32, struct.pack("<f", np.inf), "not finite"),
        (HEADER_BYTES - 36, struct.pack("<i", 77), "mirror"),
    ],
)
def test_a_wrong_field_is_named(path: Path, at: int, field: bytes, cause: str) -> None:
    content = path.read_bytes()
    refused(path, content[:at] + field + content[at + len(field) :], cause)


def test_a_file_larger_than_any_is_refused_unread(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cen_patch_file, "MAX_CEN_FILE_BYTES", 100)
    refused(path, path.read_bytes(), "more than a model file can have")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not found"):
        read_cen_experts(tmp_path / "nothing.dat")


def test_a_visible_landmark_without_a_network_is_refused(path: Path) -> None:
    content = path.read_bytes()
    first_visible = 12 + 3 * 36 + 2 * 24 + 12  # the last view shows its first landmark now
    changed = content[:first_visible] + struct.pack("<i", 1) + content[first_visible + 4 :]
    refused(path, changed, "has no network")


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """Return a file with a few bytes, a field or a stretch of it changed."""
    damaged = bytearray(content)
    kind = random.integers(5)
    place = int(random.integers(len(damaged)))
    if kind == 0:
        for at in random.integers(len(damaged), size=random.integers(1, 8)):
            damaged[at] = int(random.integers(256))
    elif kind == 1:
        field = int(random.integers(len(damaged) // 4)) * 4
        value = random.choice([0, -1, 2**31 - 1, -(2**31), 6, 255, 65536])
        damaged[field : field + 4] = struct.pack("<i", int(value))
    elif kind == 2:
        del damaged[place : place + int(random.integers(1, 400))]
    elif kind == 3:
        damaged[place:place] = random.bytes(int(random.integers(1, 400)))
    else:
        field = int(random.integers(len(damaged) // 4)) * 4
        value = random.choice([np.nan, np.inf, 1e30, -3e38, 1e-40])
        damaged[field : field + 4] = struct.pack("<f", value)
    return bytes(damaged)


@pytest.mark.filterwarnings("error")
def test_any_damage_ends_in_a_plain_error_or_in_maps(path: Path) -> None:
    random = np.random.default_rng(2026)
    content = path.read_bytes()
    grey = random.integers(0, 256, size=(50, 50), dtype=np.uint8)
    outcomes = {"error": 0, "maps": 0}
    for number in range(MUTATIONS):
        damaged = path.with_name(f"{number}.dat")
        damaged.write_bytes(mutated(content, random))
        try:
            found = read_cen_experts(damaged)
        except ModelFileError as error:
            assert_plain_error(error, damaged)
            outcomes["error"] += 1
        else:
            if found.grid.landmark_count == LANDMARKS:
                out = np.full((LANDMARKS, 25), np.nan, dtype=np.float32)
                centres = np.full((LANDMARKS, 2), 25.0, dtype=np.float32)
                for view in range(found.grid.view_count):
                    CenMaps(found, 5).write(grey, centres, np.eye(2, dtype=np.float32), view, out)
            outcomes["maps"] += 1
        damaged.unlink()
    assert min(outcomes.values()) > MUTATIONS // 10
