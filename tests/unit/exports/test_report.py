"""Report pages: what they hold, what they flag, and that nothing of an input becomes markup."""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from openface_core.exports import ExportedVideo, Rows
from openface_core.exports.report.charts import unit_charts
from openface_core.exports.report.exporter import Report
from openface_core.exports.report.face_crops import (
    CROP_PX,
    brightness_of,
    upright_crop,
    with_points,
)
from openface_core.exports.report.flags import flags_of
from openface_core.exports.report.index_page import index_data, index_page
from openface_core.exports.report.page_data import PageData
from openface_core.exports.report.picture_choice import choose
from openface_core.exports.report.words import facts, methods
from openface_core.media import DecodedFrame
from openface_core.tables.summary import length_seconds
from tests.fixtures.exports.tables import FPS, UNITS, exported_video, frame_rows
from tests.fixtures.faces.clips import face_clip

FACES = [[0], [0], None, [0, 1], [0]]


def with_column(table: pa.Table, name: str, values: Sequence[object]) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.array(values, table.schema.field(name).type))


def data_of(table: pa.Table, **changes: object) -> PageData:
    data = PageData(exported_video(table, **changes))
    rows = Rows(table)
    for begin in range(0, len(rows), 3):  # as many batches as may be
        data.add(rows.part(begin, min(begin + 3, len(rows))))
    return data


def names_of_flags(table: pa.Table, **changes: object) -> set[str]:
    return {flag.name for flag in flags_of(data_of(table, **changes), {0: 120.0})}


def write_report(folder: Path, table: pa.Table, **changes: object) -> str:
    report = Report()
    report.begin(folder, exported_video(table, **changes))
    report.look(Rows(table))
    picture = face_clip(1)[0][0]
    for number, rows in Rows(table).by_frame():
        report.add(rows, DecodedFrame(number - 1, None, picture))
    report.finish()
    return next(folder.iterdir()).read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Collects tags, and what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.images_without_text = 0
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.append(tag)
        self.ids += [known["id"] or ""] if "id" in known else []
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href")]
        self.images_without_text += tag == "img" and not known.get("alt")
        self.images_without_text += (
            tag == "svg" and known.get("role") == "img" and not known.get("aria-label")
        )


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    return found


def test_a_page_is_complete_in_itself(tmp_path: Path) -> None:
    text = write_report(tmp_path, frame_rows(FACES))
    found = outline(text)
    assert all(address.startswith(("data:image/jpeg", "#")) for address in found.addresses)
    assert not found.images_without_text
    assert len(found.ids) == len(set(found.ids))
    assert {"main", "face-0", "face-1", "methods"} <= set(found.ids)
    assert found.tags.count("script") == 3
    content = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert len(content["charts"]) == found.tags.count("figure") - found.tags.count("img")


