"""Decoded pixels equal those that OpenFace saw, on real videos."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from openface_core.media import open_media

# Time stamps against OpenCV's CAP_PROP_POS_MSEC, in milliseconds, starting at 0.
PTS_TOLERANCE_SECONDS = 0.001


@pytest.mark.parametrize("name", ["subj01", "glasses"])
def test_every_frame_has_the_pixels_that_openface_saw(reference: Path, name: str) -> None:
    expected = np.load(reference / "golden" / name / "aligned.npz")["decoded_frame_md5"]
    with open_media(str(reference / "videos" / f"{name}.mp4")) as reader:
        found = [
            hashlib.md5(frame.image.data, usedforsecurity=False).hexdigest() for frame in reader
        ]
        assert reader.warnings == ()
        assert reader.info.frame_count_from_header == len(expected)
    assert found == [str(digest) for digest in expected]


@pytest.mark.parametrize(
    "name",
    ["expressive.mp4", "single_face.mp4", "face_noface_vfr.mov", "no_face.mp4", "four_people.mp4"],
)
def test_frames_and_time_stamps_equal_opencvs(reference: Path, name: str) -> None:
    path = reference / "videos" / name
    capture = cv2.VideoCapture(str(path))
    with open_media(str(path)) as reader:
        start: float | None = None
        for frame in reader:
            read, image = capture.read()
            assert read
            assert np.array_equal(frame.image, image)
            assert frame.pts_seconds is not None
            start = frame.pts_seconds if start is None else start
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            assert frame.pts_seconds - start == pytest.approx(seconds, abs=PTS_TOLERANCE_SECONDS)
    assert not capture.read()[0]


def test_an_avi_equals_opencvs_frames(reference: Path) -> None:
    path = reference / "videos" / "multi_face.avi"
    capture = cv2.VideoCapture(str(path))
    with open_media(str(path)) as reader:
        assert all(np.array_equal(frame.image, capture.read()[1]) for frame in reader)
    assert not capture.read()[0]


def test_images(reference: Path) -> None:
    for name in ("sample1.jpg", "sample2.jpg"):
        path = reference / "videos" / name
        with open_media(str(path)) as reader:
            (frame,) = reader
        expected = cv2.imread(str(path))
        assert expected is not None
        assert np.array_equal(frame.image, expected)
