"""Command lines: options left out, given twice, misspelt, and with values of every kind."""

import contextlib
import io
import random
from pathlib import Path

from pipelines.cli import main
from tests.fixtures.faces.clips import write_clip
from tests.fixtures.mutation import NASTY_VALUES

_COMMON = ("--help", "--quiet", "--models", "--config", "--version", "-f", "--force", "--runner")
_OPTIONS = {
    "run": (
        "--input", "--output", "--landmarks", "--image-folders", "--provider", "--calibration",
        "--faces", "--report", "--direct_num_workers", "--direct_running_mode", "--calibraton",
    ),
    "export": (
        "--dataset", "--output", "--format", "--videos", "--columns", "--dialect", "--size",
        "--scale", "--from", "--to", "--faces", "--video-ids", "--unmasked", "--grey",
    ),
    "report": ("--dataset", "--output", "--videos", "--video-ids"),
    "models": ("list", "check", "import", "--from", "default", "embedded", "openface22"),
    "validate": ("--video", "--openface", "--components", "--output"),
    "profile": ("--input", "--frames", "--output"),
    "demo": ("--output",),
    "none": (),
}  # fmt: skip
_VALUES = (
    "a.mp4", "folder", "list.csv", "*.mp4", "out", "embedded", "default", "openface22", "video",
    "person", "rest", "all", "widest", "cpu", "1", "2d", "openface-csv", "DirectRunner",
    "multi_threading", "own.toml", *NASTY_VALUES,
)  # fmt: skip


def prepare(folder: Path) -> None:
    """Write what command lines may name."""
    write_clip(folder / "a.mp4", 2)
    (folder / "folder").mkdir()
    (folder / "folder" / "b.txt").write_text("no video")
    (folder / "list.csv").write_text("video_id,uri\na,a.mp4\n")
    (folder / "own.toml").write_text("base = 'fast'\n")


def _words(command: str, work: Path, chance: random.Random) -> list[str]:
    options = _OPTIONS[command] + _COMMON
    words = [] if command == "none" else [command]
    if command == "run":  # nothing is analysed: other tests do
        words += ["--dry-run", *(["--input", "a.mp4"] * (chance.random() < 0.7))]
        words += ["--output", "out"] * (chance.random() < 0.7)
    for _ in range(chance.randrange(5)):
        words.append(chance.choice(options))
        values = chance.choice([0, 1, 1, 1, 2])
        words += [chance.choice(_VALUES).replace("\0", "") for _ in range(values)]
    return words


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Give the program a command line that does not make it work for long."""
    command = chance.choice(list(_OPTIONS))
    words = _words(command, work, chance)
    if command == "demo" and "--help" not in words:
        words.append("--no-such-option")
    out, err = io.StringIO(), io.StringIO()
    status: object = None
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = main(words)
        except SystemExit as end:  # argparse
            status = end.code
    assert status in (0, 1, 2, 3), (words, status)
    assert "Traceback" not in err.getvalue(), (words, err.getvalue())
    if status == 2:
        last = err.getvalue().strip().splitlines()[-1]
        assert last.startswith("error: ") or command == "none", (words, err.getvalue())
