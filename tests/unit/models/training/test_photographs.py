"""Listing the photographs of a set, and refusing annotations that do not fit them."""

from pathlib import Path

import numpy as np
import pytest

from models.training.photographs import read_photographs
from openface_core.errors import InputError


def make_set(folder: Path, *names: str) -> None:
    (folder / "people").mkdir(parents=True)
    for name in names:
        (folder / "people" / f"{name}.jpg").touch()


def test_photographs_without_annotations_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    make_set(tmp_path, "b", "a")
    photographs = read_photographs(tmp_path, "people")
    assert [photograph.name for photograph in photographs] == ["a", "b"]
    assert all(photograph.landmarks_px is None for photograph in photographs)


def test_annotations_belong_to_the_photograph_of_their_name(tmp_path: Path) -> None:
    make_set(tmp_path, "a", "b", "unmarked")
    points = np.arange(2 * 68 * 2, dtype=np.float64).reshape(2, 68, 2)
    np.savez(tmp_path / "people.npz", names=["b", "a"], landmarks=points)
    photographs = read_photographs(tmp_path, "people")
    assert [photograph.name for photograph in photographs] == ["a", "b"]
    for photograph, expected in zip(photographs, points[::-1], strict=True):
        assert photograph.landmarks_px is not None
        assert photograph.landmarks_px.dtype == np.float32
        np.testing.assert_array_equal(photograph.landmarks_px, expected)


@pytest.mark.parametrize("names", [["a", "stranger"], ["a"]])
def test_annotations_that_do_not_fit_are_refused(tmp_path: Path, names: list[str]) -> None:
    make_set(tmp_path, "a")
    count = 2 if len(names) == 2 else 3
    np.savez(tmp_path / "people.npz", names=names, landmarks=np.zeros((count, 68, 2)))
    with pytest.raises(InputError):
        read_photographs(tmp_path, "people")


def test_pickled_annotations_are_refused(tmp_path: Path) -> None:
    make_set(tmp_path, "a")
    np.savez(tmp_path / "people.npz", names=np.array(["a"], dtype=object), landmarks=np.zeros(1))
    with pytest.raises(InputError, match="annotations"):
        read_photographs(tmp_path, "people")


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no photographs"):
        read_photographs(tmp_path, "people")


def test_what_is_not_to_be_learned_from_is_left_out_and_people_are_told(tmp_path: Path) -> None:
    make_set(tmp_path, "a", "b", "c")
    np.savez(
        tmp_path / "people.npz",
        names=["a", "b", "c"],
        landmarks=np.zeros((3, 68, 2)),
        person=np.array([7, 7, 9], dtype=np.int32),
        use=["train", "test", "train"],
    )
    photographs = read_photographs(tmp_path, "people")
    assert [(photograph.name, photograph.person) for photograph in photographs] == [
        ("a", 7),
        ("c", 9),
    ]
