"""Results of named benchmarks, and what is said of two of them. No time is judged here."""

from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.cases import CASES
from benchmarks.compare import changes, main
from benchmarks.results import machine, results_document, write_results
from benchmarks.timing import Measurement


def verdict(before: list[float], after: list[float]) -> str:
    (change,) = changes({"x": before}, {"x": after})
    return change.verdict


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1.0, 1.1, 1.2], [2.0, 2.1, 2.2], "slower"),
        ([2.0, 2.1, 2.2], [1.0, 1.1, 1.2], "faster"),
        ([1.0, 1.1, 2.2], [1.05, 2.0, 2.1], ""),  # rounds overlap
        ([1.00, 1.01, 1.02], [1.03, 1.04, 1.05], ""),  # hardly differ
        ([1.0], [1.0], ""),
    ],
)
def test_only_what_is_beyond_noise_has_changed(
    before: list[float], after: list[float], expected: str
) -> None:
    assert verdict(before, after) == expected


def test_cases_of_one_result_only_are_left_out() -> None:
    assert [*changes({"a": [1.0]}, {"b": [1.0]})] == []


def test_two_files_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_on = machine()
    for name, ms in (("a", 1.0), ("b", 3.0)):
        found = {"fhog": Measurement([ms, ms]), "geometry": Measurement([1.0, 1.0])}
        write_results(tmp_path / f"{name}.json", results_document(found, 10, made_on))
    assert main([str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    out = capsys.readouterr().out
    assert out.endswith("\nslower beyond noise: fhog\n")
    assert "+200.0%" in out
    assert "differs" not in out


@pytest.mark.parametrize("text", ["", "[]", '{"format": 9}', '{"format": 1, "cpu_ms": {"x": []}}'])
def test_what_is_no_result(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert main([str(path), str(path)]) == 2
    assert "not a result of benchmarks" in capsys.readouterr().err


def test_the_cases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*CASES]


def test_every_case_runs(tmp_path: Path) -> None:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    output = tmp_path / "a.json"
    assert command.main(["--run", "--calls", "1", "--rounds", "1", "--output", str(output)]) == 0
    assert main([str(output), str(output)]) == 0
