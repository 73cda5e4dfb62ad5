"""The decorator that compiles the hot loops."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import numba.core.caching
import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.kernel import kernel, may_keep_kernels
from tests.fixtures.places import REPOSITORY


@kernel
def _sum_in_order(values: NDArray[np.float32]) -> float:
    total = np.float32(0.0)
    for i in range(values.shape[0]):
        total += values[i]
    return float(total)


@kernel
def _reciprocal(value: float) -> float:
    return 1.0 / value


def test_sums_keep_their_order() -> None:
    values = np.random.default_rng(0).normal(0.0, 1e4, 10_001).astype(np.float32)
    expected = np.float32(0.0)
    for value in values:
        expected = np.float32(expected + value)
    assert _sum_in_order(values) == float(expected)


def test_division_by_zero_follows_ieee_754() -> None:
    assert _reciprocal(0.0) == np.inf
    assert _reciprocal(-0.0) == -np.inf


def test_nan_is_kept() -> None:
    assert np.isnan(_sum_in_order(np.array([1.0, np.nan, 2.0], dtype=np.float32)))


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_get_the_same_bits(threads: int) -> None:
    values = np.random.default_rng(1).normal(size=100_000).astype(np.float32)
    expected = _sum_in_order(values)
    found: list[float] = []
    workers = [
        threading.Thread(target=lambda: found.append(_sum_in_order(values))) for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * threads


def test_a_user_without_a_home_gets_no_folder_in_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unknown(_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(unknown))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert not may_keep_kernels()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert may_keep_kernels()


def test_kernels_work_where_no_folder_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])

    def double(value: float) -> float:
        return 2.0 * value

    assert kernel(double)(3.0) == 6.0


def test_kernels_work_where_the_disk_of_their_cache_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(numba.core.caching.IndexDataCacheFile, "save", refuse)

    def triple(value: float) -> float:
        return 3.0 * value

    assert kernel(triple)(3.0) == 9.0


def test_a_compiled_kernel_is_loaded_without_the_compiler(tmp_path: Path) -> None:
    (tmp_path / "doubling.py").write_text(
        "from openface_core.kernel import kernel\n\n\n"
        "@kernel\ndef double(value):\n    return 2 * value\n"
    )
    code = (
        "import sys; from doubling import double; print(double(21), "
        "sum(double.stats.cache_hits.values()), 'numba.typed.typeddict' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{REPOSITORY}"}
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert said == [["42", "0", "True"], ["42", "1", "False"]]


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_has_changed(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner_kernel.py", tmp_path / "outer_kernel.py"
    made = "from openface_core.kernel import kernel\n{0}\n@kernel\ndef {1}(x):\n    return {2}\n"
    outer.write_text(made.format("from inner_kernel import one", "two", "one(x) + 0.25"))
    asked = "import outer_kernel as o; print(o.two(1.0), sum(o.two.stats.cache_hits.values()))"
    places = os.pathsep.join([str(REPOSITORY), str(tmp_path)])
    variables = os.environ | {"PYTHONPATH": places, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}

    def answer() -> list[str]:
        command = [sys.executable, "-c", asked]
        result = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        return result.stdout.split()

    inner.write_text(made.format("", "one", "x * 2.0"))
    assert answer() == ["2.25", "0"]
    assert answer() == ["2.25", "1"]
    inner.write_text(made.format("", "one", "x * 31.0"))
    assert answer() == ["31.25", "0"]
