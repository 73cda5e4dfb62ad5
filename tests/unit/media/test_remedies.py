"""What can be done about warnings."""

import pytest

from openface_core.media.remedies import remedy_of


@pytest.mark.parametrize(
    ("warning", "words"),
    [
        ("only the first of 5 pictures is read", "one folder"),
        ("3 images hold several pictures, of which the first is read, such as a.tif", "one folder"),
        ("9.50 s without frames after frame 257", "copy it again"),
        ("30 frames have no time stamp; they are timed at 25 fps", "Check that rate"),
        ("its pixels are said to be 1:900, and taken to be square", "sample aspect ratio"),
        ("7 corrupt packets skipped", "copy or repair the file"),
    ],
)
def test_a_remedy_fits_its_warning(warning: str, words: str) -> None:
    assert words in remedy_of(warning)
    assert remedy_of(warning).endswith(".")
