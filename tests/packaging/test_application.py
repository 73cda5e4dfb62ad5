"""The application folder on a machine without Python: a Debian made by debootstrap.

The folder takes minutes to build, so these tests take one that is there: the environment variable
OPENFACE_BEAM_APPLICATION names it. `.ci/application` builds one and runs them.
"""

import os
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from platformdirs import user_cache_path

from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.debian import Machine, debian, missing_for_debian
from tests.fixtures.places import REPOSITORY

APPLICATION = Path(os.environ.get("OPENFACE_BEAM_APPLICATION", "/nowhere"))
MISSING = missing_for_debian() if APPLICATION.is_dir() else None
INTENSITY_TOLERANCE = 1e-6
"""The numba and NumPy of the application are not those of this environment."""

PROGRAM = "/opt/openface-beam/openface-beam"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not APPLICATION.is_dir(), reason="no application folder: `.ci/application` builds one"
    ),
    pytest.mark.skipif(MISSING is not None, reason=str(MISSING)),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A Debian without Python, whose user has a home folder."""
    cache = Path(os.environ.get("OPENFACE_BEAM_TEST_CACHE", user_cache_path("openface-beam-tests")))
    data = tmp_path_factory.mktemp("data")
    os.chown(data, 12345, 12345)
    return Machine(debian(cache), APPLICATION, data, {"HOME": "/data", "LANG": "C.UTF-8"})


@pytest.fixture(scope="module")
def clips(machine: Machine) -> Path:
    """The demo corpus, made and measured by the application."""
    done = machine.run(PROGRAM, "demo", "--output", "demo", "--run")
    assert done.returncode == 0, done.stderr
    return machine.data / "demo" / "clips"


def test_the_folder_is_not_larger_than_stated() -> None:
    size = runpy.run_path(str(REPOSITORY / "packaging" / "pyinstaller" / "folder_size.py"))
    assert size["size_mb"](APPLICATION) <= size["MAX_MB"]


def test_there_is_no_python(machine: Machine) -> None:
    done = machine.run("sh", "-c", "ls /usr/bin/ /usr/local/bin | grep -i python")
    assert (done.returncode, done.stdout) == (1, "")


def test_the_demo_is_measured(machine: Machine, clips: Path) -> None:
    rows = pq.read_table(clips.parent / "results" / "frames", columns=["frame"])
    assert rows.num_rows == 1049 + 100  # in 100 of 1049 frames there are two people
    assert list((machine.data / ".cache" / "openface-beam" / "kernels").rglob("*.nbc"))


def test_a_run_gives_what_python_gives(machine: Machine, clips: Path, tmp_path: Path) -> None:
    clip, table = "one_sided.mp4", "frames/video_id=one_sided/frames.parquet"
    words = ("--input", f"demo/clips/{clip}", "--output", "results", "--config", "embedded")
    done = machine.run(PROGRAM, "run", "--quiet", *words, "--report")
    assert done.returncode == 0, done.stderr
    run(RunArguments((str(clips / clip),), str(tmp_path / "here"), config="embedded", quiet=True))
    there = pq.read_table(machine.data / "results" / table)
    here = pq.read_table(tmp_path / "here" / table)
    intensities = [name for name in here.column_names if name.endswith("_r")]
    assert there.drop_columns(intensities).equals(here.drop_columns(intensities))
    for name in intensities:
        np.testing.assert_allclose(there[name], here[name], rtol=0, atol=INTENSITY_TOLERANCE)
    assert (machine.data / "results" / "report" / "index.html").is_file()


def test_exports_are_written(machine: Machine, clips: Path) -> None:
    words = (
        "--dataset",
        "demo/results",
        "--output",
        "exports",
        "--format",
        "openface-csv",
        "overlay",
    )
    done = machine.run(PROGRAM, "export", *words)
    assert done.returncode == 0, done.stderr
    assert (machine.data / "exports" / "openface-csv" / "one_sided.csv").stat().st_size > 0
    assert len(list((machine.data / "exports" / "overlay").rglob("*.mp4"))) == 8


def test_workers_may_be_processes(machine: Machine, clips: Path) -> None:
    words = ("--input", "demo/clips/nobody.mp4", "--output", "processes", "--config", "embedded")
    modes = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    done = machine.run(PROGRAM, "run", "--quiet", *words, *modes)
    assert done.returncode == 0, done.stderr
    assert pq.read_table(machine.data / "processes" / "frames").num_rows == 50


def test_any_user_without_a_home_on_a_read_only_system(machine: Machine, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    container = replace(
        machine, data=tmp_path, environment={"LANG": "C.UTF-8"}, user=54321, writable_root=False
    )
    for folder in ("/", "/var/tmp", "/opt/openface-beam", "/root"):
        assert container.run("touch", f"{folder}/probe").returncode != 0
    done = container.run(PROGRAM, "demo", "--output", "demo")
    assert done.returncode == 0, done.stderr
    words = ("--input", "demo/clips/nobody.mp4", "--output", "results", "--config", "embedded")
    done = container.run(PROGRAM, "run", "--quiet", *words)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "results"]
