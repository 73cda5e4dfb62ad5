"""Names of inputs."""

import os
from pathlib import Path

import pytest

from openface_core.errors import InputError
from openface_core.media.sources import recorded_uri


@pytest.mark.skipif(os.name == "nt", reason="Windows does not delete the current folder")
def test_a_relative_path_in_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(InputError, match="the current folder is gone"):
        recorded_uri("a.mp4")
    whole = str(tmp_path / "a.mp4")
    assert recorded_uri(whole) == whole
    assert recorded_uri("s3://bucket/a.mp4") == "s3://bucket/a.mp4"
