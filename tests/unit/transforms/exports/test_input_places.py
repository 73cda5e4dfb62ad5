"""Inputs that were moved, as a whole or into one folder."""

import os
import sys
from pathlib import Path

import pytest

from transforms.exports.input_places import InputPlace, find_inputs

OLD = ("/old/corpus/sub-01/video.mp4", "/old/corpus/sub-02/video.mp4")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    return folder


def make(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_without_a_folder_they_are_where_they_were() -> None:
    assert find_inputs(OLD, None) == tuple(InputPlace(uri) for uri in OLD)


@pytest.mark.parametrize("above", ["", "corpus"])
def test_a_tree_that_was_moved_as_a_whole(new: Path, above: str) -> None:
    places = [new / above / name / "video.mp4" for name in ("sub-01", "sub-02")]
    make(*places, new / "video.mp4")
    assert find_inputs(OLD, f"{new}/") == tuple(InputPlace(str(place)) for place in places)


def test_urls(new: Path) -> None:
    make(new / "sub-01" / "video.mp4")
    (place,) = find_inputs(["s3://bucket/sub-01/video.mp4"], str(new))
    assert place == InputPlace(f"{new}/sub-01/video.mp4")
    (back,) = find_inputs([f"/old{new}/sub-01/video.mp4"], f"file://{new.parent}")
    assert back == InputPlace(f"file://{new}/sub-01/video.mp4")


def test_files_without_their_folders(new: Path) -> None:
    make(new / "a.mp4", new / "b.mp4")
    places = find_inputs(["/old/x/a.mp4", "/old/y/b.mp4"], str(new))
    assert places == (InputPlace(f"{new}/a.mp4"), InputPlace(f"{new}/b.mp4"))


def test_a_file_is_never_taken_for_two_inputs(new: Path) -> None:
    make(new / "video.mp4", new / "other.mp4")
    *shared, other = find_inputs((*OLD, "/old/corpus/other.mp4"), str(new))
    assert other == InputPlace(f"{new}/other.mp4")
    for place in shared:
        assert place.refusal is not None
        assert place.refusal.subject == place.uri == f"{new}/video.mp4"
        assert all(uri in place.refusal.cause for uri in OLD)
        assert "--videos" in place.refusal.remedy
        assert "--video-ids" in place.refusal.remedy
    (alone,) = find_inputs(OLD[:1], str(new))
    assert alone == InputPlace(f"{new}/video.mp4")


def test_an_input_that_has_two_tables_is_one_file(new: Path) -> None:
    make(new / "video.mp4")
    assert find_inputs((OLD[0], OLD[0]), str(new)) == (InputPlace(f"{new}/video.mp4"),) * 2


def test_an_input_that_is_not_there(new: Path) -> None:
    (place,) = find_inputs(OLD[:1], str(new))
    assert place.uri == OLD[0]
    assert place.refusal is not None
    assert place.refusal.cause.startswith(f"it is not in {new}")
    assert "--videos" in place.refusal.remedy


@pytest.mark.parametrize("recorded", ["../secret.mp4", "/old/../../secret.mp4", "", "\x00"])
def test_recorded_paths_do_not_lead_out_of_the_folder(new: Path, recorded: str) -> None:
    make(new.parent / "secret.mp4")
    (place,) = find_inputs([recorded], str(new))
    assert place.uri == recorded
    assert place.refusal is not None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_text(new: Path) -> None:
    place = Path(os.fsdecode(os.fsencode(new) + b"/d\xfe/caf\xff.mp4"))
    make(place, new / "caf.mp4")
    assert find_inputs([rf"{new}/d\xfe/caf\xff.mp4"], None) == (InputPlace(str(place)),)
    assert find_inputs([r"/old/d\xfe/caf\xff.mp4"], str(new)) == (InputPlace(str(place)),)
    assert find_inputs([r"caf\xff.mp4"], str(place.parent)) == (InputPlace(str(place)),)
    gone = rf"{new}/caf\xfd.mp4"
    assert find_inputs([gone], None) == (InputPlace(gone),)
    assert find_inputs([gone], str(new))[0].refusal is not None
