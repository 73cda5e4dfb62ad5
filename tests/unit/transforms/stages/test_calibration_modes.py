"""Calibration on a person, on rest frames and on nothing, held to plain computations."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import locate_models
from openface_core.action_units import postprocessing
from openface_core.action_units.postprocessing import final_intensities, final_presences
from openface_core.action_units.static import presences
from openface_core.analysis.calibration import NOBODY_AT_REST
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import CalibrationSettings, RunSettings
from openface_core.errors import CalibrationError
from openface_core.media import MediaKind
from openface_core.rest_frames import RestRanges
from tests.fixtures.shards.shard_videos import POOL, track
from tests.fixtures.shards.work_material import (
    calibrate_inputs,
    media_info,
    places_of_faces,
    pool_for,
    write_shards,
)
from tests.twins.rest_calibration import calibrate_on_rest
from transforms.dataset.provenance import RunProvenance
from transforms.plan.calibration import sharing_medians
from transforms.records import AssembledInput, FaceParts, VideoTask
from transforms.stages import find_offsets, prepare_calibration
from transforms.stages.finish_videos import finish_video
from transforms.work.folder import local_folders

Places = NDArray[np.int64]
INTENSITY_TOLERANCE = 1e-6
"""The twin sums 4702 products in another order, and tables hold float32."""


def chosen(mode: str) -> RunSettings:
    return replace(RunSettings(), calibration=CalibrationSettings(mode, least_frames=0))


def tables(
    mode: str,
    videos: Sequence[Sequence[Places]],
    engine: Engine,
    output: Path,
    rest: Sequence[RestRanges | None] | None = None,
    of_nobody: Collection[int] = (),
) -> list[pa.Table]:
    """Return the tables of a person's videos, each given as its shards."""
    inputs = []
    for number, shards in enumerate(videos):
        ranges = None if rest is None else rest[number]
        task = VideoTask(f"v{number}", f"v{number}.mp4", "P", None, None, ranges, number + 1)
        pieces = [[piece] for piece in shards]
        inputs.append(write_shards(str(output), task, pool_for(engine), pieces))
    run = RunProvenance(chosen(mode).as_dict())
    finished = [
        finish_video(video, engine, chosen(mode), run, local_folders(str(output)))
        for video in calibrate_inputs(inputs, engine, str(output), chosen(mode), of_nobody)
    ]
    return [pq.ParquetFile(video.path).read() for video in finished]


def action_units(table: pa.Table, engine: Engine) -> tuple[np.ndarray, np.ndarray]:
    """Return intensities and presences of the frames with a face."""
    models = engine.video_models
    success = table["success"].to_numpy()
    columns = [table[f"{name}_r"].to_numpy() for name in models.intensity_names]
    present = [np.array(table[f"{name}_c"].to_pylist()) for name in models.presence_names]
    return (
        np.stack(columns, axis=1)[success],
        np.stack(present, axis=1)[success].astype(bool),
    )


def assert_person_equals_the_tracker(
    videos: Sequence[Sequence[Places]],
    engine: Engine,
    output: Path,
    of_nobody: Collection[int] = (),
) -> None:
    """Assert equality in every bit with the sequential tracker fed with all frames in turn."""
    models = engine.video_models
    joined = np.concatenate([piece for shards in videos for piece in shards])
    whole = track(models, pool_for(engine), joined).finish()
    count = len(models.intensity)
    begin = 0
    found_tables = tables("person", videos, engine, output, of_nobody=of_nobody)
    for place, (table, shards) in enumerate(zip(found_tables, videos, strict=True)):
        rows = slice(begin, begin + sum(map(len, shards)))
        scores, success = whole.repredicted_scores[rows], whole.success[rows]
        intensities = final_intensities(
            scores[:, :count], whole.offsets, success, missing_as_zero=False
        )
        present = final_presences(
            presences(models, scores) & success[:, None], success, missing_as_zero=False
        )
        found = action_units(table, engine)
        np.testing.assert_array_equal(found[0], intensities[success].astype(np.float32))
        np.testing.assert_array_equal(found[1], present[success])
        begin = rows.stop
        if place in of_nobody:
            continue
        record = json.loads(table.schema.metadata[b"openface_beam"])["faces"][0]
        assert record["calibration"] == "person"
        assert record["calibration_frames"] == whole.calibration_frames
        assert record["calibration_inputs"] == [f"v{k}" for k in range(len(videos))]


