"""Overlays: size, time stamps, sound, and whether what they show is there."""

import math
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.errors import InputError
from openface_core.exports import Rows
from openface_core.exports.openface.csv_layout import PRESENCES
from openface_core.exports.options import ExportOptions
from openface_core.exports.overlay.exporter import FramePainter, Overlay
from openface_core.exports.overlay.free_places import Box, FreePlaces
from openface_core.exports.overlay.style import Style, confidence_colour
from openface_core.exports.overlay.text import clock_time, drawable, text_width_px
from openface_core.exports.overlay.unit_panel import UnitPanel
from openface_core.media import DecodedFrame, open_media
from tests.fixtures.exports.tables import exported_video, frame_rows, write_with
from tests.fixtures.faces.clips import HEIGHT_PX, WIDTH_PX, face_clip
from tests.fixtures.media.writing import write_video

UNEVEN = [0.0, 0.04, 0.10, 0.50, 0.54, 0.60]


def written(tmp_path: Path, options: ExportOptions, audio_seconds: float = 0.0) -> Path:
    """Write the overlay of a clip of an uneven frame rate."""
    clip = write_video(
        tmp_path / "clip.mp4", face_clip(6)[0], pts_seconds=UNEVEN, audio_seconds=audio_seconds
    )
    with open_media(str(clip)) as media:
        frames = list(media)
    table = frame_rows([[0]] * 6)
    seconds = [frame.pts_seconds for frame in frames]
    place = table.column_names.index("timestamp")
    table = table.set_column(place, "timestamp", [seconds])
    folder = tmp_path / "out"
    folder.mkdir()
    write_with(Overlay(options), folder, table, frames, uri=str(clip))
    return folder / "clip.mp4"


def test_time_stamps_and_size_are_those_of_the_input(tmp_path: Path) -> None:
    with open_media(str(written(tmp_path, ExportOptions()))) as media:
        frames = list(media)
        assert media.info.codec == "h264"
    assert [frame.pts_seconds for frame in frames] == pytest.approx(UNEVEN, abs=1e-3)
    assert {frame.image.shape for frame in frames} == {(HEIGHT_PX, WIDTH_PX, 3)}


def test_a_part_begins_at_zero(tmp_path: Path) -> None:
    path = written(tmp_path, ExportOptions(from_seconds=0.1, to_seconds=0.54), audio_seconds=0.6)
    with open_media(str(path)) as media:
        seconds = [frame.pts_seconds for frame in media]
    assert seconds == pytest.approx([0.0, 0.4], abs=2e-3)


@pytest.mark.parametrize("part", [(5.0, None), (0.2, 0.4)])
def test_a_part_without_frames_is_refused(tmp_path: Path, part: tuple[float, float | None]) -> None:
    begin, end = part
    with pytest.raises(InputError, match=r"it has no frame from (5|0\.2) s"):
        written(tmp_path, ExportOptions(from_seconds=begin, to_seconds=end))


def test_pictures_one_after_the_other_have_an_overlay(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mjpeg"
    clip.write_bytes(b"".join(cv2.imencode(".jpg", i)[1].tobytes() for i in face_clip(3)[0]))
    with open_media(str(clip)) as media:
        frames = list(media)
    folder = tmp_path / "out"
    folder.mkdir()
    write_with(Overlay(ExportOptions()), folder, frame_rows([[0]] * 3), frames, uri=str(clip))
    assert (folder / "clip.mp4").exists()


def test_each_frame_has_the_camera_of_its_size() -> None:
    video = exported_video(frame_rows([[0]]))
    assert video.camera == video.camera_of(video.width_px, video.height_px)
    larger = video.camera_of(2 * video.width_px, 2 * video.height_px)
    assert larger.cx_px == 2 * video.camera.cx_px
    camera = str(video.camera)
    assumed = replace(video, record={"camera": camera, "camera_given": None})
    assert assumed.camera_of(2 * video.width_px, 2 * video.height_px) == larger
    given = replace(video, record={"camera": camera, "camera_given": camera})
    assert given.camera_of(10, 10) == video.camera


def test_faces_that_the_input_does_not_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it has no face 3, 7") as refused:
        written(tmp_path, ExportOptions(face_ids=(7, 3)))
    assert refused.value.remedy == "Its faces are 0."
    assert not (tmp_path / "out" / "clip.mp4").exists()


def test_one_of_the_wanted_faces_is_enough(tmp_path: Path) -> None:
    assert written(tmp_path, ExportOptions(face_ids=(0, 7))).exists()


def test_sound_is_copied(tmp_path: Path) -> None:
    path = written(tmp_path, ExportOptions(), audio_seconds=0.6)

    def packets(of: Path) -> list[bytes]:
        with av.open(str(of)) as container:
            return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size]

    assert packets(path) == packets(tmp_path / "clip.mp4")
    assert len(packets(path)) > 10


