"""Damaged inputs end in a result or in a plain error: no traceback, no hang, no crash.

``python -m tests.fuzz.worker FAMILY FOLDER SEED END 30`` repeats cases in a prepared folder.
"""

import importlib

import pytest

from tests.fuzz.driver import try_cases

CASES = {
    "media": 1000,
    "tables": 300,
    "settings": 300,
    "model_files": 150,
    "documents": 120,
    "command_lines": 120,
    "whole_runs": 12,
}
MOST_FAULTS_SHOWN = 5


def test_there_are_enough_cases() -> None:
    assert sum(CASES.values()) >= 2000


@pytest.mark.slow
@pytest.mark.parametrize("family", CASES)
def test_no_case_goes_wrong(family: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp(family)
    importlib.import_module(f"tests.fuzz.{family}").prepare(folder)
    faults = try_cases(family, folder, range(CASES[family]))
    told = "\n".join(str(fault) for fault in faults[:MOST_FAULTS_SHOWN])
    assert not faults, f"{len(faults)} of {CASES[family]}\n{told}"
