"""A run from Python that is interrupted, as the kernel of a notebook is."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.faces.clips import dark_frames
from tests.fixtures.media.writing import write_video
from tests.fixtures.places import REPOSITORY

_PROGRAM = """
import os, signal, sys, threading, time
from openface_beam import run
from transforms.work import stopping

def interrupt():
    while not stopping._busy:
        time.sleep(0.01)
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)

options = {"models": "embedded", "quiet": True, "beam": ("--direct_num_workers=2",)}
hook = threading.excepthook
threading.Thread(target=interrupt, daemon=True).start()
try:
    run(sys.argv[1], sys.argv[3], **options)
except KeyboardInterrupt:
    print("interrupted", dict(stopping._busy))
begin = time.process_time()
time.sleep(0.5)
print(time.process_time() - begin < 0.25, threading.excepthook is hook)
print(run(sys.argv[2], sys.argv[3], **options).inputs_written)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_nothing_goes_on_behind_it(tmp_path: Path) -> None:
    long = write_video(tmp_path / "long.mp4", dark_frames(3000))
    short = write_video(tmp_path / "short.mp4", dark_frames(3))
    words = [sys.executable, "-c", _PROGRAM, str(long), str(short), str(tmp_path / "out")]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["interrupted {}", "True True", "1"]