def test_the_same_rows_give_the_same_page(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    first, second = (write_report(folder, frame_rows(FACES)) for folder in folders)
    assert first == second


def test_nothing_of_an_input_becomes_markup(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'"
    record = {
        "input_uri": evil,
        "person_id": evil,
        "decoding_warnings": [evil],
        "settings": {"name": evil, "models": {"landmarks": evil, "refinement": evil}},
        "model_packs": {evil: evil},
    }
    text = write_report(tmp_path, frame_rows([[0], [0]]), record=record)
    plain = tmp_path / "plain"
    plain.mkdir()
    expected = outline(write_report(plain, frame_rows([[0], [0]])))
    found = outline(text)
    assert found.tags.count("script") == expected.tags.count("script")
    assert found.tags.count("img") == expected.tags.count("img")
    assert "alert(1)</script>" not in text


def test_an_input_without_faces(tmp_path: Path) -> None:
    text = write_report(tmp_path, frame_rows([None, None]))
    assert "No face was found" in text
    assert names_of_flags(frame_rows([None, None])) == {"no face"}


def test_an_input_without_frames(tmp_path: Path) -> None:
    assert "0 frames" in write_report(tmp_path, frame_rows([]))


def test_what_is_gathered_does_not_depend_on_the_batches() -> None:
    table = frame_rows([[0, 1] if k % 3 else [0] for k in range(50)])
    whole = PageData(exported_video(table))
    whole.add(Rows(table))
    parts = data_of(table)
    for face_id, trace in whole.traces.items():
        other = parts.traces[face_id]
        np.testing.assert_array_equal(trace.low, other.low)
        np.testing.assert_array_equal(trace.found, other.found)
        for name, unit in trace.units.items():
            np.testing.assert_array_equal(unit.counts, other.units[name].counts)
            assert unit.episodes == other.units[name].episodes
        assert trace.jumps == other.jumps


def test_memory_does_not_grow_with_the_video() -> None:
    short, long = (
        PageData(exported_video(frame_rows([[0]]), record={"frames_decoded": frames}))
        for frames in (10_000, 10_000_000)
    )
    sizes = {trace.low.nbytes for data in (short, long) for trace in data.traces.values()}
    assert len(sizes) == 1


def test_long_videos_keep_peaks() -> None:
    table = frame_rows([[0]] * 7000)
    values = table["AU12_r"].to_pylist()
    values[6001] = 4.5
    data = data_of(with_column(table, "AU12_r", values))
    trace = data.traces[0]
    assert trace.bins == 3000
    assert trace.high[trace.series.index("AU12_r")].max() == 4.5
    assert (trace.units["AU12"].peak_frame, trace.units["AU12"].peak) == (6002, 4.5)
    assert any(choice.frame == 6002 for choice in choose(trace))
    assert data.seconds == pytest.approx(7000 / FPS)  # as the summary has it


def test_the_length_is_that_of_the_summary() -> None:
    for frames in (1, 2, 30):
        table = frame_rows([[0, 1]] * frames)
        times = np.arange(frames) / FPS
        assert data_of(table).seconds == pytest.approx(length_seconds(times) or 0.0)


def test_frame_rates_are_not_rounded_to_others() -> None:
    data = data_of(frame_rows([[0]]), average_rate_fps=30000 / 1001)
    assert " 29.97 frames per second" in dict(facts(data))["Content"]


def test_flags() -> None:
    calm = frame_rows([[0]] * 20)
    assert names_of_flags(calm) == set()
    record = {"calibration_is_short": True, "calibration_frames": 12}
    assert names_of_flags(calm, record=record) == {"short calibration"}
    assert names_of_flags(frame_rows([None] * 20), record=record) == {"no face"}
    gap = {"decoding_warnings": ["1.50 s without frames after frame 7"]}
    assert names_of_flags(calm, record=gap) == {"dropped frames"}
    alike = {"face_notes": ["two of its people look so much alike that they may be one"]}
    assert names_of_flags(calm, record=alike) == {"people too alike"}
    assert names_of_flags(calm, record={"face_notes": "damaged"}) == set()
    assert names_of_flags(frame_rows([[0], None])) == {"face often not found"}
    assert names_of_flags(frame_rows([[0], None, None])) == {"face rarely found"}
    unsure = with_column(calm, "confidence", [0.6] * 5 + [0.9] * 15)
    assert names_of_flags(unsure) == {"low confidence"}
    for name, beyond, within in (("x_48", -1.0, 0.0), ("y_57", 1e4, 5.0), ("x_0", -9.0, -9.0)):
        flagged = {"cut off by the picture"} if name != "x_0" else set()
        assert names_of_flags(with_column(calm, name, [beyond] * 3 + [within] * 17)) == flagged
        assert names_of_flags(with_column(calm, name, [beyond] * 2 + [within] * 18)) == set()
    wide = with_column(calm, "face_width_px", [100.0] * 20)
    assert names_of_flags(with_column(wide, "face_width_px", [40.0] * 20)) == {"small face"}
    jumping = with_column(wide, "p_tx", [10.0] * 10 + [90.0] * 10)
    assert names_of_flags(jumping) == {"jumps"}
    mixed = "the frame size changes within the folder (405 x 225, 540 x 300)"
    sizes = {"decoding_warnings": [mixed]}
    assert names_of_flags(jumping, record=sizes) == {"decoding"}
    dark = {flag.name for flag in flags_of(data_of(wide), {0: 20.0})}
    assert dark == {"dark face"}


def test_missing_intensities_are_no_zeros(tmp_path: Path) -> None:
    table = with_column(frame_rows([[0]] * 20), "AU12_r", [None] * 20)
    unit = data_of(table).traces[0].units["AU12"]
    assert not unit.counts.any()
    assert unit.peak < 0.0
    (row,) = re.findall(r'<tr><th scope="row">AU12 .*?</tr>', write_report(tmp_path, table))
    assert row.count("<td></td>") == 5
    some = with_column(table, "AU12_r", [None] * 15 + [2.0] * 5)
    unit = data_of(some).traces[0].units["AU12"]
    assert (unit.counts.sum(), unit.quantile(0.5), unit.peak_frame) == (5, 2.0, 16)


def test_missing_presences_are_no_absence(tmp_path: Path) -> None:
    def shown(values: list[bool | None], folder: str) -> str:
        (tmp_path / folder).mkdir()
        table = with_column(frame_rows([[0]] * 20), "AU12_c", values)
        text = write_report(tmp_path / folder, table)
        (row,) = re.findall(r'<tr><th scope="row">AU12 .*?</tr>', text)
        return str(row)

    assert shown([None] * 20, "none").endswith("<td></td><td></td></tr>")
    # Only frames count of which it is known.
    some: list[bool | None] = [None] * 10 + [True] * 5 + [False] * 5
    assert shown(some, "some").endswith("<td>50%</td><td>1</td></tr>")
    assert shown([False] * 20, "never").endswith("<td>0%</td><td>0</td></tr>")


def test_a_timeline_of_presences_alone_is_drawn_where_they_are_known() -> None:
    table = frame_rows([[0]] * 20).drop_columns(["AU12_r"])
    titles = [chart.title for chart in unit_charts(data_of(table).traces[0])]
    assert any("presence only" in title for title in titles)
    unknown = with_column(table, "AU12_c", [None] * 20)
    titles = [chart.title for chart in unit_charts(data_of(unknown).traces[0])]
    assert not any("presence only" in title for title in titles)


def test_a_unit_begins_anew_after_an_absence() -> None:
    table = with_column(frame_rows([[0]] * 4 + [None] * 3 + [[0]] * 4), "AU12_c", [True] * 11)
    assert data_of(table).traces[0].units["AU12"].episodes == 2


def test_calibration_is_flagged_of_whoever_has_few_frames() -> None:
    table = frame_rows([[0, 1, 2]] * 20)
    faces = [
        {"face_id": 0, "calibration_is_short": False, "calibration_frames": 700},
        {"face_id": 1, "calibration_is_short": True, "calibration_frames": 24},
        {"face_id": 2, "calibration_is_short": True, "calibration_frames": 9},
    ]
    settings = {"calibration": {"least_frames": 10}}
    record = {"settings": settings, "calibration_is_short": False, "faces": faces}
    (flag,) = flags_of(data_of(table, record=record), {})
    assert flag.name == "short calibration"
    assert "(face 1: 24, face 2: 9)" in flag.text
    assert "dynamic action units of face 2 are not given" in flag.text
    assert not names_of_flags(table, record=record | {"faces": faces[:1]})
    assert not names_of_flags(table, record=record | {"faces": "damaged"})


def test_what_is_relative_to_the_person_is_said_of_face_0_alone() -> None:
    modes = [{"face_id": 0, "calibration": "person"}, {"face_id": 1, "calibration": "video"}]
    record = {"calibration": "person", "faces": modes}
    text, _ = methods(data_of(frame_rows([[0, 1]]), record=record))
    assert "of all videos of the person, for face 0, and to the median face of this video" in text
    text, _ = methods(data_of(frame_rows([[0]]), record=record | {"faces": modes[:1]}))
    assert "relative to the median face of all videos of the person." in text


def test_the_words_name_what_is_relative_to_the_person() -> None:
    relative = {"calibration": "video", "relative_to_person": ["AU01_r", "AU45_r", "AU45_c"]}
    data = data_of(frame_rows([[0]] * 3), record=relative | {"calibration_frames": 600})
    text, _ = methods(data)
    units = "the intensities of AU01, AU45 and the presences of AU45"
    assert f"Of these, {units} are relative to the median face of this video" in text
    assert "all other values are of static models" in text
    fact = dict(facts(data))["Action units"]
    assert fact.startswith(f"{units}: relative to the median face of this video")
    everything = [f"{unit}_{kind}" for unit in UNITS for kind in "rc"]
    record = relative | {"relative_to_person": everything}
    text, _ = methods(data_of(frame_rows([[0]]), record=record))
    assert "[2], relative to the median face of this video, as in OpenFace." in text
    nothings: tuple[dict[str, object], ...] = ({"calibration": "none"}, {"relative_to_person": []})
    for nothing in nothings:
        text, _ = methods(data_of(frame_rows([[0]]), record=relative | nothing))
        assert "[2], relative to nothing: static models were used." in text


def test_the_words_name_what_is_withheld() -> None:
    settings = {"calibration": {"least_frames": 10}}
    record = {
        "settings": settings,
        "calibration": "video",
        "calibration_frames": 7,
        "relative_to_person": ["AU01_r"],
    }
    text, _ = methods(data_of(frame_rows([[0]]), record=record))
    assert "What is relative is not given of face 0 (7 frames)" in text
    text, _ = methods(data_of(frame_rows([[0]]), record=record | {"calibration_frames": 10}))
    assert "not given" not in text


def test_a_jump_between_batches_is_seen() -> None:
    table = with_column(frame_rows([[0]] * 6), "face_width_px", [100.0] * 6)
    assert data_of(with_column(table, "p_tx", [10.0] * 3 + [90.0] * 3)).traces[0].jumps == 1


def test_crops_are_upright() -> None:
    frames, landmarks = face_clip(1)
    crop, placed = upright_crop(frames[0], landmarks[0])
    assert crop.shape == (CROP_PX, CROP_PX, 3)
    turned = np.ascontiguousarray(np.rot90(frames[0]))
    x, y = landmarks[0].T
    points = np.stack([y, frames[0].shape[1] - 1 - x], axis=1).astype(np.float32)
    other, placed_there = upright_crop(turned, points)
    assert np.abs(crop.astype(int) - other.astype(int)).mean() < 6
    np.testing.assert_allclose(placed, placed_there, atol=1e-2)


def test_the_pictures_have_landmarks_on_them() -> None:
    frames, landmarks = face_clip(1)
    crop, points = upright_crop(frames[0], landmarks[0])
    marked = with_points(crop, points)
    is_marked = (marked != crop).any(axis=2)
    assert is_marked.mean() < 0.05  # lids and lips can still be seen
    assert all(is_marked[y, x] for x, y in points.round().astype(int))


@pytest.mark.parametrize("side_px", [60, 300, 2000])  # the largest is averaged first
def test_landmarks_are_where_the_picture_has_them(side_px: int) -> None:
    place = np.array([0.4, 0.6]) * side_px
    landmarks = np.full((68, 2), place, dtype=np.float32)
    landmarks[36:42], landmarks[42:48] = (
        place - side_px * 0.1,
        place + 0.2 * side_px * np.array([1, -0.8]),
    )
    landmarks[0], landmarks[16] = side_px * np.array([[0.15, 0.2], [0.85, 0.8]])
    picture = np.zeros((side_px, side_px, 3), dtype=np.uint8)
    cv2.circle(picture, place.astype(int).tolist(), side_px // 30, (255, 255, 255), cv2.FILLED)
    crop, points = upright_crop(picture, landmarks)
    y, x = np.nonzero(crop[..., 0] > 127)
    np.testing.assert_allclose(points[30], (x.mean(), y.mean()), atol=1.5)


def rows_of_index(count: int) -> list[dict[str, object]]:
    return [
        {
            "id": f"v{k:05}", "seconds": 60.0 + k, "frames": 1500, "faces": 1,
            "success": 0.9, "confidence": 0.95, "flags": ["jumps"] if k % 7 == 0 else [],
        }
        for k in range(count)
    ]  # fmt: skip


def test_what_lies_beyond_the_frame_does_not_darken_a_face() -> None:
    crop = np.full((CROP_PX, CROP_PX, 3), 120, dtype=np.uint8)
    crop[CROP_PX // 3 :] = 0
    assert brightness_of(crop) == 120.0
    assert brightness_of(np.full_like(crop, 6)) == 6.0
    assert brightness_of(np.zeros_like(crop)) == 0.0


def test_the_index_does_not_grow_with_the_corpus() -> None:
    rows = rows_of_index(10_000)
    assert len(index_page("corpus", rows, 0)) < 100_000
    assert len(index_data(rows)) < 600_000
    content = json.loads(index_data(rows).removeprefix("window.reports=").rstrip(";\n"))
    assert len(content["rows"]) == 10_000
    assert content["flags"] == ["jumps"]
    assert "3 inputs have no page" in index_page("corpus", rows, 3)


def test_people_are_named(tmp_path: Path) -> None:
    text = write_report(tmp_path, frame_rows([[0]]), record={"person_id": "Ada"})
    assert "<h2>Ada</h2>" in text
    assert isinstance(exported_video(frame_rows([[0]])), ExportedVideo)
