"""Several people in one video, through the real graph, with the models that come along."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from models import EMBEDDED_PACK, locate_models, models_folder
from openface_core.analysis.engine import load_engine
from openface_core.face_tracking import several_intervals
from pipelines.comparison.invariance import hashes
from pipelines.configuration.config_file import load_settings
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.media.writing import write_video
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.clip_corpus import GOP, IN_MEMORY, MODES
from tests.twins.several_faces import analyse_people
from transforms.dataset.layout import frames_path

FRAMES, EVERY_FRAMES = 96, 20
AWAY, DARK = range(31, 52), range(70, 75)
SIDE_PX = 240
INTENSITY_TOLERANCE = 1e-6


def scene(portrait: np.ndarray, number: int) -> np.ndarray:
    """One person on the left; on the right her mirror image, who goes away for a while."""
    picture = np.full((SIDE_PX, 2 * SIDE_PX, 3), 120, dtype=np.uint8)
    if number in DARK:
        return picture // 8
    step = abs(number % 40 - 20)
    left = portrait[:SIDE_PX, 90 + step : 90 + step + SIDE_PX]
    picture[:, :SIDE_PX] = left
    if number not in AWAY:
        picture[:, SIDE_PX:] = portrait[4 : 4 + SIDE_PX, 100 : 100 + SIDE_PX][:, ::-1]
    return picture


@dataclass(frozen=True)
class Clip:
    """The clip, and runs over it."""

    folder: Path

    @property
    def uri(self) -> str:
        return str(self.folder / "in" / "clip.mp4")

    def config(
        self,
        seconds: float,
        select: str = "all",
        every_frames: int = EVERY_FRAMES,
        lead_frames: int = 4,
    ) -> str:
        path = self.folder / f"{seconds}-{select}-{every_frames}-{lead_frames}.toml"
        preset = (Path(__file__).parents[2] / "configs" / "embedded.toml").read_text()
        preset = preset.replace("every_frames = 60", f"every_frames = {every_frames}")
        preset = preset.replace("lead_frames = 4", f"lead_frames = {lead_frames}")
        faces = f'[faces]\nselect = "{select}"\nevery_frames = 10\n'
        path.write_text(f"{preset}\n{faces}[shards]\nseconds = {seconds}\n")
        return str(path)

    def run(
        self,
        output: Path,
        seconds: float = 0,
        mode: tuple[str, ...] = IN_MEMORY,
        select: str = "all",
        calibration: str | None = None,
        *,
        sides: bool = False,
        config: str | None = None,
    ) -> Path:
        arguments = RunArguments(
            inputs=(self.uri,),
            output=str(output),
            config=config or self.config(seconds, select),
            models=EMBEDDED_PACK,
            calibration=calibration,
            sides=sides,
            quiet=True,
            beam=mode,
        )
        summary = run(arguments)
        assert (summary.inputs_written, summary.frames_decoded) == (1, FRAMES)
        return output


def table_of(output: Path) -> pd.DataFrame:
    return pq.read_table(frames_path(str(output), "clip"), partitioning=None).to_pandas()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    data = pytest.importorskip("skimage.data")
    portrait = np.ascontiguousarray(data.astronaut()[..., ::-1])
    folder = tmp_path_factory.mktemp("several")
    (folder / "in").mkdir()
    frames = [scene(portrait, number) for number in range(FRAMES)]
    write_video(folder / "in" / "clip.mp4", frames, options=GOP)
    return Clip(folder)


@pytest.fixture(scope="module")
def whole(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip.run(tmp_path_factory.mktemp("whole") / "out")


@pytest.fixture(scope="module")
def table(whole: Path) -> pd.DataFrame:
    return table_of(whole)


def test_each_person_keeps_a_number_and_every_frame_has_a_row(table: pd.DataFrame) -> None:
    assert sorted(set(table["frame"])) == list(range(1, FRAMES + 1))
    keys = list(zip(table["frame"], table["face_id"].fillna(-1), strict=True))
    assert keys == sorted(set(keys))
    found = table[table["success"]]
    frames = {face_id: set(rows["frame"] - 1) for face_id, rows in found.groupby("face_id")}
    assert set(frames) == {0, 1}
    assert frames[0] == set(range(FRAMES)) - set(DARK)
    missing = set(range(FRAMES)) - set(DARK) - set(AWAY) - frames[1]
    assert missing <= set(range(AWAY.stop, AWAY.stop + 10)), "until newcomers are looked for"
    assert (found.loc[found["face_id"] == 0, "x_30"] < SIDE_PX).all()
    assert (found.loc[found["face_id"] == 1, "x_30"] > SIDE_PX).all()
    nobody = table[table["face_id"].isna()]
    assert set(nobody["frame"] - 1) == set(DARK)
    assert not nobody["success"].any()
    assert nobody.drop(columns=["frame", "timestamp", "success"]).isna().all(axis=None)


def test_action_units_are_those_of_a_tracker_for_each_person(
    clip: Clip, table: pd.DataFrame
) -> None:
    settings = load_settings(clip.config(0))
    engine = load_engine(locate_models(models_folder(EMBEDDED_PACK), settings.models), settings)
    people = analyse_people(clip.uri, engine, settings)
    assert len(people) == 2
    for face_id, person in enumerate(people):
        rows = table[(table["face_id"] == face_id) & table["success"]]
        places = rows["frame"].to_numpy() - 1
        np.testing.assert_array_equal(places, np.flatnonzero(person.series.success))
        np.testing.assert_array_equal(rows["x_30"], person.landmarks[places, 30, 0])
        for k, name in enumerate(engine.video_models.intensity_names):
            expected = person.series.intensities[places, k].astype(np.float32)
            np.testing.assert_allclose(rows[f"{name}_r"], expected, atol=INTENSITY_TOLERANCE)
        for k, name in enumerate(engine.video_models.presence_names):
            np.testing.assert_array_equal(rows[f"{name}_c"], person.series.presences[places, k])


@pytest.mark.parametrize("seconds", [0.7, 1.5])
def test_the_same_bytes_however_the_clip_is_cut(
    seconds: float, clip: Clip, whole: Path, tmp_path: Path
) -> None:
    assert hashes(clip.run(tmp_path / "out", seconds)) == hashes(whole)


@pytest.mark.parametrize("every_frames", [1, DARK.start // 2])
def test_the_same_bytes_without_a_lead_where_a_border_is_a_scene_cut(
    every_frames: int, clip: Clip, tmp_path: Path
) -> None:
    whole, cut = (
        clip.run(
            tmp_path / str(seconds),
            config=clip.config(seconds, every_frames=every_frames, lead_frames=0),
        )
        for seconds in (0, 1)
    )
    assert hashes(cut) == hashes(whole)


def test_a_clip_of_one_interval_is_kept_in_parts_that_join(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = table_of(clip.run(tmp_path / "one", config=clip.config(0, every_frames=1000)))
    never = clip.config(0.7, every_frames=0)
    pd.testing.assert_frame_equal(table_of(clip.run(tmp_path / "never", config=never)), one)
    monkeypatch.setattr(several_intervals, "_MOST_RECORDED_FRAMES", 20)
    pd.testing.assert_frame_equal(table_of(clip.run(tmp_path / "parts", config=never)), one)


def test_both_sides_of_each_person(clip: Clip, table: pd.DataFrame, tmp_path: Path) -> None:
    both = clip.run(tmp_path / "whole", sides=True)
    assert hashes(clip.run(tmp_path / "cut", 0.7, sides=True)) == hashes(both)
    found = table_of(both)
    pd.testing.assert_frame_equal(found[table.columns], table)
    means = found.groupby("face_id")[["AU12_r_left", "AU12_r_right"]].mean()
    assert means.notna().all(axis=None)
    assert found.loc[found["face_id"].isna(), "AU12_r_left"].isna().all()
    summary = pq.read_table(both / "summary.parquet").to_pandas()
    assert summary["eye_opening_left_mean"].notna().all()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["multi_threading", "multi_processing"])
def test_the_same_bytes_from_any_workers(
    mode: str, clip: Clip, whole: Path, tmp_path: Path
) -> None:
    assert hashes(clip.run(tmp_path / "out", 0.7, MODES[mode])) == hashes(whole)


def test_the_summary_has_a_row_for_each_person(whole: Path) -> None:
    summary = pq.read_table(whole / "summary.parquet").to_pandas()
    assert summary["face_id"].tolist() == [0, 1]
    assert summary["frames"].tolist() == [FRAMES, FRAMES]
    assert summary["first_frame"].tolist() == [1, 1]
    assert summary["last_frame"].tolist() == [FRAMES, FRAMES]
    assert summary.loc[0, "success_rate"] == 1 - len(DARK) / FRAMES
    assert summary["calibration"].tolist() == ["video", "video"]


def test_the_example_of_the_page(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (REPOSITORY / "docs" / "faces.md").read_text("utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    (tmp_path / "results").symlink_to(whole)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code.replace("frames.groupby", "means = frames.groupby"), names)
    means = names["means"]
    assert list(means.index) == [("clip", 0), ("clip", 1)]
    assert means.notna().all()


def test_only_the_main_person(clip: Clip, table: pd.DataFrame, tmp_path: Path) -> None:
    main = table_of(clip.run(tmp_path / "out", select="main"))
    assert main["frame"].tolist() == list(range(1, FRAMES + 1))
    expected = table[table["face_id"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(main[main["face_id"] == 0].reset_index(drop=True), expected)


def test_a_person_who_is_alone_has_the_same_numbers_as_the_widest_face(tmp_path: Path) -> None:
    data = pytest.importorskip("skimage.data")
    portrait = np.ascontiguousarray(data.astronaut()[..., ::-1])
    (tmp_path / "in").mkdir()
    frames = [scene(portrait, number)[:, :SIDE_PX] for number in range(FRAMES)]
    write_video(tmp_path / "in" / "clip.mp4", frames, options=GOP)
    alone = Clip(tmp_path)
    every, widest = (
        table_of(alone.run(tmp_path / select, 1, select=select)) for select in ("all", "widest")
    )
    assert len(every) == len(widest) == FRAMES
    both = every[every["success"]]
    pd.testing.assert_frame_equal(both, widest.loc[both.index], check_dtype=False)
    assert widest["success"].sum() == len(both)


def test_no_calibration(clip: Clip, whole: Path, tmp_path: Path) -> None:
    output = clip.run(tmp_path / "out", 0.7, calibration="none")
    summary = pq.read_table(output / "summary.parquet").to_pandas()
    assert summary["calibration"].tolist() == ["none", "none"]
