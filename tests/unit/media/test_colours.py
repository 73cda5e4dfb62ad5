"""Colours of a video are those that it states, or those of BT.601."""

from pathlib import Path

import numpy as np

from openface_core.media import DecodeLimits, open_media
from tests.fixtures.media.writing import moving_square, write_video


def first_picture(path: Path, *, stated_colours: bool) -> np.ndarray:
    with open_media(str(path), limits=DecodeLimits(stated_colours=stated_colours)) as reader:
        return next(iter(reader)).image.astype(int)


def test_a_matrix_that_a_video_states_counts_or_does_not(tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mp4", moving_square(2), options={"threads": "1"})
    options = {"threads": "1", "colorspace": "bt709"}
    stating = write_video(tmp_path / "stating.mp4", moving_square(2), options=options)
    pictures = [
        first_picture(path, stated_colours=counts)
        for path in (plain, stating)
        for counts in (True, False)
    ]
    assert np.abs(pictures[2] - pictures[3]).max() > 5
    np.testing.assert_array_equal(pictures[1], pictures[0])
    # Both files hold the same numbers, of which BT.601 makes the same colours.
    np.testing.assert_array_equal(pictures[3], pictures[0])
