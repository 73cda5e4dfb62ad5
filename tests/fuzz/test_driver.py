"""Faults of every kind are found, and the cases behind them are tried all the same."""

from pathlib import Path

from tests.fuzz.driver import try_cases


def test_exceptions_crashes_and_hangs_are_faults(tmp_path: Path) -> None:
    ways = ["passes", "raises", "crashes", "passes", "hangs", "raises", "passes"]
    folder = tmp_path / "faulty"
    folder.mkdir()
    (folder / "turns").write_text(" ".join(ways))
    faults = try_cases("faulty", folder, range(len(ways)), case_seconds=1)
    assert [ways[fault.seed] for fault in faults] == ["raises", "crashes", "hangs", "raises"]
    raised, crashed, hung, _ = (str(fault) for fault in faults)
    assert "ZeroDivisionError" in raised
    assert "Aborted" in crashed
    assert "Timeout" in hung
    assert "faulty.py" in hung
    assert (folder / "turns").read_text() == ""
