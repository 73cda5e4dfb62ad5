"""What Python users import."""

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import openface_beam
from openface_beam import Analyser, Analysis, OpenFaceBeamError, run
from openface_core.errors import ConfigError, InputError
from openface_core.media import open_media
from pipelines.configuration.model_choice import ModelChoice
from pipelines.demo_corpus.corpus import CLIPS_FOLDER, write_corpus
from pipelines.demo_corpus.script import CLIPS

CLIP = CLIPS[0].name
REPOSITORY = Path(openface_beam.__file__).parent.parent


def test_the_import_does_not_need_beam() -> None:
    code = "import sys, openface_beam; sys.exit('apache_beam' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


def test_all_that_is_offered_is_there() -> None:
    assert all(hasattr(openface_beam, name) for name in openface_beam.__all__)
    assert sorted(openface_beam.__all__) == openface_beam.__all__
    assert (Path(openface_beam.__file__).parent / "py.typed").is_file()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's clips."""
    pytest.importorskip("skimage", reason="the demo's photograph comes with scikit-image")
    folder = tmp_path_factory.mktemp("demo")
    write_corpus(folder, [clip for clip in CLIPS if clip.name == CLIP])
    return folder


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser("embedded", progress=False)


@pytest.fixture(scope="module")
def analysis(analyser: Analyser, clips: Path) -> Analysis:
    return analyser.video(clip_in(clips))


def clip_in(folder: Path) -> Path:
    return folder / CLIPS_FOLDER / CLIP


def images_of(path: Path) -> Iterator[np.ndarray]:
    with open_media(str(path)) as media:
        for frame in media:
            yield frame.image


def test_what_is_saved_is_what_the_main_job_writes(
    analysis: Analysis, clips: Path, tmp_path: Path
) -> None:
    job, own = tmp_path / "job", tmp_path / "own"
    run(clip_in(clips), job, models="embedded", quiet=True)
    path = Path(analysis.save(own))
    names = sorted(str(p.relative_to(job)) for p in job.rglob("*") if p.is_file())
    names.remove("metrics.json")
    assert sorted(str(p.relative_to(own)) for p in own.rglob("*") if p.is_file()) == names
    assert path.is_file()
    for name in names:
        assert (own / name).read_bytes() == (job / name).read_bytes(), name
    frames = pd.read_parquet(job / "frames").drop(columns="video_id")
    pd.testing.assert_frame_equal(analysis.frames, frames)


def test_the_main_job_takes_it_for_finished(
    analysis: Analysis, clips: Path, tmp_path: Path
) -> None:
    analysis.save(tmp_path / "results")
    summary = run([str(clip_in(clips))], tmp_path / "results", models="embedded", quiet=True)
    assert (summary.inputs_finished, summary.inputs_written) == (1, 0)


def test_other_folders_are_not_written_into(analysis: Analysis, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        analysis.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_frames_in_memory(
    analyser: Analyser, analysis: Analysis, clips: Path, tmp_path: Path
) -> None:
    rate = analysis.info.average_rate_fps
    assert rate is not None
    found = analyser.frames(images_of(clip_in(clips)), rate, video_id="from memory")
    measured = [name for name in found.frames if name != "timestamp"]
    pd.testing.assert_frame_equal(found.frames[measured], analysis.frames[measured])
    assert found.frames["timestamp"].tolist() == pytest.approx(
        [index / rate for index in range(len(found.frames))]
    )
    assert Path(found.save(tmp_path / "results")).is_file()


def test_what_a_console_shows_is_one_line(analyser: Analyser, analysis: Analysis) -> None:
    assert repr(analyser) == "Analyser('embedded')"
    frames = len(analysis.frames)
    assert repr(analysis) == f"Analysis({analysis.task.uri!r}, {frames} frames, 1 face)"
    dark = analyser.frames([np.zeros((64, 64, 3), np.uint8)], 25.0)
    assert repr(dark) == "Analysis('memory:frames', 1 frame, 0 faces)"


def test_other_frames_of_the_same_name_are_not_lost(analyser: Analyser, tmp_path: Path) -> None:
    dark, grey = ([np.full((64, 64, 3), level, np.uint8)] for level in (0, 90))
    analyser.frames(dark, 25).save(tmp_path / "results")
    analyser.frames(dark, 25).save(tmp_path / "results")
    for images, fps in ((grey, 25), (dark, 50)):  # at another rate, other times
        with pytest.raises(ConfigError, match="another input of the name frames"):
            analyser.frames(images, fps).save(tmp_path / "results")
    analyser.frames(grey, 25, video_id="grey").save(tmp_path / "results")
    assert len(pd.read_parquet(tmp_path / "results" / "frames")) == 2


def test_models_and_cameras_are_texts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="models: a text is expected, found 5"):
        Analyser(5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="config: a text is expected"):
        Analyser("embedded", 5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="person_id: a text is expected, found nan"):
        Analyser("embedded").video("a.mp4", person_id=float("nan"))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="camera: a text is expected"):
        run("a.mp4", tmp_path / "out", camera=(1200, 1200, 320, 180))


