"""Plain CSV, annotations, aligned faces and records of descriptors."""

import itertools
import struct
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from openface_core.alignment import SCALE_PX_PER_MM, warp_affine
from openface_core.errors import ConfigError
from openface_core.exports import Rows
from openface_core.exports.annotations import Annotations
from openface_core.exports.face_pictures import AlignedForm, FacePictures
from openface_core.exports.formats import FORMATS
from openface_core.exports.openface.aligned_faces import AlignedFaces
from openface_core.exports.openface.hog_file import OpenFaceHog
from openface_core.exports.options import ExportOptions
from openface_core.exports.plain_csv import PlainCsv
from openface_core.faces import FaceMeter
from openface_core.media import DecodedFrame
from pipelines.export_job.format_options import FORMAT_TITLES, FORMATS_OF_OPTIONS
from tests.fixtures.exports.tables import FPS, frame_rows, write_with
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.faces.triangles import synthetic_triangles

FACES = [[0], None, [0]]


def frames(count: int) -> list[DecodedFrame]:
    picture = face_clip(1)[0][0]
    return [DecodedFrame(index, index / FPS, picture) for index in range(count)]


@pytest.fixture(scope="module")
def pictures() -> FacePictures:
    return FacePictures(FaceMeter(synthetic_pdm(), synthetic_triangles(), fits_anew=True))


def test_plain_csv_is_the_table(tmp_path: Path) -> None:
    table = frame_rows(FACES)
    write_with(PlainCsv(), tmp_path, table)
    found = pd.read_csv(tmp_path / "clip.csv")
    assert list(found) == table.column_names
    assert found["face_id"].isna().tolist() == [False, True, False]
    expected = table.to_pandas()["x_0"].to_numpy()
    np.testing.assert_array_equal(found["x_0"].to_numpy(np.float32), expected)
    assert (tmp_path / "clip.csv").read_text().count('"') == 0


def test_plain_csv_of_nothing_has_a_header(tmp_path: Path) -> None:
    table = frame_rows([])
    exporter = PlainCsv()
    write_with(exporter, tmp_path, table)
    assert (tmp_path / "clip.csv").read_text().split(",")[0] == "frame"


def test_annotations(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi")
    write_with(Annotations(), tmp_path, frame_rows([[0], [0, 1], [1], None, [0]]))
    grid = pympi.Praat.TextGrid(str(tmp_path / "clip.TextGrid"))
    names = [name for _, name in grid.get_tier_name_num()]
    assert sorted(names) == [f"face {k} AU{n}" for k in (0, 1) for n in ("01", "12", "45")]
    spans = {
        name: [
            (round(begin, 3), round(end, 3))
            for begin, end, text in grid.get_tier(name).get_intervals()
            if text
        ]
        for name in names
    }
    assert spans["face 0 AU12"] == [(0.0, 0.08), (0.16, 0.2)]
    assert spans["face 1 AU12"] == [(0.04, 0.12)]
    assert spans["face 0 AU01"] == []
    elan = pympi.Elan.Eaf(str(tmp_path / "clip.eaf"))
    assert [item[:2] for item in elan.get_annotation_data_for_tier("face 1 AU12")] == [(40, 120)]
    assert elan.get_linked_files()[0]["MEDIA_URL"].startswith("file:///")


def presences(pattern: str, seconds: list[float]) -> pa.Table:
    """Return a table in which AU12 is present where the pattern has an x."""
    table = frame_rows([[0]] * len(pattern))
    columns = {"AU12_c": [letter == "x" for letter in pattern], "timestamp": seconds}
    for name, values in columns.items():
        place = table.column_names.index(name)
        field = table.schema.field(name)
        table = table.set_column(place, field, pa.array(values, field.type))
    return table


@pytest.mark.parametrize(
    ("pattern", "seconds", "spans"),
    [
        ("x.x.", [0.0, 0.0, 0.04, 0.08], [(40, 80)]),  # the first lasts for no time
        ("x.x.", [0.0, 0.04, 0.04, 0.08], [(0, 80)]),  # nothing lies between
        ("xxx.", [0.04, 0.04, 0.04, 0.08], [(40, 80)]),
        ("x.x.", [0.0, 0.0002, 0.0004, 0.08], [(0, 80)]),  # less than a millisecond between
        ("x.x.", [0.001, 0.002, 0.003, 0.08], [(1, 2), (3, 80)]),
        ("x.x.", [0.0, 0.0, 0.0, 0.08], [(0, 80)]),
    ],
)
def test_annotations_of_a_tier_neither_are_empty_nor_overlap(
    pattern: str, seconds: list[float], spans: list[tuple[int, int]], tmp_path: Path
) -> None:
    pympi = pytest.importorskip("pympi")
    write_with(Annotations(), tmp_path, presences(pattern, seconds))
    elan = pympi.Elan.Eaf(str(tmp_path / "clip.eaf"))
    found = elan.get_annotation_data_for_tier("face 0 AU12")
    assert sorted(item[:2] for item in found) == spans
    grid = pympi.Praat.TextGrid(str(tmp_path / "clip.TextGrid"))
    intervals = sorted(grid.get_tier("face 0 AU12").get_intervals())
    assert all(begin < end for begin, end, _ in intervals)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(intervals))


