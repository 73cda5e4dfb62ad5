"""Folders of damaged videos and pictures, through the whole of the main job."""

import contextlib
import io
import random
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.run import main
from tests.fixtures.mutation import mutated
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_models
from tests.fuzz import media

_FILES = 10
_NOT_PLAIN = ("unexpected", "Traceback", " object at 0x")


def prepare(folder: Path) -> None:
    """Write a file of every kind, and tiny networks."""
    (folder / "media").mkdir()
    media.prepare(folder / "media")
    models = write_models(folder / "models", with_networks=True)
    config = write_config(folder / "settings.toml", models)
    # Clips of a second are cut too.
    limits = "[decoding]\nmax_pixels = 2000000\nframe_timeout_seconds = 10\n"
    config.write_text(f"{config.read_text()}[shards]\nseconds = 0.3\n{limits}")


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Damage some files and analyse them, together with one that is whole."""
    sources = sorted(path for path in (folder / "media").rglob("*") if path.is_file())
    inputs = work / "in"
    inputs.mkdir()
    for number, path in enumerate(chance.sample(sources, _FILES)):
        content = path.read_bytes() if number == 0 else mutated(path.read_bytes(), chance)
        (inputs / f"{number}{path.suffix}").write_bytes(content)
    argv = ["--input", f"{inputs}/*", "--output", f"{work}/out", "--quiet"]
    argv += ["--models", f"{folder}/models", "--config", f"{folder}/settings.toml"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*argv, "--direct_running_mode=in_memory"])
    said = err.getvalue()
    assert status in (0, 1, 3), (status, said)
    assert not any(words in said for words in _NOT_PLAIN), said
    rows = pq.read_table(work / "out" / "errors.parquet").to_pylist()
    for row in rows:
        text = f"{row['reason']}. {row['remedy']}"
        assert row["reason"], row
        assert row["remedy"].endswith("."), row
        assert not any(words in text for words in _NOT_PLAIN), row
        assert "\n" not in text, row
    failed = {row["uri"] for row in rows if row["severity"] == "error"}
    tables = list((work / "out").glob("frames/*/frames.parquet"))
    assert len(failed) + len(tables) == _FILES, (failed, tables)
    for table in tables:
        assert pq.ParquetFile(table).read().num_rows > 0
