"""Comparing the files of two datasets."""

from pathlib import Path

from pipelines.comparison.invariance import differences, hashes


def test_differences() -> None:
    assert differences({"a": "1", "b": "2"}, {"a": "1", "c": "2"}) == ["b", "c"]


def test_metrics_are_no_part_of_a_dataset(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    for name in ("frames/a", "b", "metrics.json"):
        (tmp_path / name).write_bytes(b"same")
    found = hashes(tmp_path)
    assert list(found) == ["b", "frames/a"]
    assert len(set(found.values())) == 1
