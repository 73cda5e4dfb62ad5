"""A small training: experts find what marks their landmark, and files are the same each time."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from models.training.patch_experts.files import experts_file, write_compact_experts, write_lists
from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.squares import DIRECT_LANDMARKS, Squares
from models.training.patch_experts.training import (
    SUPPORT_PX,
    Batches,
    ExpertTrainingSettings,
    train_networks,
)
from models.training.shape.files import write_shape_model
from openface_core.model_files import (
    face_landmark_model_files,
    read_compact_experts,
    read_face_landmark_model,
)
from tests.fixtures.faces.shape import synthetic_pdm

SETTINGS = ExpertTrainingSettings(hidden_units=(6,), steps=60, searches=16, positions=8)


def dotted_squares() -> Squares:
    """Noise, with a bright dot where each landmark is."""
    rng = np.random.default_rng(4)
    side, count = SUPPORT_PX + 6, 12
    areas = rng.integers(90, 110, (count, 68, side, side)).astype(np.uint8)
    offsets = rng.integers(-2, 3, (count, 68, 2))
    for search in range(count):
        for landmark in range(68):
            x, y = offsets[search, landmark] + side // 2
            areas[search, landmark, y - 1 : y + 2, x - 1 : x + 2] = 220
    return Squares(areas, offsets.astype(np.float32))


def test_experts_see_what_marks_their_landmark() -> None:
    squares = dotted_squares()
    lines: list[str] = []
    settings = replace(SETTINGS, steps=200)
    networks = train_networks(squares, settings, 0, lines.append)
    blocks, wanted = Batches(squares, settings, 9).draw()
    untrained = ExpertNetworks(len(DIRECT_LANDMARKS), (122, 6, 1), 0)
    before, after = (
        np.corrcoef(found.answers(blocks).ravel(), wanted.ravel())[0, 1]
        for found in (untrained, networks)
    )
    assert before < 0.2
    assert after > 0.7
    assert lines == [line for line in lines if line.startswith("step 200 of 200, loss")]
    assert len(lines) == 1


def test_half_of_the_wanted_answers_are_not_at_the_label() -> None:
    _, wanted = Batches(dotted_squares(), SETTINGS, 9).draw()
    assert wanted.shape == (len(DIRECT_LANDMARKS), 16 * 8)
    assert 0.2 < (wanted > 0.3).mean() < 0.6
    assert wanted.max() <= 1.0


def test_two_trainings_give_the_same_files(tmp_path: Path) -> None:
    squares = dotted_squares()
    for name in ("one", "two"):
        networks = train_networks(squares, SETTINGS, 3, lambda _line: None)
        write_compact_experts(tmp_path / name, 0.5, networks)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read_compact_experts(tmp_path / "one")


def test_the_lists_lead_to_the_experts(tmp_path: Path) -> None:
    networks = train_networks(dotted_squares(), replace(SETTINGS, steps=1), 3, lambda _line: None)
    scales = (0.35, 0.5)
    for scale in scales:
        write_compact_experts(tmp_path / experts_file(scale), scale, networks)
    pdm = synthetic_pdm()
    write_shape_model(pdm, tmp_path / "shape.txt")
    write_lists(tmp_path, scales)
    model = read_face_landmark_model(tmp_path / "refinement.txt")
    assert [experts.grid.scale_px_per_mm for experts in model.face.experts] == list(scales)
    np.testing.assert_allclose(model.face.pdm.eigenvalues, 8 * pdm.eigenvalues, rtol=1e-5)
    named = {path.name for path in face_landmark_model_files(tmp_path / "refinement.txt")}
    assert named == {path.name for path in tmp_path.iterdir()}