def test_sound_that_mp4_does_not_hold_is_encoded(tmp_path: Path) -> None:
    clip = tmp_path / "clip.avi"
    with av.open(str(clip), "w") as container:
        film = container.add_stream("mpeg4", rate=25)
        film.width, film.height, film.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=16_000)
        for image in face_clip(6)[0]:
            container.mux(film.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        container.mux(film.encode(None))
        samples = (8000 * np.sin(np.arange(16_000 * 6 // 25) / 9)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    with open_media(str(clip)) as media:
        frames = list(media)
    folder = tmp_path / "out"
    folder.mkdir()
    write_with(Overlay(ExportOptions()), folder, frame_rows([[0]] * 6), frames, uri=str(clip))
    with av.open(str(folder / "clip.mp4")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        decoded = np.concatenate(
            [f.to_ndarray() for f in container.decode(container.streams.audio[0])], axis=1
        )
    assert decoded.shape[1] >= len(samples)
    assert 0.1 < np.abs(decoded).max() < 0.5


@pytest.mark.parametrize("size", [(320, 240), (1280, 720), (3840, 2160), (121, 99)])
def test_something_is_drawn_at_every_size(size: tuple[int, int]) -> None:
    width, height = size
    image = np.full((height, width, 3), 128, dtype=np.uint8)
    table = frame_rows([[0]])
    video = exported_video(table, width_px=width, height_px=height)
    painted = FramePainter(video).paint(image, Rows(table))
    assert painted.shape == image.shape
    assert (painted != image).any(axis=2).mean() > 0.01
    assert (image == 128).all(), "the frame itself is not touched"


@pytest.mark.parametrize("size", [(320, 180), (320, 240), (1280, 720), (3840, 2160)])
def test_all_units_have_a_bar(size: tuple[int, int]) -> None:
    columns = tuple(f"{name}_c" for name in PRESENCES)
    panel = UnitPanel(exported_video(frame_rows([[0]]), columns=columns), Style(*size))
    assert panel.shown == tuple(sorted(PRESENCES))


def test_a_small_frame_says_how_many_units_it_leaves_out() -> None:
    columns = tuple(f"{name}_c" for name in PRESENCES)
    panel = UnitPanel(exported_video(frame_rows([[0]]), columns=columns), Style(128, 96))
    left_out = len(PRESENCES) - len(panel.shown)
    assert left_out > 0
    assert panel._labels == (*panel.shown, f"+{left_out} more")
    assert panel._height <= 96
    assert text_width_px(panel._labels[-1], Style(128, 96)) < panel._width


@pytest.mark.parametrize("width", [WIDTH_PX - 60, WIDTH_PX + 60])
def test_units_stay_at_their_side_where_the_width_changes(width: int) -> None:
    table = frame_rows([[0]])
    for name in (f"x_{k}" for k in range(68)):  # a face at the left
        place = table.column_names.index(name)
        values = pa.array([table[name][0].as_py() - 20], table.schema.field(name).type)
        table = table.set_column(place, table.schema.field(name), values)
    painter = FramePainter(exported_video(table))
    panel = painter._panel
    painter.paint(np.zeros((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8), Rows(table))
    other = np.full((HEIGHT_PX, width, 3), 128, dtype=np.uint8)
    painted = painter.paint(other, Rows(table))
    assert painted.shape == other.shape
    begin = width - panel._width
    assert (painted[: panel._height, begin:] != 128).all(axis=2).mean() > 0.9


def test_a_missing_intensity_has_no_bar() -> None:
    filled = {}
    for name, columns in (("AU12", ("AU12_r", "AU12_c")), ("AU28", ("AU28_c",))):
        panel = UnitPanel(exported_video(frame_rows([[0]]), columns=columns), Style(640, 360))
        image = np.zeros((40, 200, 3), dtype=np.uint8)
        panel._bar(image, name, (20, 20), 100, math.nan, 1.0)
        filled[name] = bool(image[20, 70].any())
    assert filled == {"AU12": False, "AU28": True}


def test_frames_without_a_face_are_marked() -> None:
    image = np.zeros((240, 320, 3), dtype=np.uint8)
    table = frame_rows([None])
    video = exported_video(table, width_px=320, height_px=240, face_ids=(0,))
    painted = FramePainter(video).paint(image, Rows(table))
    assert painted[0, 160].tolist() == [0, 94, 213]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e30, None])
@pytest.mark.parametrize("prefixes", [("x_", "y_"), ("pose_",), ("gaze_",), ("eye_",), ("AU",)])
def test_what_a_table_cannot_have_is_not_drawn(
    prefixes: tuple[str, ...], value: float | None
) -> None:
    image = np.full((240, 320, 3), 128, dtype=np.uint8)
    table = frame_rows([[0]])
    for place, name in enumerate(table.column_names):
        if name.startswith(prefixes):
            kind = pa.float64() if value is not None else table.schema.field(name).type
            table = table.set_column(place, name, pa.array([value] * len(table), kind))
    video = exported_video(table, width_px=320, height_px=240)
    assert FramePainter(video).paint(image, Rows(table)).shape == image.shape


def test_only_the_wanted_faces_are_drawn() -> None:
    image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    table = frame_rows([[0, 1]])
    video = exported_video(table)
    everyone = FramePainter(video).paint(image, Rows(table)).copy()
    nobody = FramePainter(video, (7,)).paint(image, Rows(table))
    assert np.count_nonzero(everyone) > 2 * np.count_nonzero(nobody[20:-20, 20:-20])


def test_what_belongs_to_a_face_does_not_cover_another() -> None:
    places = FreePlaces(2)
    upper, lower = Box(100, 100, 200, 200), Box(120, 205, 220, 305)
    for _ in range(2):
        places.begin([upper, lower])
        found = places.take("upper", upper, (60, 80), (400, 320))
        assert (found.left, found.top) == (202, 100), "to the right: below is the other face"
        assert not places.take("lower", lower, (60, 80), (400, 320)).common_px(lower)
    places.begin([upper])
    assert places.take("upper", upper, (60, 80), (400, 320)) == found, "it stays where it was"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.integers(-50, 400)] * 4), min_size=1, max_size=6))
