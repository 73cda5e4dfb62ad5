"""Shards of an input put together, and its blocks."""

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.analysis.engine import Engine
from openface_core.running_medians import DescriptorMedians
from openface_core.shards import count_shard, read_median_state
from tests.fixtures.shards.shard_videos import assert_same_state
from tests.fixtures.shards.work_material import (
    TASK,
    media_info,
    only_faces,
    places_of_faces,
    pool_for,
    problem,
    result,
    write_shards,
)
from transforms.problems import Problem
from transforms.records import FeaturesPart, Shard, ShardResult
from transforms.stages import prepare_calibration
from transforms.stages.assembly import complete, fit_together, group_into_blocks
from transforms.stages.prepare_calibration import add_histograms
from transforms.work.files import load_features


def parts_of(frames: list[int]) -> list[FeaturesPart]:
    return [FeaturesPart(f"{k}", count) for k, count in enumerate(frames)]


class TestGroupIntoBlocks:
    def test_a_block_ends_with_the_part_that_fills_it(self) -> None:
        blocks = group_into_blocks(parts_of([6, 4, 3, 12, 1]), 10)
        assert [[part.frames for part in block] for block in blocks] == [[6, 4], [3, 12], [1]]

    def test_an_input_without_frames_has_one_block_without_parts(self) -> None:
        assert group_into_blocks([], 10) == [()]

    def test_an_input_that_ends_with_its_block(self) -> None:
        assert [len(block) for block in group_into_blocks(parts_of([10, 5, 5]), 10)] == [1, 2]

    @given(st.lists(st.integers(0, 30), max_size=30), st.integers(1, 40))
    def test_every_part_is_in_one_block_in_order(self, frames: list[int], size: int) -> None:
        parts = parts_of(frames)
        blocks = group_into_blocks(parts, size)
        assert list(itertools.chain.from_iterable(blocks)) == parts
        for block in blocks[:-1]:
            assert sum(part.frames for part in block) >= size
            assert sum(part.frames for part in block[:-1]) < size


class TestComplete:
    @given(st.permutations(range(6)))
    def test_the_order_of_arrival_does_not_matter(self, order: list[int]) -> None:
        results = [result(number, 6) for number in range(6)]
        assert complete(results[number] for number in order) == tuple(results)

    @pytest.mark.parametrize("missing", [0, 1, 2])
    def test_a_missing_shard(self, missing: int) -> None:
        assert complete(result(number, 3) for number in range(3) if number != missing) is None

    def test_a_shard_that_came_twice(self) -> None:
        assert complete([result(0, 2), result(1, 2), result(1, 2)]) is None

    def test_the_problem_does_not_depend_on_the_order_either(self) -> None:
        found: list[ShardResult | Problem] = [
            problem("decoding", "b"),
            result(1, 3),
            problem("decoding", "a"),
        ]
        found += [problem("writing", "a")]
        for seed in range(6):
            random.Random(seed).shuffle(found)
            assert complete(found) == problem("decoding", "a")

    def test_problems_come_before_missing_shards(self) -> None:
        assert complete([problem("decoding", "a")]) == problem("decoding", "a")


class TestIsAsPlanned:
    def test_all_frames_without_a_warning(self) -> None:
        assert result(1, 2).is_as_planned

    @pytest.mark.parametrize("frames", [0, 4, 6])
    def test_another_number_of_frames(self, frames: int) -> None:
        assert not result(1, 2, 5, parts=(FeaturesPart("0", frames),)).is_as_planned

    def test_a_warning(self) -> None:
        assert not result(1, 2, warnings=("2 packets were damaged",)).is_as_planned

    def test_an_input_that_was_not_cut_is_what_it_is(self) -> None:
        parts = parts_of([1000, 3])
        whole = ShardResult(Shard(TASK), parts=tuple(parts), info=media_info(), warnings=("odd",))
        assert whole.frames == 1003
        assert whole.is_as_planned


class TestFitTogether:
    """Of two shards with 5 frames each, at 25 frames per second."""

    @staticmethod
    def shards(**header: Any) -> list[ShardResult]:
        info = replace(media_info(), **header)
        return [result(number, 2, info=info) for number in range(2)]

    @pytest.mark.parametrize(("promised", "fits"), [(None, True), (10, True), (11, False)])
    def test_the_number_of_frames_promised(self, promised: int | None, fits: bool) -> None:
        assert fit_together(self.shards(frame_count_from_header=promised)) is fits

    @pytest.mark.parametrize(("seconds", "fits"), [(None, True), (0.4, True), (0.7, False)])
    def test_the_length_promised(self, seconds: float | None, fits: bool) -> None:
        assert fit_together(self.shards(duration_seconds_from_header=seconds)) is fits

    def test_frames_of_a_variable_rate_last_as_long_as_their_time_stamps_say(self) -> None:
        few = self.shards(duration_seconds_from_header=0.7)
        known = [replace(one, shard=replace(one.shard, input_seconds=0.66)) for one in few]
        assert fit_together(known)
        short = [replace(one, shard=replace(one.shard, input_seconds=0.5)) for one in few]
        assert not fit_together(short)

    @pytest.mark.parametrize(
        "change",
        [
            {"width_px": 642},
            {"height_px": 8},
            {"rotation_degrees": 90},
            {"mirrored": True},
            {"pixel_aspect_ratio": Fraction(2)},
        ],
    )
    def test_another_form(self, change: dict[str, Any]) -> None:
        first, second = self.shards()
        assert not fit_together([first, replace(second, info=replace(second.info, **change))])

    def test_a_shard_that_is_not_as_planned(self) -> None:
        first, second = self.shards()
        assert not fit_together([first, replace(second, warnings=("damage",))])

    def test_an_input_that_was_not_cut_has_nothing_to_fit(self) -> None:
        info = replace(media_info(), frame_count_from_header=100)
        assert fit_together([result(0, 1, info=info, warnings=("damage",))])


class TestAddHistograms:
    @pytest.mark.parametrize("block_frames", [1, 9, 20, 10_000])
    def test_the_state_before_each_block(
        self, block_frames: int, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(prepare_calibration, "BLOCK_FRAMES", block_frames)
        pieces = np.split(places_of_faces(50), [7, 8, 19, 40])
        shards = [pieces[:2], pieces[2:3], pieces[3:]]
        results = write_shards(str(tmp_path), TASK, pool_for(engine), shards)
        blocks = add_histograms(only_faces([results], engine), engine, str(tmp_path))
        assert [block.number for block in blocks] == list(range(len(blocks)))
        assert {block.count for block in blocks} == {len(blocks)}
        assert sum(block.frames for block in blocks) == 50
        assert blocks[0].state_path is None
        medians = DescriptorMedians()
        for block in blocks:
            if block.state_path is not None:
                with Path(block.state_path).open("rb") as file:
                    assert_same_state(read_median_state(file), medians.state())
            for part in block.parts:
                count_shard(medians, load_features(part, engine.extent))

    def test_single_images_have_no_medians(self, engine: Engine, tmp_path: Path) -> None:
        results = write_shards(
            str(tmp_path), TASK, pool_for(engine), [[np.array([2])]], media_info("image")
        )
        (block,) = add_histograms(only_faces([results], engine), engine, str(tmp_path))
        assert block.state_path is None
        assert block.info.kind == "image"

    def test_no_frames(self, engine: Engine, tmp_path: Path) -> None:
        results = write_shards(str(tmp_path), TASK, pool_for(engine), [[]])
        (block,) = add_histograms(only_faces([results], engine), engine, str(tmp_path))
        assert (block.parts, block.frames, block.count) == ((), 0, 1)