_FIXTURES = [HealthCheck.function_scoped_fixture]  # every example writes the same files anew
_ANY_CUTS = {
    "lengths": st.lists(st.integers(0, 24), min_size=1, max_size=4),
    "cuts": st.lists(st.integers(0, 24), max_size=3),
    "block_frames": st.sampled_from([1, 5, 2000]),
    "failing": st.sampled_from([0.0, 0.3, 0.9]),
    "seed": st.integers(0, 2**32 - 1),
}


def assert_cut_files_equal_the_tracker(
    lengths: list[int],
    cuts: list[int],
    block_frames: int,
    failing: float,
    seed: int,
    engine: Engine,
    output: Path,
) -> None:
    rng = np.random.default_rng(seed)
    videos = []
    for length in lengths:
        places = rng.integers(0, POOL, length)
        places[rng.random(length) < failing] = -1
        videos.append(np.split(places, sorted(min(cut, length) for cut in cuts)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare_calibration, "BLOCK_FRAMES", block_frames)
        assert_person_equals_the_tracker(videos, engine, output)


class TestPerson:
    @pytest.mark.parametrize(
        "signs",
        ["-|+", "--|++|-", "+-+|-+-+", "++||+", "+++|-+++++++-|+", "---|--"],
    )
    def test_beginnings_and_odd_lengths(self, signs: str, engine: Engine, tmp_path: Path) -> None:
        videos = [
            [np.array([i % POOL if s == "+" else -1 for i, s in enumerate(part)], dtype=np.int64)]
            for part in signs.split("|")
        ]
        assert_person_equals_the_tracker(videos, engine, tmp_path)

    @pytest.mark.parametrize("lengths", [(3, 12, 9), (12, 3, 9), (2, 1, 12), (12, 9, 3)])
    def test_files_that_show_nobody_count(
        self, lengths: tuple[int, ...], engine: Engine, tmp_path: Path
    ) -> None:
        of_nobody = [place for place, length in enumerate(lengths) if length < 9]
        videos = [[np.full(n, -1) if n < 9 else places_of_faces(n, seed=n)] for n in lengths]
        assert_person_equals_the_tracker(videos, engine, tmp_path, of_nobody)

    @pytest.mark.parametrize("limit", [1, 20])
    def test_the_limit_of_reprediction_runs_on_over_files(
        self, limit: int, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postprocessing, "REPREDICTED_FRAMES", limit)
        monkeypatch.setattr(find_offsets, "REPREDICTED_FRAMES", limit)
        videos = [[places_of_faces(n, seed=n)] for n in (17, 12, 9)]
        assert_person_equals_the_tracker(videos, engine, tmp_path)

    @settings(max_examples=5, deadline=None, suppress_health_check=_FIXTURES)
    @given(**_ANY_CUTS)
    def test_files_and_shards_cut_anywhere(
        self, engine: Engine, tmp_path: Path, **video: Any
    ) -> None:
        assert_cut_files_equal_the_tracker(**video, engine=engine, output=tmp_path)

    @pytest.mark.slow
    @settings(max_examples=30, deadline=None, suppress_health_check=_FIXTURES)
    @given(**_ANY_CUTS)
    def test_many_more_of_them(self, engine: Engine, tmp_path: Path, **video: Any) -> None:
        assert_cut_files_equal_the_tracker(**video, engine=engine, output=tmp_path)

    def test_one_file_alone_is_as_by_itself(self, engine: Engine, tmp_path: Path) -> None:
        places = places_of_faces(40)
        (alone,) = tables("person", [[places]], engine, tmp_path / "a")
        (by_itself,) = tables("video", [[places]], engine, tmp_path / "b")
        assert alone.equals(by_itself)

    def test_a_picture_among_videos_is_on_its_own(self) -> None:
        kinds: list[MediaKind] = ["video", "image", "video", "image", "image_sequence"]
        inputs = [
            AssembledInput(VideoTask(str(n), ""), media_info(kind), (), 9, (FaceParts(0, 1, ()),))
            for n, kind in enumerate(kinds)
        ]
        groups = [[source.task.video_id for source, *_ in g] for g in sharing_medians(inputs)]
        assert groups == [["0", "2", "4"], ["1"], ["3"]]

    def test_only_the_faces_seen_longest_share_medians(self) -> None:
        faces = tuple(FaceParts(face_id, 1, ()) for face_id in range(3))
        inputs = [
            AssembledInput(VideoTask(name, ""), media_info(), (), 9, faces[:count])
            for name, count in (("a", 3), ("b", 0), ("c", 2))
        ]
        groups = [[(s.task.video_id, f.face_id) for s, f, _ in g] for g in sharing_medians(inputs)]
        assert groups == [[("a", 0), ("c", 0)], [("a", 1)], [("a", 2)], [("c", 1)]]


class TestRest:
    def test_equal_to_the_twin(self, engine: Engine, tmp_path: Path) -> None:
        """A baseline video, a task video, and one with a rest range by frame at its end."""
        lengths = (20, 31, 11)
        places = [places_of_faces(n, seed=n) for n in lengths]
        rest = [RestRanges(frames=((1, 20),)), None, RestRanges(frames=((9, 99), (2, 3)))]
        videos = [np.split(one, [7, 8]) for one in places]
        found = tables("rest", videos, engine, tmp_path, rest)
        pool = pool_for(engine)
        flags = [
            np.zeros(n, dtype=bool) if ranges is None else ranges.contain(np.zeros(n), 1)
            for n, ranges in zip(lengths, rest, strict=True)
        ]
        expected = calibrate_on_rest(
            engine.video_models,
            [[None if p < 0 else pool.descriptors[p] for p in one] for one in places],
            flags,
        )
        for table, twin, one in zip(found, expected, places, strict=True):
            intensities, present = action_units(table, engine)
            np.testing.assert_allclose(
                intensities, twin.intensities[one >= 0], rtol=0, atol=INTENSITY_TOLERANCE
            )
            np.testing.assert_array_equal(present, twin.presences[one >= 0])
            record = json.loads(table.schema.metadata[b"openface_beam"])["faces"][0]
            at_rest = sum(int((f & (p >= 0)).sum()) for f, p in zip(flags, places, strict=True))
            assert (
                record["calibration"],
                record["calibration_frames"],
            ) == ("rest", at_rest)
            assert record["calibration_is_short"]

    @pytest.mark.parametrize(
        ("cuts", "block_frames"), [([1], 2000), ([3, 9, 10], 1), (list(range(1, 30)), 7)]
    )
    def test_the_same_bytes_however_videos_are_cut(
        self,
        cuts: list[int],
        block_frames: int,
        engine: Engine,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        places, rest = places_of_faces(30), [RestRanges(frames=((4, 11), (20, 20)))]
        (expected,) = tables("rest", [[places]], engine, tmp_path / "a", rest)
        monkeypatch.setattr(prepare_calibration, "BLOCK_FRAMES", block_frames)
        (found,) = tables("rest", [np.split(places, cuts)], engine, tmp_path / "b", rest)
        assert found.equals(expected, check_metadata=True)

    def test_every_frame_counts_not_only_odd_ones(self, engine: Engine, tmp_path: Path) -> None:
        rest = [RestRanges(frames=((1, 8),))]
        (table,) = tables("rest", [[np.arange(8) % POOL]], engine, tmp_path, rest)
        record = json.loads(table.schema.metadata[b"openface_beam"])["faces"][0]
        assert record["calibration_frames"] == 8

    def test_no_face_at_rest(self, engine: Engine, tmp_path: Path) -> None:
        places = np.array([-1, -1, 3, 3])
        with pytest.raises(CalibrationError, match="no frame that is named as rest") as caught:
            tables("rest", [[places]], engine, tmp_path, [RestRanges(frames=((1, 2), (9, 9)))])
        assert "rest_seconds" in caught.value.remedy

    def test_a_video_of_nobody_has_a_table_that_says_so(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        rest = [RestRanges(frames=((1, 2),))]
        (table,) = tables("rest", [[np.full(4, -1)]], engine, tmp_path, rest)
        assert table["success"].to_pylist() == [False] * 4
        record = json.loads(table.schema.metadata[b"openface_beam"])
        assert (record["calibration"], record["calibration_frames"]) == ("rest", 0)
        assert record["face_notes"] == [NOBODY_AT_REST]


class TestNone:
    def test_static_models_for_videos(self, models_folder: Path, tmp_path: Path) -> None:
        files = locate_models(models_folder, ModelSelection(), with_networks=False)
        engine = load_engine(files, chosen("none"))
        assert not engine.video_models.is_dynamic.any()
        places = places_of_faces(40)
        (table,) = tables("none", [[places]], engine, tmp_path)
        tracker = track(engine.video_models, pool_for(engine), places)
        expected = tracker.finish(missing_as_zero=False)
        intensities, present = action_units(table, engine)
        success = places >= 0
        np.testing.assert_array_equal(intensities, expected.intensities[success].astype(np.float32))
        np.testing.assert_array_equal(present, expected.presences[success])
        assert not expected.offsets.any()
        record = json.loads(table.schema.metadata[b"openface_beam"])["faces"][0]
        assert (record["calibration"], record["calibration_frames"]) == (
            "none",
            0,
        )
        assert record["calibration_inputs"] == []
        assert record["calibration_is_short"] is None
