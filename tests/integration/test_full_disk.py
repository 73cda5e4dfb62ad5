"""Storage that fails costs no table that was there before; if it is full, the run ends at once."""

import errno
import io
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pyarrow.parquet as pq
import pytest

from openface_core.errors import StorageFullError
from pipelines.comparison.invariance import hashes
from pipelines.run import main
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from tests.fixtures.trials import Trials
from transforms.dataset import storage

Write = Callable[..., int]


@pytest.fixture
def corpus(tmp_path: Path) -> LandmarkCorpus:
    """Three inputs with tables."""
    corpus = LandmarkCorpus(tmp_path)
    assert corpus.run().inputs_written == 3
    return corpus


def tables(corpus: LandmarkCorpus) -> dict[str, bytes]:
    return {name: corpus.table(name).read_bytes() for name in "abc"}


def refuse(
    monkeypatch: pytest.MonkeyPatch, error_number: int, is_refused: Callable[[Path, int], bool]
) -> list[Path]:
    """Let storage refuse some files, by path and number of the write, and return all attempts."""
    attempts: list[Path] = []
    really_write: Write = storage._write_local

    def write(path: Path, *arguments: object) -> int:
        attempts.append(path)
        if is_refused(path, len(attempts)):
            raise OSError(error_number, os.strerror(error_number))
        return really_write(path, *arguments)

    monkeypatch.setattr(storage, "_write_local", write)
    return attempts