@pytest.mark.parametrize(
    ("uri", "kind", "expected"),
    [
        ("in/clip.MP4", "video", "video/mp4"),
        ("in/clip.mkv", "video", "video/x-matroska"),
        ("in/clip.jpg", "image", "image/jpeg"),
        ("in/clip.unusual", "video", "video/*"),
        ("in/folder", "image_sequence", "image/*"),
    ],
)
def test_the_linked_file_has_its_type(uri: str, kind: str, expected: str, tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi")
    write_with(Annotations(), tmp_path, frame_rows([[0]]), uri=uri, kind=kind)
    (linked,) = pympi.Elan.Eaf(str(tmp_path / "clip.eaf")).get_linked_files()
    assert linked["MIME_TYPE"] == expected


def test_annotations_name_the_person(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi")
    write_with(Annotations(), tmp_path, frame_rows([[0]]), record={"person_id": "Ada"})
    tiers = pympi.Elan.Eaf(str(tmp_path / "clip.eaf")).get_tier_names()
    assert "Ada AU12" in tiers


def test_a_quotation_mark_in_a_name_is_doubled_for_praat(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi")
    person = 'Ada "Countess" L'
    write_with(Annotations(), tmp_path, frame_rows([[0], None]), record={"person_id": person})
    lines = (tmp_path / "clip.TextGrid").read_text(encoding="utf-8").splitlines()
    names = [line.strip() for line in lines if "name = " in line]
    assert 'name = "Ada ""Countess"" L AU12"' in names
    assert pympi.Praat.TextGrid(str(tmp_path / "clip.TextGrid")).tier_num == len(names)
    assert f"{person} AU12" in pympi.Elan.Eaf(str(tmp_path / "clip.eaf")).get_tier_names()


def test_aligned_faces(tmp_path: Path, pictures: FacePictures) -> None:
    write_with(AlignedFaces(pictures), tmp_path, frame_rows(FACES), frames(3))
    names = sorted(path.name for path in (tmp_path / "clip_aligned").iterdir())
    assert names == ["frame_det_00_000001.bmp", "frame_det_00_000003.bmp"]
    content = (tmp_path / "clip_aligned" / names[0]).read_bytes()
    assert (len(content), content[:2]) == (37686, b"BM")


def test_aligned_faces_of_another_form(tmp_path: Path, pictures: FacePictures) -> None:
    table = frame_rows([[0]])
    form = AlignedForm(224, 2 * SCALE_PX_PER_MM, masked=False)
    write_with(AlignedFaces(pictures, form, "png"), tmp_path, table, frames(1), kind="image")
    found = cv2.imread(str(tmp_path / "clip_aligned" / "face_det_000000.png"))
    assert found is not None
    image = face_clip(1)[0][0]
    matrix = pictures.aligned(Rows(table), 0, image).matrix
    # Twice the scale: every point lies twice as far from the middle.
    middle = np.array([56.0, 56.0])
    twice = pictures.aligned(Rows(table), 0, image, form).matrix
    point = np.array([80.0, 60.0, 1.0])
    np.testing.assert_allclose(twice @ point - 112, 2 * (matrix @ point - middle), atol=1e-4)
    np.testing.assert_array_equal(found, warp_affine(image, twice, 224))


def test_grey_aligned_faces(tmp_path: Path, pictures: FacePictures) -> None:
    table, found = frame_rows([[0]]), []
    for grey in (False, True):
        folder = tmp_path / str(grey)
        folder.mkdir()
        exporter = AlignedFaces(pictures, AlignedForm(grey=grey))
        write_with(exporter, folder, table, frames(1), kind="image")
        path = folder / "clip_aligned" / "face_det_000000.bmp"
        found.append(np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)))
    colour, grey_picture = found
    assert (colour.shape, grey_picture.shape) == ((112, 112, 3), (112, 112))
    expected = colour @ np.array([0.114, 0.587, 0.299])
    assert np.abs(grey_picture - expected).max() <= 0.51


def test_records_of_descriptors(tmp_path: Path, pictures: FacePictures) -> None:
    write_with(OpenFaceHog(pictures), tmp_path, frame_rows(FACES), frames(3))
    content = (tmp_path / "clip.hog").read_bytes()
    assert len(content) == 3 * 17872
    heads = [struct.unpack_from("<iiif", content, 17872 * k) for k in range(3)]
    assert heads == [(12, 12, 31, 1.0), (12, 12, 31, -1.0), (12, 12, 31, 1.0)]
    assert not any(content[17872 + 16 : 2 * 17872])
    assert content[:17872] == content[2 * 17872 :]


def test_titles_of_formats_are_those_of_the_help() -> None:
    assert {name: format_.title for name, format_ in FORMATS.items() if name != "report"} == (
        FORMAT_TITLES
    )


def test_options_of_formats_are_those_that_they_read() -> None:
    other_names = {
        "size_px": "size",
        "scale_px_per_mm": "scale",
        "masked": "unmasked",
        "face_ids": "faces",
    }
    read = {
        (other_names.get(option, option), name)
        for name, format_ in FORMATS.items()
        for option in format_.options
    }
    told = {(option, name) for option, (_, names) in FORMATS_OF_OPTIONS.items() for name in names}
    assert told == read


def test_wrong_options() -> None:
    with pytest.raises(ConfigError, match="not written in this form"):
        ExportOptions(picture_type="tif")
    for wrong in (
        {"size_px": 3},
        {"from_seconds": 3.0, "to_seconds": 2.0},
        {"from_seconds": float("nan")},
        {"from_seconds": -1.0},
        {"to_seconds": float("inf")},
        {"face_ids": (0, -1)},
    ):
        with pytest.raises(ConfigError):
            ExportOptions(**wrong)