def test_one_name_of_an_input_is_not_its_letters(analysis: Analysis, tmp_path: Path) -> None:
    analysis.save(tmp_path / "results")
    name = analysis.task.video_id
    summary = openface_beam.export(
        tmp_path / "results", tmp_path / "csv", "csv", video_ids=name, quiet=True
    )
    assert (summary.written, summary.failed) == (1, 0)


def test_pictures(analyser: Analyser, clips: Path, tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    cv2.imwrite(str(picture), next(images_of(clip_in(clips))))
    found = analyser.image(picture)
    assert found.frames["success"].tolist() == [True]
    assert found.summary["calibration"].tolist() == ["none"]
    with pytest.raises(InputError, match="this is a video"):
        analyser.image(clip_in(clips))


def test_a_rate_is_a_number_of_any_type(analyser: Analyser) -> None:
    pictures = [np.zeros((64, 64, 3), np.uint8)] * 2
    found = analyser.frames(pictures, Fraction(30000, 1001))  # type: ignore[arg-type]
    assert found.frames["timestamp"].tolist() == pytest.approx([0.0, 1001 / 30000])


def test_pictures_as_opencv_declares_them(analyser: Analyser) -> None:
    def pictures() -> Iterator[NDArray[np.integer[Any] | np.floating[Any]]]:
        yield np.zeros((64, 64, 3), np.uint8)

    assert len(analyser.frames(pictures(), 25).frames) == 1


@pytest.mark.parametrize("read", ["video", "image"])
def test_pictures_in_memory_have_a_method_of_their_own(analyser: Analyser, read: str) -> None:
    with pytest.raises(InputError, match=r"found ndarray.*Analyser\.frames"):
        getattr(analyser, read)(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize("landmarks", [5, b"a.csv", pd.DataFrame({"x_0": [1.0]})])
def test_landmarks_are_a_path(analyser: Analyser, landmarks: object) -> None:
    with pytest.raises(ConfigError, match="landmarks: a text is expected"):
        analyser.video("a.mp4", landmarks=landmarks)  # type: ignore[arg-type]


def test_sides_may_be_the_truth_of_numpy() -> None:
    analyser = Analyser("embedded", sides=np.bool_(1), progress=np.bool_(0))  # type: ignore[arg-type]
    assert analyser.settings.sides.measure is True


@pytest.mark.parametrize("option", ["provider", "calibration", "faces"])
def test_choices_are_texts(option: str) -> None:
    with pytest.raises(ConfigError, match=f"{option}: a text is expected, found 5"):
        Analyser("embedded", **{option: 5})  # type: ignore[arg-type]


def test_files_of_a_person_are_not_put_together_one_by_one(tmp_path: Path) -> None:
    config = tmp_path / "person.toml"
    config.write_text('base = "embedded"\n[calibration]\nmode = "person"\n')
    with pytest.raises(ConfigError, match=r"openface_beam\.run with a manifest"):
        Analyser("embedded", calibration="person")
    with pytest.raises(ConfigError, match=r"openface_beam\.run with a manifest"):
        Analyser(config=config)
    assert Analyser(config=config, calibration="video").settings.calibration.mode == "video"


@pytest.mark.parametrize(
    ("given", "video_id"),
    [
        ("subject.01", "subject.01"),
        ("dyad-1/left", "dyad-1_left"),
        ("s01.mp4", "s01.mp4"),
        ("007", "video-007"),
        (None, "frames"),
    ],
)
def test_a_name_of_frames_is_no_path(
    analyser: Analyser, given: str | None, video_id: str, tmp_path: Path
) -> None:
    pictures = [np.zeros((64, 64, 3), np.uint8)]
    assert analyser.frames(pictures, 25.0, video_id=given).task.video_id == video_id  # type: ignore[arg-type]
    cv2.imwrite(str(tmp_path / "frames.png"), pictures[0])
    assert analyser.video(tmp_path / "frames.png", video_id=given).task.video_id == video_id


def test_another_working_folder_holds_other_files(
    analyser: Analyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "a.png"), np.zeros((64, 64, 3), np.uint8))
        (tmp_path / name / "a.csv").write_text("frame,x_0\n")
    monkeypatch.chdir(tmp_path / "here")
    found = analyser.image("a.png")
    monkeypatch.chdir(tmp_path / "there")
    assert found.task.uri == found.info.uri == str(tmp_path / "here" / "a.png")
    (tmp_path / "here" / "a.png").unlink()
    with pytest.raises(OpenFaceBeamError, match=r"here/a\.png: there is no such file"):
        found.report("a.html")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OpenFaceBeamError, match=str(tmp_path / "here/a.csv")):
        analyser.image("there/a.png", landmarks="here/a.csv")


