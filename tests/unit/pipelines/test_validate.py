"""Validation against outputs of our own: equal ones are accepted, altered ones are not."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from models import locate_models
from openface_core.action_units.static import presences
from openface_core.action_units.tracker import ActionUnitTracker
from openface_core.alignment import ALIGNED_SIZE_PX, mask_of_aligned_face, warp_affine
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import CalibrationSettings, RunSettings
from openface_core.errors import ConfigError, InputError, LandmarkFileError
from openface_core.faces import Face, FaceStatus
from openface_core.media import open_media
from openface_core.shape import Camera
from pipelines.comparison.arguments import ValidateArguments, parse_arguments, parser
from pipelines.comparison.csv import LANDMARK_GROUPS
from pipelines.comparison.openface_output import read_openface_output
from pipelines.comparison.report import Bound, Report, Row, as_json, as_text
from pipelines.validate import main, validate
from tests.fixtures.faces.clips import HEIGHT_PX, WIDTH_PX
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.fixtures.faces.triangles import synthetic_triangles
from tests.fixtures.media.writing import write_video
from tests.fixtures.synthetic_models.openface_folder import write_openface_model_folder
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_networks
from tests.twins.sequential_analysis import analyse_video
from transforms.dataset.provenance import RunProvenance
from transforms.records import VideoTask

FRAMES = 10
SIZE_PX = (WIDTH_PX, HEIGHT_PX)


@dataclass(frozen=True)
class Corpus:
    """A video with everything that it can be compared with."""

    models: Path
    video: Path
    csv: Path
    landmarks: Path
    golden: Path

    def arguments(self, **changes: object) -> ValidateArguments:
        known = {"video": str(self.video), "models": str(self.models)}
        return ValidateArguments(
            **(known | {"networks": False, "quiet": True} | changes)  # type: ignore[arg-type]
        )


def _openface_rows(table: pa.Table) -> list[dict[str, str]]:
    """Return a table as OpenFace writes it: zeros for what is missing, six decimals."""
    return [
        {key: "0" if value is None else f"{float(value):.6f}" for key, value in row.items()}
        for row in table.to_pylist()
    ]


def _write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def _save_dumps(folder: Path, video: Path, landmarks: np.ndarray, engine: Engine) -> None:
    """Write what the dumps of the C++ program hold, from our own components."""
    folder.mkdir()
    tracker = ActionUnitTracker(engine.video_models)
    measured, unmasked, masks = [], [], []
    with open_media(str(video)) as media:
        for frame in media:
            points = landmarks[frame.index]
            found = engine.meter.measure(frame.image, Face(FaceStatus.FOUND, points))
            matrix = found.aligned.matrix
            unmasked.append(warp_affine(frame.image, matrix, ALIGNED_SIZE_PX))
            masks.append(
                mask_of_aligned_face(points, matrix, synthetic_triangles(), ALIGNED_SIZE_PX)
            )
            tracker.add(found.fhog, found.geometry)
            measured.append(found)
    assert tracker.medians is not None
    fits = [m.fit for m in measured if m.fit is not None]
    flat = landmarks.transpose(0, 2, 1).reshape(FRAMES, -1)
    global_parameters = [[f.scale_px_per_mm, *f.rotation_radians, *f.translation_px] for f in fits]
    local = np.array([f.shape_parameters for f in fits])
    success = np.ones(FRAMES, dtype=np.uint8)
    np.savez(
        folder / "calcparams.npz",
        landmarks_in=flat,
        success=success,
        params_global=np.array(global_parameters, dtype=np.float32),
        params_local=local,
        warp_matrix=np.array([m.aligned.matrix for m in measured]),
    )
    np.savez(
        folder / "clnf_landmarks.npz",
        landmarks2d=flat,
        success=success,
        params_global=np.array(global_parameters, dtype=np.float32),
        params_local=local,
        pose=np.array([[*m.pose.translation_mm, *m.pose.rotation_radians] for m in measured]),
        landmarks3d=np.array([m.landmarks_3d_mm.T.ravel() for m in measured]),
        camera_fx_fy_cx_cy_fps=np.array([*astuple(Camera.from_frame_size(*SIZE_PX)), 30.0]),
    )
    np.savez(
        folder / "aligned.npz",
        frames=np.arange(1, FRAMES + 1, dtype=np.int32),
        aligned=np.array([m.aligned.image for m in measured]),
        unmasked=np.array(unmasked),
        mask=np.array(masks),
    )
    np.savez(folder / "hog_all.npz", hog=np.array([m.fhog for m in measured]))
    np.savez(folder / "geom.npz", geom=np.array([m.geometry for m in measured]))
    np.savez(
        folder / "medians.npz",
        frames=np.array([FRAMES], dtype=np.int32),
        hog_median=tracker.medians.fhog[None],
        geom_median=tracker.medians.geometry[None],
    )
    series, models = tracker.finish(), engine.video_models
    count = len(models.intensity)
    np.savez(
        folder / "au_raw.npz",
        reg_names=np.array(models.intensity_names),
        cls_names=np.array(models.presence_names),
        reg_online=series.online_scores[:, :count],
        reg_post=series.repredicted_scores[:, :count],
        reg_final=series.intensities,
        reg_offset=series.offsets,
        cls_decision_online=series.online_scores[:, count:],
        cls_online=presences(models, series.online_scores),
        cls_post=presences(models, series.repredicted_scores),
        cls_final=series.presences,
    )
    names = [f"{n}_r" for n in models.intensity_names] + [f"{n}_c" for n in models.presence_names]
    values = np.concatenate([series.intensities, series.presences], axis=1)
    rows = [
        {"frame": str(k + 1), "success": "1"}
        | {name: f"{value:.9f}" for name, value in zip(names, row, strict=True)}
        for k, row in enumerate(values)
    ]
    _write_csv(folder / "au_final.csv", rows)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("validate")
    models = write_openface_model_folder(folder)
    poses = [
        (0.9, (0.02 * k, 0.05 * k - 0.2, 0.01 * k), (88.0 + 0.5 * k, 76.0), k)
        for k in range(FRAMES)
    ]
    pdm = synthetic_pdm()
    frames, landmarks = [], []
    for scale, rotation, translation, seed in poses:
        weights = plausible_shape_parameters(seed, spread=0.3)
        frames.append(render_face(pdm, scale, rotation, translation, weights, SIZE_PX))
        landmarks.append(project_face(pdm, scale, rotation, translation, weights))
    video = write_video(folder / "face.mp4", frames)
    tracks = _write_csv(
        folder / "landmarks.csv",
        [
            {
                f"l{k}_{axis}": f"{points[k, d]:.9f}"
                for d, axis in enumerate("xy")
                for k in range(68)
            }
            for points in landmarks
        ],
    )
    settings = RunSettings(calibration=CalibrationSettings(least_frames=0))  # as OpenFace
    engine = load_engine(locate_models(models, ModelSelection(), with_networks=False), settings)
    task = VideoTask("face", str(video), landmarks_uri=str(tracks))
    analysis = analyse_video(task, engine, settings, RunProvenance({}), lambda: None)
    assert analysis.frames_with_face == FRAMES
    reference = _write_csv(folder / "face.csv", _openface_rows(analysis.result.table))
    _save_dumps(folder / "golden", video, np.array(landmarks), engine)
    return Corpus(models, video, reference, tracks, folder / "golden")


def _altered_csv(
    corpus: Corpus, path: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]
) -> str:
    with corpus.csv.open(newline="") as file:
        rows = change(list(csv.DictReader(file)))
    return str(_write_csv(path, rows))


def _altered_golden(
    corpus: Corpus, folder: Path, file: str, change: Callable[[dict[str, np.ndarray]], object]
) -> str:
    """Copy the dumps into a folder, one of them altered."""
    folder.mkdir()
    for path in corpus.golden.iterdir():
        if path.name != file:
            shutil.copy(path, folder)
    with np.load(corpus.golden / file) as archive:
        arrays = {key: archive[key].copy() for key in archive.files}
    change(arrays)
    np.savez(folder / file, **arrays)
    return str(folder)


def test_equal_outputs_hold(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report"
    status = main(
        [
            *("--video", str(corpus.video), "--csv", str(corpus.csv)),
            *("--landmarks", str(corpus.landmarks), "--golden", str(corpus.golden)),
            *("--models", str(corpus.models), "--output", str(output), "--no-networks", "--quiet"),
        ]
    )
    printed = capsys.readouterr()
    assert status == 0, printed.out
    assert printed.err == ""
    document = json.loads((output / "validation.json").read_text())
    assert document["holds"] is True
    judged = [row for row in document["rows"] if row["bound"] is not None]
    assert f"{len(judged)} of {len(judged)} bounds hold." in printed.out
    components = {row["component"].split()[0].rstrip(",") for row in judged}
    assert {"4", "5", "6", "7", "8", "10", "11", "whole"} <= components
    assert (output / "validation.md").read_text().startswith("# Validation\n")
    with (output / "action_units.csv").open(newline="") as file:
        units = list(csv.DictReader(file))
    assert {row["action_unit"] for row in units} >= {"AU01", "AU28", "AU45"}
    assert [row["pearson_r"] for row in units if row["action_unit"] == "AU28"] == ["", ""]
    assert all(float(row["presence_equal_share"]) == 1.0 for row in units)


def test_landmarks_of_the_csv_itself_set_no_bounds_on_the_chain(corpus: Corpus) -> None:
    report = validate(corpus.arguments(csv=str(corpus.csv)))
    chain = [row for row in report.rows if row.part.startswith("whole chain")]
    assert [row.status for row in chain] == ["-", "-"]
    assert chain[0].mean_r > 0.999


@pytest.mark.parametrize(
    ("file", "key", "step", "component"),
    [
        ("calcparams.npz", "params_local", 1e-3, "4 CalcParams"),
        ("clnf_landmarks.npz", "pose", 0.2, "4 pose from the tracker's fit"),
        ("clnf_landmarks.npz", "landmarks3d", 0.2, "4 pose from the tracker's fit"),
        ("calcparams.npz", "warp_matrix", 1e-4, "5 alignment"),
        ("aligned.npz", "unmasked", 1, "5 alignment"),
        ("aligned.npz", "mask", 1, "5 alignment"),
        ("hog_all.npz", "hog", 1e-5, "6 FHOG"),
        ("geom.npz", "geom", 1e-9, "7 geometry"),
        ("medians.npz", "hog_median", 1e-9, "10 running medians"),
        ("au_raw.npz", "reg_online", 1e-8, "8, 9 static and dynamic AUs"),
        ("au_raw.npz", "cls_online", 1, "8, 9 static and dynamic AUs"),
        ("au_raw.npz", "reg_final", 1e-8, "11 post-processing"),
    ],
)
def test_one_altered_number_breaks_its_bound(
    corpus: Corpus, tmp_path: Path, file: str, key: str, step: float, component: str
) -> None:
    def change(arrays: dict[str, np.ndarray]) -> None:
        centre = tuple(size // 2 for size in arrays[key].shape)
        if arrays[key].dtype.kind in "ub":
            arrays[key][centre] ^= 1
        else:
            arrays[key][centre] += step

    golden = _altered_golden(corpus, tmp_path / "golden", file, change)
    report = validate(corpus.arguments(golden=golden))
    assert not report.holds
    assert component in {row.part for row in report.rows if row.status == "FAIL"}


def test_other_action_units_fail(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for k, row in enumerate(rows):
            row["AU12_r"] = str(5 * (k % 2))
            row["AU12_c"] = str(1 - round(float(row["AU12_c"])))
        return rows

    altered = _altered_csv(corpus, tmp_path / "altered.csv", change)
    status = main(
        [
            *("--video", str(corpus.video), "--csv", altered, "--models", str(corpus.models)),
            *("--landmarks", str(corpus.landmarks), "--no-networks"),
        ]
    )
    printed = capsys.readouterr()
    assert status == 1
    assert "FAIL" in printed.out
    assert "Whole chain" in printed.err


def test_a_folder_may_lack_dumps(corpus: Corpus, tmp_path: Path) -> None:
    shutil.copy(corpus.golden / "calcparams.npz", tmp_path)
    report = validate(corpus.arguments(golden=str(tmp_path)))
    assert report.holds
    assert {row.part for row in report.rows} == {"4 CalcParams", "5 alignment"}


def test_failed_frames_of_the_csv_take_no_part(corpus: Corpus, tmp_path: Path) -> None:
    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for name in rows[2]:
            if name not in ("frame", "face_id"):
                rows[2][name] = "0"
        return rows

    altered = _altered_csv(corpus, tmp_path / "altered.csv", change)
    report = validate(corpus.arguments(csv=altered))
    position = next(row for row in report.rows if row.compared == "position, mm")
    assert position.count == 3 * (FRAMES - 1)
    assert position.status == "pass"


def test_csv_of_another_video(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    altered = _altered_csv(corpus, tmp_path / "altered.csv", lambda rows: rows[:-1])
    with pytest.raises(InputError, match=f"rows for {FRAMES - 1} frames, the video has {FRAMES}"):
        validate(corpus.arguments(csv=altered, landmarks=str(corpus.landmarks)))
    with pytest.raises(LandmarkFileError, match="this very video"):
        validate(corpus.arguments(csv=altered))
    words = ["--video", str(corpus.video), "--csv", altered, "--models", str(corpus.models)]
    assert main([*words, "--no-networks", "--quiet"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_csv_without_columns(corpus: Corpus, tmp_path: Path) -> None:
    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{k: v for k, v in row.items() if k not in ("AU04_r", "AU04_c")} for row in rows]

    altered = _altered_csv(corpus, tmp_path / "altered.csv", change)
    with pytest.raises(InputError, match=r"lacks 2 columns .* such as 'AU04_r'"):
        validate(corpus.arguments(csv=altered))


def test_end_to_end_compares_landmarks_and_pose_too(corpus: Corpus, tmp_path: Path) -> None:
    write_openface_model_folder(tmp_path)
    write_networks(tmp_path)
    report = validate(
        corpus.arguments(
            models=str(tmp_path),
            csv=str(corpus.csv),
            config=str(write_config(tmp_path / "tiny_config.toml", tmp_path)),
            networks=True,
        )
    )
    parts = {row.part for row in report.rows}
    assert {"1 detection", "2 landmarks", "4 pose", "end to end"} <= parts
    compared = {row.compared for row in report.rows if row.part == "2 landmarks"}
    assert {f"point distance, {group}, px" for group in LANDMARK_GROUPS} <= compared
    # The tiny networks of the tests know nothing of this face, so nothing is asked of them.
    assert all(row.bound is None for row in report.rows if row.part == "end to end")
    assert {row.part for row in report.units} == {"whole chain from given landmarks", "end to end"}


def test_csv_without_the_trackers_fit_is_compared_all_the_same(
    corpus: Corpus, tmp_path: Path
) -> None:
    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{k: v for k, v in row.items() if not k.startswith("p_")} for row in rows]

    altered = _altered_csv(corpus, tmp_path / "altered.csv", change)
    report = validate(corpus.arguments(csv=altered))
    assert {row.part for row in report.rows} == {"whole chain from given landmarks"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not a CSV file"),
        ("success,a\n1,word\n", "something else than numbers"),
        ("success,a\n", "no rows"),
        ("frame,success,a\n2,1,1\n1,1,1\n", "do not increase"),
        ("frame,success,a\n1e12,1,1\n", "do not increase"),
        ("frame,success,a\nnan,1,1\n", "do not increase"),
        ("face_id,success,a\n1,1,1\n2,1,1\n", "face with the number 0"),
        ("b\n1\n", "lacks 2 columns"),
        ('success,a\n"1,1\n', "not a CSV file"),
        ("frame;success;a\n1;1;0,5\n", "separated by semicolons, and not by commas"),
        ("frame\tsuccess\ta\n1\t1\t0,5\n", "separated by tabs, and not by commas"),
    ],
)
def test_damaged_csv(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_openface_output(str(path), ["a"])


def test_csv_with_blanks_left_out_frames_and_faces(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("frame, face_id, success, a\n1, 0, 1, 5\n1, 1, 1, 6\n3, 0, 0, 7\n")
    found = read_openface_output(str(path), ["a"], optional=["b"])
    np.testing.assert_array_equal(found.values(["a"])[:, 0], [5.0, np.nan, np.nan])
    np.testing.assert_array_equal(found.all_values(["a"])[:, 0], [5.0, np.nan, 7.0])
    assert not found.has(["b"])


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("calcparams.npz", lambda a: a.pop("params_local"), "lacks the array 'params_local'"),
        ("calcparams.npz", lambda a: a.update(success=a["success"] * 0), "no frame has a face"),
        ("geom.npz", lambda a: a.update(geom=a["geom"][:-1]), "expected numbers"),
        ("aligned.npz", lambda a: a.update(frames=a["frames"] + 1), "frames beyond"),
        ("au_raw.npz", lambda a: a.update(reg_names=a["reg_names"][::-1]), "other action units"),
        ("geom.npz", lambda a: a.update(geom=a["geom"].astype("U9")), "expected numbers"),
    ],
)
def test_damaged_dumps(
    corpus: Corpus,
    tmp_path: Path,
    file: str,
    change: Callable[[dict[str, NDArray[Any]]], object],
    message: str,
) -> None:
    golden = _altered_golden(corpus, tmp_path / "golden", file, change)
    with pytest.raises(InputError, match=message):
        validate(corpus.arguments(golden=golden))


def test_missing_and_foreign_dumps(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        validate(corpus.arguments(golden=str(tmp_path)))
    (tmp_path / "calcparams.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="not a NumPy archive"):
        validate(corpus.arguments(golden=str(tmp_path)))
    np.savez(tmp_path / "calcparams.npz", success=np.array([None]))
    with pytest.raises(InputError, match="not a NumPy archive"):
        validate(corpus.arguments(golden=str(tmp_path)))


def test_dumps_of_another_video(corpus: Corpus, tmp_path: Path) -> None:
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    other = write_video(tmp_path / "other.mp4", [image] * (FRAMES + 1))
    with pytest.raises(InputError, match=f"the video has {FRAMES + 1}"):
        validate(corpus.arguments(video=str(other), golden=str(corpus.golden)))


def test_nothing_to_compare_with(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="nothing to compare with"):
        parse_arguments(["--video", "a.mp4"])
    with pytest.raises(ConfigError, match="Give --csv as well"):
        parse_arguments(["--video", "a.mp4", "--golden", "g", "--landmarks", "l.csv"])
    assert main(["--video", "a.mp4"]) == 2
    assert capsys.readouterr().err.startswith("error: validate: nothing to compare with. Give ")


def test_help_names_every_option() -> None:
    text = parser().format_help()
    for option in ("--video", "--csv", "--landmarks", "--golden", "--models", "--config"):
        assert option in text
    assert "Exit status" in text


def test_bounds_fail_without_values() -> None:
    nothing = Row("a", "b", 0, bound=Bound(0.1, 0.1, 0.9, 0.9, 0.9))
    assert nothing.failures == ("max", "mean", "equal", "mean r", "each r")
    assert nothing.status == "FAIL"
    # Where nothing varies, correlations do not exist and are not asked for.
    constant = Row("a", "b", 5, mean_difference=0.0, max_difference=0.0, bound=Bound(least_r=0.9))
    assert constant.status == "pass"
    assert Row("a", "b", 0).status == "-"


def test_report_has_no_numbers_where_none_can_be_computed() -> None:
    report = Report({"video": "a|b"}, (Row("1", "x", 1, max_difference=float("inf")),))
    row = json.loads(as_json(report))["rows"][0]
    assert row["mean_r"] is None
    assert row["max_absolute_difference"] is None
    assert "nan" not in as_text(report)


def test_the_place_of_the_report_is_looked_at_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "file"
    output.touch()
    words = ["--video", "no_such_video.mp4", "--csv", "no_such.csv", "--output", str(output)]
    assert main(words) == 2
    assert f"{output} is not a folder). Name another" in capsys.readouterr().err


def test_the_report_takes_the_place_of_no_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv_path = tmp_path / "action_units.csv"
    csv_path.write_text("mine")
    words = ["--video", "a.mp4", "--csv", str(csv_path), "--output", str(tmp_path)]
    assert main(words) == 2
    assert f"{csv_path}: this is what is analysed" in capsys.readouterr().err
    assert csv_path.read_text() == "mine"
