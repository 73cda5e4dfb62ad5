"""What a run will do, in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.plan import RunPlan, describe_plan, make_plan, planned_parts
from pipelines.run import main
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.media.writing import moving_square, write_video
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_models


def test_every_input_has_its_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    write_clip(tmp_path / "in" / "a.mp4", 3)
    (tmp_path / "in" / "b.mkv").write_text("no video")
    write_landmarks(tmp_path / "points" / "a.csv", face_clip(3)[1])
    write_landmarks(tmp_path / "points" / "b.csv", face_clip(3)[1])
    argv = [
        "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out"), "--dry-run",
        "--models", str(write_models(tmp_path / "models")), "--landmarks", str(tmp_path / "points"),
    ]  # fmt: skip
    assert main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"analyse  a  as a whole  ({tmp_path}/in/a.mp4)"
    assert lines[1].startswith("analyse  b  as a whole")
    expected = "2 inputs in 2 parts to be analysed, 0 finished, 0 that cannot be analysed."
    assert lines[-1] == expected
    assert not (tmp_path / "out").exists()


def plan_of(video: Path, config: Path) -> RunPlan:
    """Return the plan for a video, beside which are the models and the output."""
    return make_plan(
        RunArguments(
            inputs=(str(video),),
            output=str(video.parent / "out"),
            models=str(video.parent / "models"),
            config=str(config),
        )
    )


def test_a_cut_video_says_into_what(tmp_path: Path) -> None:
    video = tmp_path / "long.mp4"
    write_video(video, moving_square(90), options={"g": "10"})
    models = write_models(tmp_path / "models", with_networks=True)
    config = write_config(tmp_path / "short.toml", models)
    config.write_text(config.read_text() + "\n[shards]\nseconds = 1.0\n")
    plan = plan_of(video, config)
    line, _ = describe_plan(plan, planned_parts(plan))
    assert line == f"analyse  long  in 3 parts of 30 to 30 frames  ({video})"


def test_one_video_that_counts_twice_is_remarked(tmp_path: Path) -> None:
    lines = ["video_id,uri,landmarks,person_id"]
    for seed, name in enumerate("abcd"):
        write_clip(tmp_path / f"{name}.mp4", 3, seed)
        write_landmarks(tmp_path / f"{name}.csv", face_clip(3, seed)[1])
        lines.append(f"{name},{name}.mp4,{name}.csv,{'P1' if name in 'abc' else 'P2'}")
    for name in "bd":  # what d is to another person does not matter
        (tmp_path / f"{name}.mp4").unlink()
        (tmp_path / f"{name}.mp4").symlink_to(tmp_path / "a.mp4")
    manifest = tmp_path / "list.csv"
    manifest.write_text("\n".join(lines) + "\n")
    arguments = RunArguments(
        inputs=(str(manifest),),
        output=str(tmp_path / "out"),
        models=str(write_models(tmp_path / "models")),
        calibration="person",
    )
    (line,) = make_plan(arguments).remarks
    assert line.startswith("warning: a and b of P1 hold the same video")
    assert make_plan(replace(arguments, calibration="video")).remarks == ()


@pytest.mark.parametrize(("person", "is_warned"), [("", True), ("P1", False)])
def test_calibration_by_person_without_persons_is_remarked(
    person: str, is_warned: bool, tmp_path: Path
) -> None:
    write_clip(tmp_path / "a.mp4", 3)
    write_landmarks(tmp_path / "a.csv", face_clip(3)[1])
    manifest = tmp_path / "list.csv"
    manifest.write_text(f"video_id,uri,landmarks,person_id\na,a.mp4,a.csv,{person}\n")
    arguments = RunArguments(
        inputs=(str(manifest),),
        output=str(tmp_path / "out"),
        models=str(write_models(tmp_path / "models")),
        calibration="person",
    )
    plan = make_plan(arguments)
    warned = [
        line
        for line in describe_plan(plan, planned_parts(plan))
        if "no input has a person_id" in line
    ]
    assert warned == list(plan.remarks)
    assert bool(warned) is is_warned
    assert make_plan(replace(arguments, calibration="video")).remarks == ()


def test_what_cannot_be_read_is_told_before_a_run(tmp_path: Path) -> None:
    video = tmp_path / "cut.mp4"
    write_video(video, moving_square(9))
    video.write_bytes(video.read_bytes()[:300])
    models = write_models(tmp_path / "models", with_networks=True)
    config = write_config(tmp_path / "tiny.toml", models)
    plan = plan_of(video, config)
    line, last = describe_plan(plan, planned_parts(plan))
    assert line.startswith("fail     cut  the MP4/MOV file is damaged")
    assert last == "0 inputs in 0 parts to be analysed, 0 finished, 1 that cannot be analysed."