@pytest.mark.parametrize("writes", [0, 1, 4, 7, 9])
def test_a_disk_that_is_full_after_some_writes(
    writes: int, corpus: LandmarkCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(corpus)
    attempts = refuse(monkeypatch, errno.ENOSPC, lambda path, number: number > writes)
    with pytest.raises(StorageFullError) as caught:
        corpus.run(force=True)
    assert "no space left" in caught.value.cause
    assert len(attempts) == writes + 1
    assert tables(corpus) == before
    monkeypatch.undo()
    assert corpus.run().inputs_finished == 3


class SmallDisk:
    """A disk with so many bytes left; what does not fit is cut off."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, free_bytes: int) -> None:
        self.written_bytes = 0
        self._free_bytes = free_bytes
        really_write: Write = storage._write_local

        def write_local(
            path: Path, write: Callable[[IO[bytes]], object], *arguments: object
        ) -> int:
            return really_write(path, lambda file: self._pass_on(file, write), *arguments)

        monkeypatch.setattr(storage, "_write_local", write_local)

    def _pass_on(self, file: IO[bytes], write: Callable[[IO[bytes]], object]) -> None:
        content = io.BytesIO()
        write(content)
        data = content.getvalue()
        fitting = data[: max(0, self._free_bytes - self.written_bytes)]
        file.write(fitting)
        self.written_bytes += len(data)
        if len(fitting) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def run_on_a_small_disk(corpus: LandmarkCorpus, free_bytes: int, *options: str) -> tuple[int, int]:
    """Return the exit status of the command, and how many bytes it wanted to write."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        disk = SmallDisk(monkeypatch, free_bytes)
        return main(corpus.words(corpus.output, *options)), disk.written_bytes


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--force",)], ids=["new inputs", "forced"])
def test_a_disk_that_is_full_at_a_random_moment(
    options: tuple[str, ...],
    corpus: LandmarkCorpus,
    capsys: pytest.CaptureFixture[str],
    trials: Trials,
) -> None:
    finished = corpus.folder / "finished"
    shutil.copytree(corpus.output, finished)
    before = tables(corpus)
    for name in "de":
        corpus.write(name, 7)
    status, whole_bytes = run_on_a_small_disk(corpus, 2**40, *options)
    assert status == 0
    expected = hashes(corpus.output)
    chance = random.Random(" ".join(options))
    capsys.readouterr()
    for _ in range(trials(few=6, many=30)):
        shutil.rmtree(corpus.output)
        shutil.copytree(finished, corpus.output)
        status, _ = run_on_a_small_disk(corpus, chance.randrange(whole_bytes), *options)
        captured = capsys.readouterr()
        assert status == 2
        (line,) = captured.err.splitlines()
        assert line.startswith(f"error: {corpus.output}/")
        assert ": there is no space left (No space left on device). Free some space" in line
        assert captured.out == ""
        assert tables(corpus) == before
        assert {name for name in hashes(corpus.output) if name in expected} >= set(hashes(finished))
        # What is new is whole, and the rest follows once there is space.
        new = {name: hash_ for name, hash_ in hashes(corpus.output).items() if "=" in name}
        assert new.items() <= expected.items()
        assert run_on_a_small_disk(corpus, 2**40, *options)[0] == 0
        assert hashes(corpus.output) == expected
        capsys.readouterr()


def test_a_full_disk_is_told_in_one_line(
    corpus: LandmarkCorpus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus.write("d", 7)
    refuse(monkeypatch, errno.EDQUOT, lambda path, number: path.suffix == ".scores")
    argv = ["--input", corpus.videos, "--landmarks", corpus.points, "--models", corpus.models]
    argv += ["--output", corpus.output, "--quiet", "--direct_num_workers=2"]
    assert main([str(word) for word in argv]) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert re.match(rf"error: {corpus.output}/\.work/[0-9a-f]+/d/", line)
    assert "there is no space left (Disk quota exceeded). Free some space and run again" in line
    assert captured.out == ""


_FULL_FOR_CSV = """
import errno, os
from openface_core.exports.plain_csv import PlainCsv

def refuse(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

PlainCsv.add = refuse
"""


def test_a_disk_that_is_full_for_an_export_is_told_in_one_line(corpus: LandmarkCorpus) -> None:
    output, site = corpus.folder / "exports", corpus.folder / "site"
    site.mkdir()
    # Python runs it at each start, so that it is in worker processes too.
    (site / "sitecustomize.py").write_text(_FULL_FOR_CSV)
    command = [
        sys.executable, "-m", "pipelines.export", "--dataset", str(corpus.output),
        "--output", str(output), "--format", "csv", "--quiet", "--direct_num_workers=2",
    ]  # fmt: skip
    path = os.pathsep.join((str(site), str(REPOSITORY)))
    found = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    (line,) = found.stderr.splitlines()
    assert line.startswith(f"error: {output}: there is no space left (No space left on device).")
    assert found.stdout == ""


@pytest.mark.parametrize("refused", [".features", ".scores", ".parquet"])
def test_storage_that_fails_otherwise(
    refused: str, corpus: LandmarkCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(corpus)
    refuse(
        monkeypatch,
        errno.EIO,
        lambda path, number: path.suffix == refused and path.parent.name.endswith("b"),
    )
    summary = corpus.run(force=True)
    assert (summary.inputs_written, summary.inputs_failed) == (2, 1)
    assert tables(corpus) == before
    (row,) = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    assert (row["video_id"], row["severity"]) == ("b", "error")
    assert row["kept_table"] is not None
    rows = pq.read_table(corpus.output / "summary.parquet").to_pylist()
    assert [row["video_id"] for row in rows] == ["a", "b", "c"]


def test_a_missing_work_file(corpus: LandmarkCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(corpus)
    really_write: Write = storage._write_local

    def write(path: Path, *arguments: object) -> int:
        size = really_write(path, *arguments)
        if path.suffix == ".scores" and path.parent.name == "b":
            path.unlink()
        return size

    monkeypatch.setattr(storage, "_write_local", write)
    assert corpus.run(force=True).inputs_failed == 1
    assert tables(corpus) == before


def test_an_input_that_is_damaged_now_keeps_its_table(corpus: LandmarkCorpus) -> None:
    before = tables(corpus)
    whole = (corpus.videos / "b.mp4").read_bytes()
    (corpus.videos / "b.mp4").write_bytes(b"no longer a video")
    for _ in range(2):
        assert corpus.run().inputs_failed == 1
        assert tables(corpus) == before
    # Another run knows nothing of it, and leaves its row.
    assert corpus.run(inputs=(f"{corpus.videos}/a.mp4",)).inputs_finished == 1
    (row,) = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    assert (row["video_id"], row["stage"]) == ("b", "decoding")
    (corpus.videos / "b.mp4").write_bytes(whole)
    assert corpus.run().inputs_finished == 3
    assert pq.read_metadata(corpus.output / "errors.parquet").num_rows == 0
