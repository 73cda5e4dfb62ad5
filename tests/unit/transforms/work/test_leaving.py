"""Workers that end with their run."""

import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]

WORKER = """
import sys, time
from transforms.work import leaving
leaving._INTERVAL_SECONDS = 0.1
leaving.leave_with(sys.argv[1])
leaving.leave_with(None)
print("works", flush=True)
time.sleep(60)
print("has stayed")
"""


def test_a_worker_ends_with_its_run_and_not_before(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    mark.touch()
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(mark)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "works\n"
    time.sleep(1.0)
    assert worker.poll() is None
    mark.unlink()
    assert worker.communicate(timeout=30)[0] == ""
    assert worker.returncode == 0
