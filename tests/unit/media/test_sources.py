"""Names of inputs."""

import os
from pathlib import Path

import pytest

from openface_core.errors import InputError
from openface_core.media.sources import from_root, recorded_uri


@pytest.mark.skipif(os.name == "nt", reason="Windows does not delete the current folder")
def test_a_relative_path_in_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    whole = str(tmp_path / "a.mp4")
    for place in (recorded_uri, from_root):
        with pytest.raises(InputError, match="the current folder is gone"):
            place("a.mp4")
        assert place(whole) == whole
    assert recorded_uri("s3://bucket/a.mp4") == "s3://bucket/a.mp4"


def test_a_path_means_the_same_in_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_root("a.mp4") == str(tmp_path / "a.mp4")
    assert from_root("link/../a.mp4") == os.path.join(tmp_path, "link/../a.mp4")  # noqa: PTH118
    for name in ("", "memory:frames", "s3://bucket/a.mp4"):
        assert from_root(name) == name
