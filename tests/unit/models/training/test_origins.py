"""What is kept of a training is used for the same photographs, models and seeds only."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.origins import kept, origin_of, origin_of_photographs
from models.training.photographs import Photograph


def photographs(folder: Path, value: int) -> tuple[Photograph, ...]:
    cv2.imwrite(str(folder / "a.png"), np.full((8, 8, 3), value, dtype=np.uint8))
    return (Photograph("some", "a", folder / "a.png", None),)


def test_all_that_counts_counts(tmp_path: Path) -> None:
    one, two = np.arange(3.0), np.arange(3.0, dtype=np.float32)
    assert origin_of(1, one) == origin_of(1, one.copy())
    (tmp_path / "model").write_bytes(b"a")
    before = origin_of(tmp_path / "model")
    (tmp_path / "model").write_bytes(b"b")
    others = (origin_of(2, one), origin_of(1, two), before, origin_of(tmp_path / "model"))
    assert len({origin_of(1, one), *others}) == 5


def test_photographs_count_by_their_content(tmp_path: Path) -> None:
    first = origin_of_photographs(photographs(tmp_path, 1))
    assert origin_of_photographs(photographs(tmp_path, 1)) == first
    assert origin_of_photographs(photographs(tmp_path, 2)) != first


def test_what_was_made_from_something_else_is_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, made = tmp_path / "kept.npz", list[int]()

    def make() -> dict[str, np.ndarray]:
        made.append(len(made))
        return {"values": np.array(made)}

    for origin, count in (("a", 1), ("a", 1), ("b", 2), ("a", 3)):
        assert kept(path, origin, make)["values"].tolist() == list(range(count))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith(f"{path}: made from other photographs, models or seeds")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", None])
def test_what_is_cut_off_or_of_an_earlier_version_is_made_anew(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "kept.npz"
    if content is None:
        np.savez(path, values=np.zeros(3))
    else:
        path.write_bytes(content)
    assert kept(path, "a", lambda: {"values": np.ones(2)})["values"].tolist() == [1.0, 1.0]


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(file: object, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", killed)
    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "kept.npz", "a", lambda: {"values": np.ones(2)})
    assert list(tmp_path.iterdir()) == []
