"""The corpus as files."""

import errno
import json
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from openface_core.errors import ConfigError, OutputError
from openface_core.media import open_media
from pipelines.demo_corpus import corpus
from pipelines.demo_corpus.corpus import write_corpus
from pipelines.demo_corpus.face_actions import BLINK
from pipelines.demo_corpus.script import TRUNCATED_NAME, Action, Clip, ScriptedFace

SMALL = (
    Clip(
        "blink.mp4",
        (ScriptedFace((Action(BLINK, 0.1, 0.1, 0.1, 0.1),), zoom=0.8),),
        seconds=0.4,
        width_px=160,
        height_px=128,
    ),
    Clip("nobody.webm", (), seconds=0.2, encoder="libvpx-vp9", width_px=96, height_px=64),
)


def content(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("demo") / "corpus"
    write_corpus(folder, SMALL)
    return folder


def test_files(folder: Path) -> None:
    names = {"clips/blink.mp4", "clips/nobody.webm", f"clips/{TRUNCATED_NAME}"}
    assert set(content(folder)) == names | {"ground_truth.json"}
    told = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    assert [clip["file"] for clip in told["clips"]] == ["blink.mp4", "nobody.webm", TRUNCATED_NAME]


def test_clips_have_the_frames_that_are_told(folder: Path) -> None:
    for clip in SMALL:
        with open_media(str(folder / "clips" / clip.name)) as reader:
            times = [frame.pts_seconds for frame in reader]
        np.testing.assert_allclose(np.array(times, float), clip.frame_times_s(), atol=0.001)


def test_the_truncated_file_is_half_of_the_first(folder: Path) -> None:
    whole = (folder / "clips" / SMALL[0].name).read_bytes()
    assert (folder / "clips" / TRUNCATED_NAME).read_bytes() == whole[: len(whole) // 2]


def test_made_again_it_is_the_same_to_the_byte(folder: Path, tmp_path: Path) -> None:
    before = content(folder)
    write_corpus(folder, SMALL)
    assert content(folder) == before
    write_corpus(tmp_path, SMALL)
    assert content(tmp_path) == before


def test_a_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "interview.mp4").write_text("x")
    with pytest.raises(ConfigError, match=r"holds other files, as interview.mp4"):
        write_corpus(tmp_path, SMALL)


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_corpus(tmp_path / "out", SMALL)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "cannot be written .*Name another folder"),
        (errno.EDQUOT, "cannot be written .*Name another folder"),
        (errno.EACCES, "cannot be written .*Name another folder"),
        (errno.EINVAL, "cannot be encoded .*Install the wheel"),
    ],
)
def test_storage_that_refuses_is_no_fault_of_the_encoder(
    number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage")

    def refuse(*_arguments: object, **_options: object) -> None:
        av.error.err_check(-number)

    monkeypatch.setattr(corpus, "write_video", refuse)
    with pytest.raises(OutputError, match=words):
        write_corpus(tmp_path, SMALL)


def test_without_scikit_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(ConfigError, match=r"pip install 'openface-beam\[demo\]'"):
        write_corpus(tmp_path / "out", SMALL)
    assert not (tmp_path / "out").exists()
