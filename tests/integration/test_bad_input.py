"""Whatever is wrong is told in one line with a remedy, and costs no more than it must."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipelines.run import main
from tests.fixtures.faces.clips import (
    FRAMES,
    LANDMARK_NAMES,
    face_clip,
    landmark_table,
    write_clip,
    write_landmarks,
)
from tests.fixtures.media.writing import write_audio
from tests.fixtures.places import REPOSITORY
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_models


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good clip and its landmarks."""
    folder = tmp_path_factory.mktemp("good")
    write_clip(folder / "good.mp4")
    write_landmarks(folder / "good.csv", face_clip()[1])
    return folder


def refusal(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    """Run the main job, which must refuse with one line, and return that line."""
    assert main([str(word) for word in argv] + ["--quiet"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(".")
    return line


def bad_video(folder: Path, kind: str, good: Path) -> Path:
    """Write a file that is no video."""
    path = folder / f"{kind}.mp4"
    content = (good / "good.mp4").read_bytes()
    match kind:
        case "empty":
            path.write_bytes(b"")
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case "header_only":
            path.write_bytes(content[:64])
        case "random":
            path.write_bytes(np.random.default_rng(0).bytes(20_000))
        case "text":
            path.write_text("This is a letter and not a video.\n" * 50)
        case "playlist":
            path.write_text("#EXTM3U\nhttp://localhost/secret.mp4\n")
        case "audio":
            write_audio(path)
        case "zeros":
            path.write_bytes(bytes(10_000))
    return path


BAD_VIDEOS = ["empty", "truncated", "header_only", "random", "text", "playlist", "audio", "zeros"]


def test_bad_videos_cost_one_row_each(
    good: Path, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(good / "good.mp4", tmp_path / "in" / "good.mp4")
    shutil.copytree(good, tmp_path / "points")
    for kind in BAD_VIDEOS:
        bad_video(tmp_path / "in", kind, good)
        shutil.copy(good / "good.csv", tmp_path / "points" / f"{kind}.csv")
    argv = ["--input", tmp_path / "in", tmp_path / "gone.mp4", "--landmarks", tmp_path / "points"]
    argv += ["--models", models_folder, "--output", tmp_path / "out", "--quiet"]
    assert main([str(word) for word in argv]) == 3
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert "Wrote 1 of 10 inputs" in captured.out
    assert "9 inputs failed" in captured.out

    rows = pq.read_table(tmp_path / "out" / "errors.parquet").to_pylist()
    assert {row["video_id"] for row in rows} == {*BAD_VIDEOS, "gone"}
    for row in rows:
        assert row["severity"] == "error"
        assert row["stage"] == ("input" if row["video_id"] == "gone" else "decoding"), row
        assert row["reason"]
        assert row["remedy"].endswith(".")
        assert "unexpected" not in row["reason"]
        assert "\n" not in row["reason"]
        assert f"error: {row['uri']}: {row['reason']}. {row['remedy']}" in captured.err
    (kept,) = (tmp_path / "out" / "frames").iterdir()
    assert kept.name == "video_id=good"
    assert pq.read_table(kept).num_rows == FRAMES


@pytest.mark.parametrize("kind", ["empty", "audio"])
def test_nothing_but_a_bad_video_ends_with_status_1(
    kind: str, good: Path, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bad_video(tmp_path, kind, good)
    argv = ["--input", path, "--landmarks", good / "good.csv", "--models", models_folder]
    argv += ["--output", tmp_path / "out", "--quiet"]
    assert main([str(word) for word in argv]) == 1
    captured = capsys.readouterr()
    assert "Wrote 0 of 1 inputs" in captured.out
    assert captured.err.startswith(f"error: {path}: ")
    assert not (tmp_path / "out" / "frames").exists()


def test_the_status_of_the_process_with_problems(
    good: Path, models_folder: Path, tmp_path: Path
) -> None:
    path = bad_video(tmp_path, "text", good)
    command = [
        sys.executable, "-m", "pipelines.run", "--input", str(path), "--landmarks",
        str(good / "good.csv"), "--models", str(models_folder), "--output", str(tmp_path / "out"),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    assert "looks like text" in done.stderr
    assert "Traceback" not in done.stderr


class TestNothingToDo:
    def test_a_missing_file(
        self, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = refusal(
            capsys, "--input", tmp_path / "no.mp4", "--output", tmp_path / "o", "--models",
            models_folder,
        )  # fmt: skip
        assert f"{tmp_path}/no.mp4: there is no such file." in line
        assert not (tmp_path / "o").exists()

    def test_an_empty_folder(
        self, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "in").mkdir()
        line = refusal(
            capsys, "--input", tmp_path / "in", "--output", tmp_path / "o", "--models",
            models_folder,
        )  # fmt: skip
        assert "the folder holds no files" in line

    def test_a_broken_manifest(
        self, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "list.csv").write_text("name,file\na,b\n")
        line = refusal(
            capsys, "--input", tmp_path / "list.csv", "--output", tmp_path / "o", "--models",
            models_folder,
        )  # fmt: skip
        assert "no column video_id and uri" in line

    def test_a_wrong_configuration(
        self, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "own.toml").write_text("[output]\nlevel = 3\n")
        line = refusal(
            capsys, "--input", good / "good.mp4", "--output", tmp_path / "o", "--config",
            tmp_path / "own.toml",
        )  # fmt: skip
        assert "own.toml: output.level: unknown setting" in line


class TestOutput:
    def test_a_folder_that_is_not_ours(
        self, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "photo.jpg").write_bytes(b"x")
        line = refusal(capsys, "--input", good / "good.mp4", "--output", tmp_path)
        assert "the output folder holds other files" in line
        assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]

    def test_a_file(self, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "o").write_bytes(b"x")
        line = refusal(capsys, "--input", good / "good.mp4", "--output", tmp_path / "o")
        assert "the output is not a folder" in line
        assert (tmp_path / "o").read_bytes() == b"x"

    def test_a_folder_that_cannot_be_made(
        self, good: Path, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "file").write_bytes(b"x")
        line = refusal(
            capsys, "--input", good / "good.mp4", "--landmarks", good / "good.csv", "--models",
            models_folder, "--output", tmp_path / "file" / "o",
        )  # fmt: skip
        assert "cannot be written" in line


class TestModels:
    def test_the_pack_of_a_preset(
        self,
        good: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.delenv("OPENFACE_MODELS_DIR", raising=False)
        monkeypatch.delenv("OPENFACE_REFERENCE", raising=False)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        line = refusal(
            capsys, "--input", good / "good.mp4", "--output", tmp_path / "o", "--config", "default"
        )
        assert "108 of its files are missing" in line
        assert "`openface-beam models fetch ghostone98 openface22 --accept-license`" in line
        assert "`openface-beam models import retinaface-mobilenet025 --from FOLDER`" in line
        assert not (tmp_path / "data").exists()

    def test_an_absent_pack(
        self,
        good: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("OPENFACE_MODELS_DIR", str(tmp_path / "models"))
        line = refusal(
            capsys, "--input", good / "good.mp4", "--landmarks", good / "good.csv", "--models",
            "openface22", "--output", tmp_path / "o",
        )  # fmt: skip
        assert "model pack 'openface22'" in line
        assert line.endswith("Run `openface-beam models fetch openface22 --accept-license`.")

    def test_networks_are_missing(
        self, good: Path, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = refusal(
            capsys, "--input", good / "good.mp4", "--output", tmp_path / "o", "--models",
            models_folder,
        )  # fmt: skip
        assert "the face detector was not found" in line

    @pytest.mark.parametrize("damage", ["empty", "truncated", "nan", "random"])
    @pytest.mark.parametrize(
        "name",
        ["In-the-wild_aligned_PDM_68.txt", "tris_68_full.txt", "svm_combined/AU_28_dynamic.dat"],
    )
    def test_a_damaged_file(
        self, name: str, damage: str, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_models(tmp_path / "m")
        path = tmp_path / "m" / "openface" / "AU_predictors" / name
        spoil(path, damage)
        line = refusal(
            capsys, "--input", good / "good.mp4", "--landmarks", good / "good.csv", "--models",
            tmp_path / "m", "--output", tmp_path / "o",
        )  # fmt: skip
        assert path.name in line
        assert not (tmp_path / "o").exists()

    @pytest.mark.parametrize("damage", ["empty", "truncated", "random"])
    @pytest.mark.parametrize("name", ["retinaface_mobilenet025.onnx", "tiny68.onnx", "tiny.toml"])
    def test_a_damaged_network(
        self, name: str, damage: str, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_models(tmp_path / "m", with_networks=True)
        config = write_config(tmp_path / "c.toml", tmp_path / "m")
        spoil(tmp_path / "m" / name, damage)
        line = refusal(
            capsys, "--input", good / "good.mp4", "--models", tmp_path / "m", "--config", config,
            "--output", tmp_path / "o",
        )  # fmt: skip
        assert name in line

    def test_a_network_of_another_kind(
        self, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        models = write_models(tmp_path / "m", with_networks=True)
        config = write_config(tmp_path / "c.toml", models)
        shutil.copy(models / "tiny68.onnx", models / "retinaface_mobilenet025.onnx")
        line = refusal(
            capsys, "--input", good / "good.mp4", "--models", models, "--config", config,
            "--output", tmp_path / "o",
        )  # fmt: skip
        assert "retinaface_mobilenet025.onnx" in line


def spoil(path: Path, damage: str) -> None:
    content = path.read_bytes()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case "random":
            path.write_bytes(np.random.default_rng(1).bytes(len(content)))
        case "nan" if path.suffix == ".dat":
            path.write_bytes(content[:-24] + np.full(3, np.nan).tobytes())
        case "nan":
            head, _, last = content.rstrip().rpartition(b" ")
            path.write_bytes(head + b" nan\n")
            assert last


def bad_landmarks(folder: Path, kind: str) -> Path:
    """Write a file of landmarks that does not fit the good clip."""
    path = folder / f"{kind}.csv"
    points = face_clip()[1].copy()
    match kind:
        case "not_a_number":
            points[2, 30] = np.nan
        case "infinite":
            points[2, 30] = np.inf
        case "short":
            points = points[:-2]
        case "long":
            points = np.concatenate([points, points])
    table = landmark_table(points)
    match kind:
        case "shape":
            dropped = [name for name in LANDMARK_NAMES if name.endswith("_67")]
            table = table.drop_columns(dropped)
        case "words":
            table = table.set_column(5, "x_2", [["left"] * len(table)])
    table.to_pandas().to_csv(path, index=False)
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "binary":
        path.write_bytes(np.random.default_rng(2).bytes(5000))
    return path


BAD_LANDMARKS = {
    "not_a_number": "row 3, column 'x_30'",
    "infinite": "row 3, column 'x_30'",
    "short": "for 4 frames, the video has 6",
    "long": "for 12 frames, the video has 6",
    "shape": "134 landmark columns instead of 136",
    "words": "left",
    "empty": "empty",
    "binary": "neither a CSV nor a Parquet",
}


def test_bad_landmarks_cost_one_row_each(
    good: Path, models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "points").mkdir()
    for kind in BAD_LANDMARKS:
        shutil.copy(good / "good.mp4", tmp_path / "in" / f"{kind}.mp4")
        bad_landmarks(tmp_path / "points", kind)
    shutil.copy(good / "good.mp4", tmp_path / "in" / "good.mp4")
    shutil.copy(good / "good.csv", tmp_path / "points" / "good.csv")
    shutil.copy(good / "good.mp4", tmp_path / "in" / "without.mp4")
    argv = ["--input", tmp_path / "in", "--landmarks", tmp_path / "points"]
    argv += ["--models", models_folder, "--output", tmp_path / "out", "--quiet"]
    assert main([str(word) for word in argv]) == 3
    assert "Traceback" not in capsys.readouterr().err
    rows = pq.read_table(tmp_path / "out" / "errors.parquet").to_pylist()
    reasons = {row["video_id"]: row["reason"] for row in rows}
    assert set(reasons) == {*BAD_LANDMARKS, "without"}
    for kind, words in BAD_LANDMARKS.items():
        assert f"{kind}.csv: " in reasons[kind]
        assert words in reasons[kind]
    assert "there are no landmarks" in reasons["without"]
    stages = {row["video_id"]: row["stage"] for row in rows}
    assert set(stages.values()) == {"landmarks", "input"}
    assert all(row["remedy"].endswith(".") for row in rows)
    (kept,) = (tmp_path / "out" / "frames").iterdir()
    assert kept.name == "video_id=good"
