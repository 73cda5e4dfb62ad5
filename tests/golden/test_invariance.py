"""Real videos, cut into shards of any length: the same bytes."""

from pathlib import Path

import pytest

from pipelines.comparison.invariance import Passes, datasets, differences, hashes
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.trials import Trials

NAMES = ("single_face.mp4", "glasses.mp4", "face_noface_vfr.mov", "expressive.mp4")
MODES = {
    "in_memory": ("--direct_running_mode=in_memory", "--direct_num_workers=1"),
    "multi_threading": ("--direct_running_mode=multi_threading", "--direct_num_workers=2"),
}
# The first two have each mode once.
WAYS = (
    (0, "in_memory"),
    (1, "multi_threading"),
    (5, "in_memory"),
    (0, "multi_threading"),
    (1, "in_memory"),
    (5, "multi_threading"),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes_however_a_video_is_cut(
    name: str, reference: Path, tmp_path: Path, trials: Trials
) -> None:
    found = {}
    ways = WAYS[: trials(few=2, many=len(WAYS))]
    for seconds, mode in ways:
        config = tmp_path / "settings.toml"
        config.write_text(f"name = 'cut'\n[shards]\nseconds = {seconds}\n")
        output = tmp_path / f"{seconds}-{mode}"
        arguments = RunArguments(
            inputs=(str(reference / "videos" / name),),
            output=str(output),
            config=str(config),
            models=str(reference),
            provider="cpu",
            quiet=True,
            beam=MODES[mode],
        )
        assert run(arguments).inputs_written == 1
        found[seconds, mode] = hashes(output)
        table = f"frames/video_id={Path(name).stem}/frames.parquet"
        print(f"{name}, shards of {seconds} s, {mode}: {found[seconds, mode][table]}")
    assert all(other == found[ways[0]] for other in found.values())


@pytest.mark.slow
def test_the_same_bytes_in_any_order_from_processes_and_through_a_job_service(
    reference: Path, tmp_path: Path
) -> None:
    # The whole matrix takes a quarter of an hour: `python -m benchmarks.invariance`.
    modes = ("multi_processing", "EXTERNAL")
    passes = Passes(reference / "videos", reference, shard_seconds=(5,), modes=modes)
    (_, _, first), (_, _, second) = datasets(passes, tmp_path)
    assert len(first) > len(list((reference / "videos").glob("*.mp4")))
    assert differences(first, second) == []
