"""Profiling: what is reported, on a small clip of our own. Times themselves are not judged."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from openface_core.errors import ConfigError, OpenFaceBeamError
from pipelines.profile import main, profile
from pipelines.timing.arguments import ProfileArguments, parse_arguments, parser
from pipelines.timing.components import COMPONENTS, ComponentTime
from pipelines.timing.measured_process import measure
from pipelines.timing.providers import largest_differences
from pipelines.timing.report import Profile, as_text
from pipelines.timing.runs import RunTime, time_run
from tests.fixtures.faces.clips import FRAMES, face_clip, write_clip, write_landmarks
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_models


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"), with_networks=True)


_OPTIONAL = ("3 refinement, eyes", "confidence", "gaze", "identity")


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return str(write_clip(tmp_path / "face.mp4"))


def test_every_component_is_timed(
    networks: Path, clip: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "profile.json"
    config = write_config(tmp_path / "tiny.toml", networks, every_frames=3)
    words = ["--video", clip, "--models", str(networks), "--config", str(config)]
    assert main([*words, "--components-only", "--output", str(output)]) == 0
    printed = capsys.readouterr()
    document = json.loads(output.read_text())
    names = [row["name"] for row in document["components"]]
    assert names == [name for name in COMPONENTS if name not in _OPTIONAL]
    passed = {row["name"]: row["frames"] for row in document["components"]}
    # Between detections, the landmarks of the frame before lead to the face. The search of the
    # next interval begins two frames ahead: the second one in frame 1, a third one in frame 4.
    detections = FRAMES / 3 + 1
    assert passed.pop("1 detection") == detections
    # Whatever is detected where no face was trusted before is looked at upside down as well.
    assert passed.pop("2 landmarks") == FRAMES + 2 * 2 + detections
    assert set(passed.values()) == {FRAMES}
    assert sum(row["share"] for row in document["components"]) == pytest.approx(1.0)
    assert document["runs"] == []
    assert all(name in printed.out for name in names)
    assert "Compilation is not included." in printed.out
    assert "Components, one thread" in printed.err


def test_providers_are_compared(
    networks: Path, clip: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "profile.json"
    config = write_config(tmp_path / "tiny.toml", networks)
    words = ["--video", clip, "--models", str(networks), "--config", str(config), "--quiet"]
    words += ["--components-only", "--provider", "cpu,auto", "--output", str(output)]
    assert main(words) == 0
    first, second = json.loads(output.read_text())["providers"]
    assert (first["name"], first["differences"]) == ("cpu", {})
    assert (second["name"], second["other_frames"]) == ("auto", 0)
    assert min(first["cpu_ms"], first["wall_ms"], second["cpu_ms"]) > 0
    assert {"px", "rad"} <= second["differences"].keys()
    assert "cpu (CPU)" in capsys.readouterr().out


def test_the_largest_difference_of_each_unit() -> None:
    def table(x_0: list[float | None], angle: list[float | None], success: list[bool]) -> pa.Table:
        px, rad = pa.array(x_0, pa.float32()), pa.array(angle, pa.float32())
        fields = [
            pa.field("frame", pa.int32()),
            pa.field("face_id", pa.int32()),
            pa.field("success", pa.bool_()),
            pa.field("x_0", pa.float32(), metadata={"unit": "px"}),
            pa.field("pose_Rx", pa.float32(), metadata={"unit": "rad"}),
        ]
        frames, faces = list(range(1, len(success) + 1)), [0 if s else None for s in success]
        columns = [pa.array(frames, pa.int32()), pa.array(faces, pa.int32()), pa.array(success)]
        return pa.table([*columns, px, rad], schema=pa.schema(fields))

    one = table([1.0, 2.0, 3.0, None], [None] * 4, [True, True, True, False])
    other = table([1.0, 2.5, None, None], [0.5] * 4, [True, True, False, False])
    assert largest_differences(one, other) == {"px": 0.5}
    assert largest_differences(one, one) == {"px": 0.0}


@pytest.mark.parametrize("names", ["cpu,nonsense", "cpu,directml,coreml", ""])
def test_a_provider_that_is_not_there_is_told_before_anything_runs(
    names: str, networks: Path, clip: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--video", clip, "--models", str(networks), "--quiet", "--provider", names]
    assert main(words) == 2
    assert "provider" in capsys.readouterr().err


def test_given_landmarks_need_no_provider() -> None:
    with pytest.raises(ConfigError, match="no network runs"):
        ProfileArguments("a.mp4", landmarks="a.csv", provider=("cpu",))


def test_given_landmarks_need_no_networks(networks: Path, clip: str, tmp_path: Path) -> None:
    landmarks = write_landmarks(tmp_path / "face.csv", face_clip()[1])
    found = profile(
        ProfileArguments(
            clip, landmarks=str(landmarks), models=str(networks), frames=4, runs=False, quiet=True
        )
    )
    assert found.frames == 4
    names = [component.name for component in found.components]
    networks_only = ("1 detection", "2 landmarks", *_OPTIONAL)
    assert names == [name for name in COMPONENTS if name not in networks_only]


@pytest.mark.slow
def test_whole_runs(networks: Path, clip: str, tmp_path: Path) -> None:
    landmarks = write_landmarks(tmp_path / "face.csv", face_clip()[1])
    found = time_run(clip, str(landmarks), ["--models", str(networks)], workers=2, inputs=2)
    assert (found.workers, found.inputs, found.frames) == (2, 2, 2 * FRAMES)
    assert min(found.wall_seconds, found.cpu_seconds, found.peak_memory_mib) > 0


def test_a_run_that_fails_is_told_in_one_line(clip: str, tmp_path: Path) -> None:
    with pytest.raises(OpenFaceBeamError, match=r"main job ended with status 2 .*does not exist"):
        time_run(clip, None, ["--models", str(tmp_path / "none")], workers=1, inputs=1)


def test_memory_of_the_starting_process_does_not_count() -> None:
    ballast = np.ones(300 * 2**20, dtype=np.uint8)
    command = [
        sys.executable,
        "-m",
        "pipelines.timing.measured_process",
        sys.executable,
        "-c",
        "pass",
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["status"] == 0
    assert 2**20 < found["peak_memory_bytes"] < ballast.nbytes // 2


def test_status_of_a_measured_command() -> None:
    found = measure([sys.executable, "-c", "raise SystemExit(3)"])
    assert found["status"] == 3


def test_number_of_frames_must_be_positive(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="expected 1 or more, found 0"):
        ProfileArguments("a.mp4", frames=0)
    assert main(["--video", "a.mp4", "--frames", "-1"]) == 2
    assert capsys.readouterr().err.startswith("error: --frames: ")


@pytest.mark.parametrize("name", ["face.mp4", "."])
def test_figures_never_take_the_place_of_an_input(
    clip: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content = Path(clip).read_bytes()
    assert main(["--video", clip, "--output", str(tmp_path / name)]) == 2
    assert "Name" in capsys.readouterr().err
    assert Path(clip).read_bytes() == content


def test_missing_video(networks: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    landmarks = write_landmarks(tmp_path / "face.csv", face_clip()[1])
    words = ["--video", str(tmp_path / "no.mp4"), "--landmarks", str(landmarks), "--quiet"]
    assert main([*words, "--models", str(networks)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_tables() -> None:
    components = (
        ComponentTime("decode", 10, 3.0, 3.0, 4.0, 0.75),
        ComponentTime("6 FHOG", 5, 2.0, 2.0, 2.5, 0.25),
    )
    found = Profile("a.mp4", 10, components, (RunTime(2, 2, 20, 5.0, 8.0, 400.0),))
    assert found.mean_ms == 4.0
    text = as_text(found)
    assert "all        4.000                       100.0%    250" in text
    assert "2        2       20      5.00    8.00   4.0  400" in text


def test_help_names_every_option() -> None:
    text = parser().format_help()
    for option in ("--video", "--landmarks", "--models", "--config", "--frames", "--output"):
        assert option in text


def test_providers_that_are_given_again_are_added() -> None:
    words = ["--video", "a", "--provider", "cpu,cuda", "--provider", "openvino"]
    assert parse_arguments(words).provider == ("cpu", "cuda", "openvino")
    assert parse_arguments(words[:2]).provider == ()


def test_the_place_of_the_figures_is_looked_at_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    output = tmp_path / "file" / "profile.json"
    assert main(["--video", "no_such_video.mp4", "--output", str(output)]) == 2
    told = (
        f"{output}: it cannot be written ({tmp_path / 'file'} is not a folder). Name another file."
    )
    assert capsys.readouterr().err == f"error: {told}\n"
