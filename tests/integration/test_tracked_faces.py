"""Faces that are followed, refined and judged, through the real graph: cut anywhere, same bytes."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.configuration.config_file import load_settings
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.faces.clips import Frames, dark_frames, face_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.synthetic_models.tiny_networks import write_models
from tests.fixtures.synthetic_models.tracking import tracking_config, write_tracking_models
from transforms.dataset.layout import frames_path
from transforms.plan.shards import plan_shards
from transforms.records import VideoTask

FRAMES, EVERY_FRAMES = 100, 15
DARK = range(40, 52)
THRESHOLD = 0.5
# One thread, so that the clip is the same bytes on every machine.
GOP = {"g": "10", "keyint_min": "10", "sc_threshold": "0", "threads": "1"}


def moving_face() -> Frames:
    """Return a face that moves there and back, and is hidden by darkness for a while."""
    pictures = face_clip(8)[0]
    there_and_back = (*pictures, *pictures[-2:0:-1])
    none = dark_frames(1)[0]
    return tuple(none if i in DARK else there_and_back[i % 14] for i in range(FRAMES))


@dataclass(frozen=True)
class Clip:
    """A clip, and the models that follow its face."""

    folder: Path
    models: Path

    @property
    def uri(self) -> str:
        return str(self.folder / "clip.mp4")

    def config(
        self, seconds: float, every_frames: int = EVERY_FRAMES, threshold: float = THRESHOLD
    ) -> str:
        path = self.folder / f"{seconds}_{every_frames}_{threshold}.toml"
        path.write_text(
            tracking_config(
                self.models, every_frames=every_frames, threshold=threshold, seconds=seconds
            )
            + '[faces]\nselect = "widest"\n'
        )
        return str(path)

    def arguments(self, output: Path, config: str) -> RunArguments:
        return RunArguments(
            inputs=(self.uri,),
            output=str(output),
            config=config,
            models=str(self.models),
            quiet=True,
            beam=("--direct_running_mode=in_memory", "--direct_num_workers=1"),
        )

    def run(self, output: Path, config: str) -> Path:
        summary = run(self.arguments(output, config))
        assert (summary.inputs_written, summary.frames_decoded) == (1, FRAMES)
        return Path(frames_path(str(output), "clip"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder = tmp_path_factory.mktemp("tracked")
    models = write_models(folder / "models", with_networks=True)
    write_tracking_models(models)
    write_video(folder / "clip.mp4", moving_face(), options=GOP)
    return Clip(folder, models)


@pytest.fixture(scope="module")
def whole(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of a run that cuts nothing."""
    return clip.run(tmp_path_factory.mktemp("whole") / "out", clip.config(0))


@pytest.fixture(scope="module")
def table(whole: Path) -> pa.Table:
    return pq.ParquetFile(whole).read()


def test_the_clip_is_cut_where_faces_are_looked_for(clip: Clip) -> None:
    settings = load_settings(clip.config(0.5))
    assert len(plan_shards(VideoTask("clip", clip.uri), settings)) > 2


@pytest.mark.parametrize("seconds", [0.5, 2])
def test_the_same_bytes_however_the_clip_is_cut(
    seconds: float, clip: Clip, whole: Path, tmp_path: Path
) -> None:
    cut = clip.run(tmp_path / "out", clip.config(seconds))
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (cut, whole)]
    assert hashes[0] == hashes[1]


def test_a_clip_whose_face_is_never_looked_for_anew_is_whole(clip: Clip, tmp_path: Path) -> None:
    config = clip.config(0.5, every_frames=0)
    (shard,) = plan_shards(VideoTask("clip", clip.uri), load_settings(config))
    assert shard.expected_frames == FRAMES
    cut, uncut = (
        clip.run(tmp_path / name, clip.config(0.5, every_frames=n))
        for name, n in (("a", 0), ("b", 1000))
    )
    tables = [pq.ParquetFile(path).read() for path in (cut, uncut)]
    assert tables[0].equals(tables[1])
    recorded = json.loads(tables[0].schema.metadata[b"openface_beam"])
    assert recorded["settings"]["detection"]["every_frames"] == 0
    again = run(clip.arguments(tmp_path / "a", config))
    assert (again.inputs_written, again.inputs_finished) == (0, 1)


def test_frames_depend_on_those_before(clip: Clip, table: pa.Table, tmp_path: Path) -> None:
    """Without this, the test above would show nothing about tracking."""
    alone = clip.run(tmp_path / "out", clip.config(0, every_frames=1))
    tables = table, pq.ParquetFile(alone).read()
    x, x_alone = (t["x_30"].to_pandas() for t in tables)
    both = x.notna() & x_alone.notna()
    assert (x[both] != x_alone[both]).any()
    followed, confidence = (t["confidence"].to_numpy() for t in tables)
    assert followed[0] == confidence[0] > 0, "nothing is before the first frame"


def test_success_is_a_confidence_above_the_threshold(
    clip: Clip, table: pa.Table, tmp_path: Path
) -> None:
    confidence = table["confidence"].to_pandas().to_numpy(dtype=np.float64)
    highest = float(np.nanmax(confidence))
    strict = pq.ParquetFile(clip.run(tmp_path / "out", clip.config(0, threshold=highest))).read()
    assert table["success"].to_numpy().any()
    assert not strict["success"].to_numpy()[: DARK.start].any()
    for found, threshold in ((table, THRESHOLD), (strict, highest)):
        confidence = found["confidence"].to_pandas().to_numpy(dtype=np.float64)
        assert np.isfinite(confidence[: DARK.start]).any()
        success = found["success"].to_numpy()
        np.testing.assert_array_equal(success, np.nan_to_num(confidence) > threshold)


def test_eyes_are_there_with_the_face(table: pa.Table) -> None:
    for name in ("gaze_angle_x", "eye_lmk_x_0", "eye_lmk_Z_55"):
        np.testing.assert_array_equal(table[name].is_valid(), table["success"])
