"""Exports in OpenFace's formats against the files that the C++ program wrote, byte by byte."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from openface_core.exports import ExportedVideo, Exporter, Rows
from openface_core.exports.face_pictures import FacePictures
from openface_core.exports.openface.aligned_faces import AlignedFaces
from openface_core.exports.openface.csv_file import OpenFaceCsv
from openface_core.exports.openface.csv_layout import INTENSITIES, MODES, PRESENCES
from openface_core.exports.openface.details_file import ALIGNED, CSV, HOG, OVERLAY, details_text
from openface_core.exports.openface.hog_file import OpenFaceHog
from openface_core.faces import FaceMeter
from openface_core.media import DecodedFrame
from openface_core.shape import Camera, PointDistributionModel
from tests.fixtures.golden_sets import golden_set

EQUAL_CELLS = 0.999
WIDTH_PX, HEIGHT_PX = 480, 360
ALIGNED_FRAMES = (1, 60, 120, 200, 300)
HOG_RECORDS = 20


@pytest.fixture(scope="module")
def formats(reference: Path) -> Path:
    return reference / "formats"


def table_of_tracking(reference: Path) -> pa.Table:
    """Return what the C++ program found in the video, in full precision, as our table."""
    golden = golden_set("glasses")
    found = golden.arrays("clnf_landmarks.npz")
    count = len(found["success"])
    columns = {
        "frame": np.arange(1, count + 1, dtype=np.int32),
        "face_id": np.zeros(count, dtype=np.int32),
        "timestamp": found["timestamp"],
        "confidence": found["confidence"].astype(np.float32),
        "success": found["success"] == 1,
    }
    names = [f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"]
    columns |= by_name([*names, "gaze_angle_x", "gaze_angle_y"], found["gaze"])
    rounded = pd.read_csv(reference / "golden" / "glasses" / "clnf_feature_extraction.csv")
    eyes = [name for name in rounded if name.startswith("eye_lmk")]  # not known any better
    columns |= {name: rounded[name].to_numpy(np.float32) for name in eyes}
    pose = [f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz"]
    columns |= by_name(pose, found["pose"])
    columns |= by_name([f"{axis}_{k}" for axis in "xy" for k in range(68)], found["landmarks2d"])
    columns |= by_name([f"{axis}_{k}" for axis in "XYZ" for k in range(68)], found["landmarks3d"])
    fit = [f"p_{name}" for name in ("scale", "rx", "ry", "rz", "tx", "ty")]
    columns |= by_name(fit, found["params_global"])
    columns |= by_name([f"p_{k}" for k in range(MODES)], found["params_local"])
    units = golden.arrays("au_raw.npz")
    for k, name in enumerate(units["reg_names"].tolist()):
        columns[f"{name}_r"] = units["reg_final"][:, k].astype(np.float32)
    for k, name in enumerate(units["cls_names"].tolist()):
        columns[f"{name}_c"] = units["cls_final"][:, k] == 1
    return pa.table(columns)


def by_name(names: list[str], values: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    return dict(zip(names, np.ascontiguousarray(values.T), strict=True))


@pytest.fixture(scope="module")
def table(reference: Path) -> pa.Table:
    return table_of_tracking(reference)


def video_of(table: pa.Table, **changes: object) -> ExportedVideo:
    values = {
        "name": "glasses",
        "uri": "videos/glasses.mp4",
        "kind": "video",
        "width_px": WIDTH_PX,
        "height_px": HEIGHT_PX,
        "average_rate_fps": 30.0,
        "rows": table.num_rows,
        "face_ids": (0,),
        "columns": tuple(table.column_names),
    }
    return ExportedVideo(**(values | changes))


def export(exporter: Exporter, folder: Path, table: pa.Table, frames: list[DecodedFrame]) -> None:
    exporter.begin(folder, video_of(table))
    by_frame = Rows(table).by_frame()
    for frame, (_, rows) in zip(frames, by_frame, strict=False):
        exporter.add(rows, frame)
    exporter.finish()


def frames_of(reference: Path) -> Iterator[DecodedFrame]:
    with av.open(str(reference / "videos" / "glasses.mp4")) as container:
        for index, frame in enumerate(container.decode(video=0)):
            yield DecodedFrame(
                index, frame.time, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            )


@pytest.fixture(scope="module")
def meter(pdm: PointDistributionModel, triangles: NDArray[np.int32]) -> FaceMeter:
    return FaceMeter(pdm, triangles, fits_anew=True)


@pytest.fixture(scope="module")
def pictures(meter: FaceMeter) -> FacePictures:
    return FacePictures(meter)


def test_csv(
    table: pa.Table, formats: Path, reference: Path, tmp_path: Path, pdm: PointDistributionModel
) -> None:
    exporter = OpenFaceCsv(pdm=pdm)
    exporter.begin(tmp_path, video_of(table))
    exporter.add(Rows(table), None)
    exporter.finish()
    written = (tmp_path / "glasses.csv").read_text()
    golden = (reference / "golden" / "glasses" / "clnf_feature_extraction.csv").read_text()
    assert written.splitlines()[0] == golden.splitlines()[0]
    assert written.splitlines()[0] + "\n" == (formats / "header_video.csv").read_text()
    cells, expected = (
        [line.split(",") for line in text.splitlines()[1:]] for text in (written, golden)
    )
    assert [len(row) for row in cells] == [714] * 300
    pairs = [
        pair
        for row, wanted in zip(cells, expected, strict=True)
        for pair in zip(row, wanted, strict=True)
    ]
    unequal = [(found, wanted) for found, wanted in pairs if found != wanted]
    assert len(unequal) <= (1 - EQUAL_CELLS) * len(pairs)
    for found, wanted in unequal:
        unit = 10.0 ** -len(wanted.partition(".")[2])
        assert abs(float(found) - float(wanted)) < 1.5 * unit
    assert written[-1] == "\n"


def test_csv_without_a_face(formats: Path, tmp_path: Path, pdm: PointDistributionModel) -> None:
    table = pa.table(
        {
            "frame": pa.array([1], pa.int32()),
            "face_id": pa.array([None], pa.int32()),
            "timestamp": [0.0],
            "confidence": pa.array([None], pa.float32()),
            "success": [False],
        }
    )
    exporter = OpenFaceCsv(pdm=pdm)
    exporter.begin(tmp_path, video_of(table, width_px=960, height_px=540, face_ids=()))
    exporter.add(Rows(table), None)
    exporter.finish()
    header, row = (line.split(",") for line in (tmp_path / "glasses.csv").read_text().splitlines())
    golden = (formats / "noface_row1.csv").read_text().strip().split(",")
    unlike = {
        name for name, found, wanted in zip(header, row, golden, strict=True) if found != wanted
    }
    # A solver's garbage, and eye models that a dataset need not have.
    assert {name.rpartition("_")[0] for name in unlike} <= {
        "pose", "eye_lmk_X", "eye_lmk_Y", "eye_lmk_Z",
    }  # fmt: skip


def test_csv_of_several_faces(reference: Path, tmp_path: Path) -> None:
    golden = pd.read_csv(reference / "multi" / "multi_face.csv.gz")
    flags = [name for name in golden if name == "success" or name.endswith("_c")]
    golden[flags] = golden[flags] == 1
    table = pa.Table.from_pandas(golden, preserve_index=False)
    exporter = OpenFaceCsv()
    exporter.begin(tmp_path, video_of(table, width_px=640, height_px=480, face_ids=(0, 1, 2, 3)))
    exporter.add(Rows(table), None)
    exporter.finish()
    written = (tmp_path / "glasses.csv").read_text().splitlines()
    with gzip.open(reference / "multi" / "multi_face.csv.gz", "rt") as file:
        expected = file.read().splitlines()
    assert len(written) == len(expected)
    # After a face was lost, the C++ program writes its last fit on; a dataset has none.
    success = [True, *golden["success"]]
    for found, wanted, is_found in zip(written, expected, success, strict=True):
        assert not is_found or found == wanted


def test_header_of_a_picture(formats: Path, tmp_path: Path, table: pa.Table) -> None:
    exporter = OpenFaceCsv()
    exporter.begin(tmp_path, video_of(table, kind="image"))
    exporter.add(Rows(table.slice(0, 1)), None)
    exporter.finish()
    header, _ = (tmp_path / "glasses.csv").read_text().splitlines(keepends=True)
    assert header == (formats / "header_image.csv").read_text()
    assert INTENSITIES[-1] == PRESENCES[-1] == "AU45"


def test_hog(
    table: pa.Table, formats: Path, reference: Path, tmp_path: Path, pictures: FacePictures
) -> None:
    frames = [frame for frame, _ in zip(frames_of(reference), range(HOG_RECORDS), strict=False)]
    export(OpenFaceHog(pictures), tmp_path, table, frames)
    written = (tmp_path / "glasses.hog").read_bytes()
    assert written == (formats / "glasses_first20.hog").read_bytes()


def test_descriptors_of_all_frames(
    table: pa.Table, reference: Path, tmp_path: Path, pictures: FacePictures
) -> None:
    export(OpenFaceHog(pictures), tmp_path, table, list(frames_of(reference)))
    found = np.fromfile(tmp_path / "glasses.hog", "<f4").reshape(table.num_rows, -1)
    np.testing.assert_array_equal(found[:, 4:], golden_set("glasses").descriptors[0])


def test_aligned_faces(
    table: pa.Table, formats: Path, reference: Path, tmp_path: Path, pictures: FacePictures
) -> None:
    export(AlignedFaces(pictures), tmp_path, table, list(frames_of(reference)))
    written = tmp_path / "glasses_aligned"
    assert len(list(written.iterdir())) == table.num_rows
    golden = sorted((formats / "glasses_aligned").iterdir())
    assert len(golden) == len(ALIGNED_FRAMES)
    for path in golden:
        assert (written / path.name).read_bytes() == path.read_bytes(), path.name


def test_details(formats: Path) -> None:
    cases = {
        "glasses": ("videos/glasses.mp4", (480, 360), "glasses.avi", False),
        "sample2": ("videos/sample2.jpg", (2048, 1366), "sample2.jpg", True),
    }
    for name, (uri, size, overlay, is_image) in cases.items():
        files = {
            HOG: f"{name}.hog", OVERLAY: overlay, ALIGNED: f"{name}_aligned", CSV: f"{name}.csv"
        }  # fmt: skip
        groups = ("2d", "3d", "pose", "gaze", "aus", "pdm")
        camera = Camera.from_frame_size(*size)
        text = details_text(uri, camera, files, groups, is_image=is_image)
        assert text == (formats / f"{name}_of_details.txt").read_text()