def test_whose_overlay_is_drawn_is_given_in_whole_numbers(
    analysis: Analysis, tmp_path: Path
) -> None:
    for face_ids in ([0.5], [True], 0, "0"):
        with pytest.raises(ConfigError, match="face_ids: a "):
            analysis.overlay(tmp_path / "a.mp4", face_ids=face_ids)  # type: ignore[arg-type]
    for write in (analysis.overlay, analysis.report):
        with pytest.raises(ConfigError, match="path: a text is expected, found 5"):
            write(5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="output: a text is expected, found 5"):
        analysis.save(5)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_no_screen_at_all(
    analyser: Analyser, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, pictures = clip_in(clips), [np.zeros((64, 64, 3), np.uint8)]
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    Analyser("embedded").frames(pictures, 25.0)
    run(clip, tmp_path / "out", models="embedded", dry_run=True)
    beam = ("--direct_running_mode=multi_processing", "--direct_num_workers=1")
    for name, options in (("quiet", {"quiet": True}), ("small", {}), ("processes", {"beam": beam})):
        summary = run(clip, tmp_path / name, models="embedded", **options)
        assert summary.inputs_written == 1
    exported = openface_beam.export(tmp_path / "small", tmp_path / "csv", "csv")
    assert exported.written == 1
    assert sys.stderr is None


def test_a_plan_is_printed_and_nothing_is_written(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = run(clip_in(clips), tmp_path / "out", models="embedded", dry_run=True, quiet=True)
    assert (summary.inputs, summary.inputs_written) == (1, 0)
    assert str(summary).startswith("Nothing was done: 1 input would be analysed")
    assert summary.exit_status == 0
    assert "1 input in" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["video_id", "camera", "rest_seconds", "rest_frames"])
def test_an_option_of_another_type_is_named(analyser: Analyser, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}.*a text is expected, found 3"):
        analyser.frames([], 25.0, **{name: 3})  # type: ignore[arg-type]


def test_a_name_never_leads_out_of_a_dataset(
    analyser: Analyser, clips: Path, tmp_path: Path
) -> None:
    found = analyser.video(clips / CLIPS_FOLDER / CLIP, video_id="../../a/b")
    assert found.task.video_id == "_.._a_b"
    found.save(tmp_path / "inner" / "results")
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
    assert [path.name for path in (tmp_path / "inner").iterdir()] == ["results"]


@pytest.mark.parametrize(
    ("images", "fps", "message"),
    [
        ([np.zeros((4, 4), np.uint8)], 25.0, "frame 1 is not an array"),
        ([np.zeros((4, 4, 3), np.float32)], 25.0, "frame 1 is not an array"),
        ([np.zeros((0, 4, 3), np.uint8)], 25.0, "frame 1 is not an array"),
        ([None], 25.0, "found NoneType"),
        (None, 25.0, "a list or a generator of pictures is expected, found NoneType"),
        ({}, 25.0, "a list or a generator of pictures is expected, found dict"),
        ("", 25.0, "a list or a generator of pictures is expected, found str"),
        ([], 0.0, "fps must be a number from 1e-06"),
        ([], 1e-320, "fps must be a number from 1e-06"),
        ([], float("nan"), "fps must be a number from 1e-06"),
        ([], "25", "found '25'"),
        ([], None, "found None"),
        ([], True, "found True"),
    ],
)
def test_frames_of_another_form(
    images: list[np.ndarray], fps: float, message: str, analyser: Analyser
) -> None:
    with pytest.raises(InputError, match=message):
        analyser.frames(images, fps)


def test_no_frames_at_all(analyser: Analyser) -> None:
    found = analyser.frames([], 25.0)
    assert len(found.frames) == 0
    assert found.summary["frames"].tolist() == [0]
    assert found.plot().axes


def test_wrong_names(clips: Path, analyser: Analyser) -> None:
    with pytest.raises(OpenFaceBeamError, match="no_such_folder"):
        Analyser("no_such_folder")
    with pytest.raises(OpenFaceBeamError, match="no_such_preset"):
        Analyser(config="no_such_preset")
    with pytest.raises(OpenFaceBeamError, match=r"no_such\.mp4"):
        analyser.video("no_such.mp4")
    with pytest.raises(ConfigError, match="not a range"):
        analyser.video(clip_in(clips), rest_seconds="soon")


def test_a_warning_is_of_the_line_that_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelChoice, "compare", lambda *_: "warning: files differ")
    with pytest.warns(UserWarning, match="^files differ$") as noted:
        Analyser("embedded")
    assert noted[0].filename == __file__


def test_a_home_folder_is_put_in_and_stays_where_it_is(
    analyser: Analyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(OpenFaceBeamError) as failure:
        analyser.image("~/a.png")
    assert failure.value.subject == str(tmp_path / "a.png")
