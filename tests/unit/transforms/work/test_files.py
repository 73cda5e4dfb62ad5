"""Files of the work folder: they come back as they were, or not at all."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from openface_core.analysis.engine import Engine
from openface_core.errors import OutputError, WorkFileError
from openface_core.face_sides import MEASURES
from openface_core.shards.scores_file import BlockScores
from tests.fixtures.shards.shard_videos import shard_of
from tests.fixtures.shards.work_material import (
    TASK,
    media_info,
    places_of_faces,
    pool_for,
    write_shards,
)
from transforms.records import Block, BlockResult, FeaturesPart
from transforms.work.files import load_features, load_scores, save_scores

MODELS = 5
SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1 / 3])


def file_of(part: FeaturesPart) -> Path:
    assert part.path is not None
    return Path(part.path)


def block_result(path: Path, frames: int) -> BlockResult:
    parts = (FeaturesPart("0", frames),)
    block = Block(TASK, media_info(), 0, 1, parts)
    return BlockResult(block, str(path), (0.0,) * MODELS)


def scores(frames: int, *, has_sides: bool = False) -> BlockScores:
    rng = np.random.default_rng(frames)
    weighted, online = rng.normal(size=(2, frames, MODELS))
    weighted[: len(SPECIAL), 0] = SPECIAL[:frames]
    return BlockScores(
        weighted=weighted,
        online=online,
        pts_seconds=rng.normal(size=frames),
        confidence=rng.normal(size=frames).astype(np.float32),
        success=rng.random(frames) < 0.5,
        sets_offsets=rng.random(frames) < 0.2,
        sides=rng.random((frames, MEASURES if has_sides else 0)).astype(np.float32),
    )


class TestScores:
    @pytest.mark.parametrize("has_sides", [False, True])
    @pytest.mark.parametrize("frames", [0, 1, 7, 300])
    def test_every_bit_comes_back(self, frames: int, has_sides: bool, tmp_path: Path) -> None:
        path = tmp_path / "work" / "a.scores"
        written = scores(frames, has_sides=has_sides)
        save_scores(str(path), written)
        found = load_scores(block_result(path, frames), MODELS, has_sides=has_sides)
        for field in fields(BlockScores):
            array, expected = getattr(found, field.name), getattr(written, field.name)
            assert array.shape == expected.shape
            assert array.dtype == expected.dtype
            assert array.tobytes() == expected.tobytes()

    @pytest.mark.parametrize("cut", [0, 1, 5, 60, 127, 128, 200])
    def test_a_file_that_ends_early(self, cut: int, tmp_path: Path) -> None:
        path = tmp_path / "a.scores"
        save_scores(str(path), scores(7))
        path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(WorkFileError) as caught:
            load_scores(block_result(path, 7), MODELS, has_sides=False)
        assert caught.value.subject == str(path)
        assert caught.value.remedy == "Run again."

    @pytest.mark.parametrize("seed", range(5))
    def test_noise(self, seed: int, tmp_path: Path) -> None:
        path = tmp_path / "a.scores"
        path.write_bytes(np.random.default_rng(seed).bytes(1000))
        with pytest.raises(WorkFileError):
            load_scores(block_result(path, 7), MODELS, has_sides=False)

    @pytest.mark.parametrize(("frames", "models"), [(6, MODELS), (8, MODELS), (7, MODELS + 1)])
    def test_the_file_of_another_block(self, frames: int, models: int, tmp_path: Path) -> None:
        path = tmp_path / "a.scores"
        save_scores(str(path), scores(7))
        with pytest.raises(WorkFileError):
            load_scores(block_result(path, frames), models, has_sides=False)

    @pytest.mark.parametrize("has_sides", [False, True])
    def test_a_file_without_what_is_expected(self, has_sides: bool, tmp_path: Path) -> None:
        path = tmp_path / "a.scores"
        save_scores(str(path), scores(7, has_sides=has_sides))
        with pytest.raises(WorkFileError):
            load_scores(block_result(path, 7), MODELS, has_sides=not has_sides)

    def test_objects_are_not_unpickled(self, tmp_path: Path) -> None:
        path = tmp_path / "a.scores"
        with path.open("wb") as file:
            np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        with pytest.raises(WorkFileError):
            load_scores(block_result(path, 7), MODELS, has_sides=False)

    def test_a_file_that_is_gone(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"no such file\. Run again\."):
            load_scores(block_result(tmp_path / "a.scores", 7), MODELS, has_sides=False)


class TestFeatures:
    @pytest.fixture
    def part(self, engine: Engine, tmp_path: Path) -> FeaturesPart:
        places = places_of_faces(12)
        (found,) = write_shards(str(tmp_path), TASK, pool_for(engine), [[places]])
        return found.parts[0]

    def test_they_come_back(self, part: FeaturesPart, engine: Engine) -> None:
        found = load_features(part, engine.extent)
        expected = shard_of(pool_for(engine), places_of_faces(12))
        assert len(found) == part.frames == 12
        for name in ("success", "weighted", "fhog_bins", "geometry_bins"):
            assert found.series[name].tobytes() == expected.series[name].tobytes(), name

    @pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
    def test_a_file_that_ends_early(self, share: float, part: FeaturesPart, engine: Engine) -> None:
        path = file_of(part)
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(WorkFileError):
            load_features(part, engine.extent)

    @pytest.mark.parametrize("seed", range(8))
    def test_a_flipped_bit(self, seed: int, part: FeaturesPart, engine: Engine) -> None:
        path = file_of(part)
        content = bytearray(path.read_bytes())
        rng = np.random.default_rng(seed)
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(content)
        with pytest.raises(WorkFileError):
            load_features(part, engine.extent)

    def test_the_file_of_another_part(self, part: FeaturesPart, engine: Engine) -> None:
        with pytest.raises(WorkFileError, match="another"):
            load_features(FeaturesPart(part.path, 11), engine.extent)

    def test_a_file_that_is_gone(self, part: FeaturesPart, engine: Engine) -> None:
        file_of(part).unlink()
        with pytest.raises(OutputError, match="no such file"):
            load_features(part, engine.extent)
