"""How compiled kernels are kept on disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.places import REPOSITORY

_MODULE = """
from openface_core.kernel import kernel


@kernel
def total(x):
    found = 0.0
    for i in range(x.shape[0]):
        found += x[i]
    return found
"""

_ASKED = """
import sys
import numpy as np
from summing import total
print(total(np.arange(6, dtype=sys.argv[1])), sum(total.stats.cache_hits.values()))
"""


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a folder of kernels for two types."""
    (tmp_path / "summing.py").write_text(_MODULE)
    for kind in ("f4", "i4"):
        assert _answer(tmp_path, kind) == ["15.0", "0"]
    (folder,) = (tmp_path / "kept").iterdir()
    return folder


def _answer(place: Path, kind: str) -> list[str]:
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(place)]),
        "NUMBA_CACHE_DIR": str(place / "kept"),
    }
    command = [sys.executable, "-c", _ASKED, kind]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_kernel_under_the_name_of_another_is_compiled_anew(kept: Path, tmp_path: Path) -> None:
    first, second = sorted(kept.glob("*.nbc"))
    first.write_bytes(second.read_bytes())  # as two processes leave it that save at one time
    assert _answer(tmp_path, "f4") == ["15.0", "0"]
    assert _answer(tmp_path, "f4") == ["15.0", "1"]
    assert _answer(tmp_path, "i4") == ["15.0", "1"]


@pytest.mark.parametrize("pattern", ["*.1.nbc", "*.nbi"])
def test_what_is_cut_short_is_compiled_anew(kept: Path, tmp_path: Path, pattern: str) -> None:
    (file,) = kept.glob(pattern)
    file.write_bytes(file.read_bytes()[:-100])
    assert _answer(tmp_path, "f4") == ["15.0", "0"]
    assert _answer(tmp_path, "f4") == ["15.0", "1"]
