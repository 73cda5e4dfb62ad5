"""Packages that the command line does without."""

import subprocess
import sys

import pytest

from pipelines import spared_imports
from pipelines.spared_imports import spared_by_beam
from tests.fixtures.places import REPOSITORY


def perform(code: str) -> str:
    """Return what a new process says."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_only_in_the_block_and_only_what_is_not_imported_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spared_imports, "_of_beam", ("wave", "json"))
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    with spared_by_beam():
        import json  # noqa: F401

        with pytest.raises(ModuleNotFoundError, match="wave is spared"):
            import wave
    import wave  # noqa: F401


def test_a_program_that_imports_this_one_is_left_alone() -> None:
    code = (
        "import sys; from pipelines.spared_imports import spare_pandas_in_arrow as spare; spare(); "
        "import pyarrow as pa; pa.array([0]); print('pandas' in sys.modules)"
    )
    assert perform(code) == "True"


def test_arrow_makes_data_frames_all_the_same() -> None:
    code = (
        "import sys; from pipelines.spared_imports import *; spare_imports(); "
        "spare_pandas_in_arrow(); import pyarrow as pa; table = pa.table({'a': [1, 2]}); "
        "print('pandas' in sys.modules, table.to_pandas()['a'].sum())"
    )
    assert perform(code) == "False 3"
