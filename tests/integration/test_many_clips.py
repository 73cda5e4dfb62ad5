"""One run over many short clips, in several waves and shared files."""

import shutil
from pathlib import Path

import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from openface_core.media import DecodeLimits, promised_frame_count
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.synthetic_models.tiny_networks import write_config

CLIPS = 60
LENGTHS = range(10, 31, 4)
BUCKETS = 4

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of several lengths, the first of each again under other names."""
    folder = tmp_path_factory.mktemp("clips")
    pictures = face_clip(16)[0] * 2
    for number in range(CLIPS):
        path = folder / f"{number:04}.mp4"
        if number < len(LENGTHS):
            write_video(path, pictures[: LENGTHS[number]])
        else:
            shutil.copy(folder / f"{number % len(LENGTHS):04}.mp4", path)
    return folder


def config_in(folder: Path, models: Path) -> str:
    path = write_config(folder / "clips.toml", models)
    path.write_text(path.read_text() + f"[output]\nbuckets = {BUCKETS}\n")
    return str(path)


def test_every_clip_is_in_the_dataset(
    clips: Path, network_models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.plan.waves.WAVE_INPUTS", 25)
    paths = sorted(clips.glob("*.mp4"))
    lengths = {path.stem: promised_frame_count(str(path), DecodeLimits()) for path in paths}
    assert set(lengths.values()) == set(LENGTHS)
    summary = run(
        RunArguments(
            inputs=(f"{clips}/*.mp4",),
            output=str(tmp_path / "out"),
            config=config_in(tmp_path, network_models_folder),
            models=str(network_models_folder),
            quiet=True,
        )
    )
    assert (summary.inputs_written, summary.inputs_failed, summary.warnings) == (CLIPS, 0, 0)
    assert pq.read_metadata(tmp_path / "out" / "errors.parquet").num_rows == 0
    rows = pyarrow.dataset.dataset(tmp_path / "out" / "frames").to_table(columns=["video_id"])
    counts = rows.group_by("video_id").aggregate([([], "count_all")]).to_pylist()
    expected = {f"video-{name}": length for name, length in lengths.items()}
    assert {row["video_id"]: row["count_all"] for row in counts} == expected
    sums = pq.read_table(tmp_path / "out" / "summary.parquet").to_pylist()
    assert {row["video_id"]: row["frames"] for row in sums} == expected