def test_it_always_lies_within_the_image(corners: list[tuple[int, int, int, int]]) -> None:
    places = FreePlaces(2)
    boxes = [Box(x, y, x + abs(w), y + abs(h)) for x, y, w, h in corners]
    places.begin(boxes)
    for number, box in enumerate(boxes):
        found = places.take(str(number), box, (60, 80), (320, 240))
        assert 0 <= found.left <= found.right <= 320
        assert 0 <= found.top <= found.bottom <= 240


def test_a_picture_becomes_a_picture(tmp_path: Path) -> None:
    frames = [DecodedFrame(0, 0.0, face_clip(1)[0][0])]
    write_with(Overlay(ExportOptions()), tmp_path, frame_rows([[0]]), frames, kind="image")
    found = cv2.imread(str(tmp_path / "clip.png"))
    assert found is not None
    assert found.shape == (HEIGHT_PX, WIDTH_PX, 3)


def test_sizes_follow_the_frame() -> None:
    tiny, large = Style(320, 240), Style(3840, 2160)
    assert large.thickness_px > 4 * tiny.thickness_px
    assert tiny.line_height_px >= 10
    assert large.text_scale > 4 * tiny.text_scale


def test_colours_of_confidence_end_in_colours_that_all_can_tell_apart() -> None:
    assert confidence_colour(0.0) == (0, 94, 213)
    assert confidence_colour(1.0) == (233, 180, 86)
    assert confidence_colour(float("nan")) == confidence_colour(0.0)


def test_times_carry_over() -> None:
    assert [clock_time(s) for s in (0.0, 59.994, 59.996, 600.5)] == [
        "0:00.00", "0:59.99", "1:00.00", "10:00.50",
    ]  # fmt: skip


def test_names_are_drawn_in_plain_letters() -> None:
    assert drawable("Zoë Ångström") == "Zoe Angstrom"
    assert drawable("李") == "?"
