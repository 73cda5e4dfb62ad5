"""A small training: experts answer as their teacher, and files are the same each time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.training.patch_experts.files import (
    Part,
    flipped,
    write_compact_experts,
    write_lists,
)
from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.squares import SUPPORT_PX, Squares
from models.training.patch_experts.training import Batches, ExpertTrainingSettings, train_networks
from models.training.patch_experts.views import views_of
from models.training.shape.files import write_shape_model
from models.training.shape.standard_frame import model_of_part
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.model_files import (
    face_landmark_model_files,
    read_compact_experts,
    read_face_landmark_model,
)
from tests.fixtures.faces.shape import synthetic_pdm

SETTINGS = ExpertTrainingSettings(hidden_units=(6,), steps=60, searches=8)
VIEWS = views_of(MIRRORED_ORDER)
FACE = Part("face", {k: k for k in range(68)}, (0.35, 0.5), (2.5,))
INNER = Part("inner", {k: k - 17 for k in range(17, 68)}, (1.0,), (3.0,))


def dotted_squares() -> Squares:
    """Noise with a bright dot, where the teacher's maps are high; of all three views."""
    rng = np.random.default_rng(4)
    window, count = 7, 18
    side = window + SUPPORT_PX - 1
    areas = rng.integers(90, 110, (count, 68, side, side)).astype(np.uint8)
    maps = np.full((count, 68, window, window), 0.01, dtype=np.float16)
    offsets = rng.integers(-2, 3, (count, 68, 2))
    for search in range(count):
        for landmark in range(68):
            x, y = offsets[search, landmark] + side // 2
            areas[search, landmark, y - 1 : y + 2, x - 1 : x + 2] = 220
            x, y = offsets[search, landmark] + window // 2
            maps[search, landmark, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = 0.6
    return Squares(areas, maps, np.tile([0, 0, 1, 6, 2, 5], 3))


@pytest.mark.parametrize("view", [0, 1])
def test_experts_answer_as_their_teacher(view: int) -> None:
    squares = dotted_squares()
    lines: list[str] = []
    settings = replace(SETTINGS, steps=500)
    networks = train_networks(squares, VIEWS[view], settings, 0, lines.append)
    blocks, wanted = Batches(squares, VIEWS[view], 8, 9).draw()
    untrained = ExpertNetworks(len(VIEWS[view].landmarks), (122, 6, 1), 0)
    before, after = (
        np.corrcoef(found.answers(blocks).ravel(), wanted.ravel())[0, 1]
        for found in (untrained, networks)
    )
    assert before < 0.2
    assert after > 0.7
    assert lines == [line for line in lines if line.startswith("step 500 of 500, divergence")]
    assert len(lines) == 1


def test_a_mirrored_search_is_seen_with_its_map_in_the_mirror() -> None:
    squares = dotted_squares()
    only_mirrored = replace(squares, views=np.where(squares.views == 6, 6, -1))
    blocks, wanted = Batches(only_mirrored, VIEWS[1], 4, 0).draw()
    # The brightest block of a map has the dot in its middle, where the map is high.
    middle = 1 + SUPPORT_PX * (SUPPORT_PX // 2) + SUPPORT_PX // 2
    seen = blocks[..., middle].reshape(wanted.shape)
    assert np.corrcoef(seen.ravel(), wanted.ravel())[0, 1] > 0.6


def test_a_view_without_searches_is_refused() -> None:
    squares = replace(dotted_squares(), views=np.zeros(18, dtype=np.int64))
    with pytest.raises(ValueError, match="no search is of the view at -20 degrees"):
        Batches(squares, VIEWS[1], 4, 0)


def test_two_trainings_give_the_same_files(tmp_path: Path) -> None:
    squares = dotted_squares()
    for name in ("one", "two"):
        networks = [train_networks(squares, v, SETTINGS, 3, lambda _line: None) for v in VIEWS]
        write_compact_experts(tmp_path / name, 0.5, VIEWS, networks)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    experts = read_compact_experts(tmp_path / "one")
    yaw = np.degrees(experts.grid.centres_radians[:, 1])
    np.testing.assert_allclose(yaw, [0, -20, 20, -45, 45], atol=1e-4)
    for view in range(5):
        evaluations = experts.evaluations(view)
        shown = {landmark for e in evaluations for landmark in (e.direct, e.flipped)} - {-1}
        assert shown == set(range(68))


def test_the_lists_lead_to_the_experts(tmp_path: Path) -> None:
    pdm = synthetic_pdm()
    write_shape_model(pdm, tmp_path / FACE.shape_file)
    write_shape_model(model_of_part(pdm, list(INNER.landmarks), 32), tmp_path / INNER.shape_file)
    for part, first in ((FACE, 0), (INNER, 17)):
        views = views_of(MIRRORED_ORDER[list(part.landmarks)] - first)
        networks = [ExpertNetworks(len(view.landmarks), (122, 6, 1), 0) for view in views]
        for scale in part.scales_px_per_mm:
            write_compact_experts(tmp_path / part.experts_file(scale), scale, views, networks)
    write_lists(tmp_path, FACE, (INNER,))
    model = read_face_landmark_model(tmp_path / "refinement.txt")
    assert [experts.grid.scale_px_per_mm for experts in model.face.experts] == [0.35, 0.5]
    np.testing.assert_allclose(model.face.pdm.eigenvalues, 2.5 * pdm.eigenvalues, rtol=1e-5)
    (inner,) = model.parts
    assert inner.name == "inner"
    np.testing.assert_array_equal(inner.face_indices, np.arange(17, 68))
    np.testing.assert_array_equal(inner.part_indices, np.arange(51))
    named = {path.name for path in face_landmark_model_files(tmp_path / "refinement.txt")}
    assert named == {path.name for path in tmp_path.iterdir()}


def test_flipped_networks_see_in_a_mirror_what_the_others_see() -> None:
    networks = ExpertNetworks(68, (1 + SUPPORT_PX**2, 6, 1), 5)
    drawn = np.random.default_rng(0).standard_normal((68, 3, 1 + SUPPORT_PX**2))
    blocks = drawn.astype(np.float32)
    pixels = blocks[..., 1:].reshape(68, 3, SUPPORT_PX, SUPPORT_PX)  # column by column
    turned = pixels[:, :, ::-1].reshape(68, 3, SUPPORT_PX**2)
    mirrored: np.ndarray = np.concatenate([blocks[..., :1], turned], axis=-1)
    other: np.ndarray = flipped(networks, MIRRORED_ORDER).answers(mirrored[MIRRORED_ORDER])
    expected: np.ndarray = networks.answers(blocks)
    np.testing.assert_allclose(other, expected[MIRRORED_ORDER], atol=1e-5)
