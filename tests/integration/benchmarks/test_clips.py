"""The benchmark that runs the main job over many short clips, with a few."""

from pathlib import Path

import pytest

from benchmarks.clips import LONGEST_FRAMES, SHORTEST_FRAMES, run_over_clips, write_clips
from openface_core.media import DecodeLimits, promised_frame_count
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.synthetic_models.tiny_networks import write_config

CLIPS = 12
BUCKETS = 4

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips that are cut from a video, and from it again."""
    folder = tmp_path_factory.mktemp("clips")
    long = write_video(folder / "long.mkv", face_clip(16)[0] * 10)
    write_clips(folder, [long], CLIPS)
    return folder


def test_clips_are_cut(clips: Path) -> None:
    paths = sorted(clips.glob("*.mp4"))
    lengths = [promised_frame_count(str(path), DecodeLimits()) for path in paths]
    assert len(lengths) == CLIPS
    assert set(lengths) == set(range(SHORTEST_FRAMES, LONGEST_FRAMES + 1, 4))


def test_a_run_is_measured(clips: Path, network_models_folder: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path / "clips.toml", network_models_folder)
    config.write_text(config.read_text() + f"[output]\nbuckets = {BUCKETS}\n")
    options = ["--models", str(network_models_folder), "--config", str(config)]
    found = run_over_clips(clips, CLIPS, options)
    assert (found.clips, found.problems, found.files) == (CLIPS, 0, BUCKETS)
    assert found.frames >= CLIPS * SHORTEST_FRAMES
    assert found.cpu_seconds > 0
