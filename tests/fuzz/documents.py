"""What a dataset says of itself: documents, records in tables, marks of runs, work files."""

import random
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from tests.fixtures.mutation import mutated, mutated_text
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from tests.fuzz.plain import plain_errors
from transforms.dataset.documents import is_own_dataset, recorded_buckets
from transforms.dataset.error_table import read_problems
from transforms.dataset.recorded_tables import check_dataset, recorded_tables
from transforms.dataset.run_lock import LOCK_NAME, Holder, held
from transforms.dataset.summary import rows_of
from transforms.dataset.table_records import all_records
from transforms.plan.known_inputs import known_inputs


def prepare(folder: Path) -> None:
    """Make a dataset of own tables, and one of shared ones."""
    corpus = LandmarkCorpus(folder)
    (corpus.videos / "z.mp4").write_bytes(b"no video")
    corpus.run(output=str(folder / "own"))
    config = folder / "buckets.toml"
    config.write_text("[output]\nbuckets = 2\n")
    corpus.run(output=str(folder / "shared"), config=str(config))
    for name in ("own", "shared"):
        (folder / name / LOCK_NAME).write_bytes(Holder.here().content())


def _damage(path: Path, chance: random.Random) -> None:
    if path.suffix == ".parquet" and chance.random() < 0.6:
        table = pq.read_table(path, partitioning=None)
        metadata = dict(table.schema.metadata or {})
        key = chance.choice(sorted(metadata) or [b"none"])
        text = metadata.get(key, b"").decode().replace(", ", ",\n")
        metadata[key] = mutated_text(text, chance).encode()
        pq.write_table(table.replace_schema_metadata(metadata), path)
    elif path.suffix != ".parquet" and chance.random() < 0.6:
        path.write_text(mutated_text(path.read_text(), chance))
    else:
        path.write_bytes(mutated(path.read_bytes(), chance))


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Damage a file, and read the dataset as runs and exports do."""
    output = work / "out"
    shutil.copytree(folder / chance.choice(["own", "shared"]), output)
    files = sorted(path for path in output.rglob("*") if path.is_file())
    for path in chance.sample(files, chance.choice([1, 1, 2])):
        _damage(path, chance)
    place = str(output)
    for read in (is_own_dataset, recorded_buckets, read_problems, check_dataset, known_inputs):
        with plain_errors():
            read(place)
    with plain_errors():
        for record in all_records(place):
            rows_of(record)
    with plain_errors(), held(place):
        pass
    with plain_errors():
        tables = list(recorded_tables(place))
    for table in tables:
        with plain_errors():
            table.record()
        with plain_errors(), table.open() as opened:
            assert sum(batch.num_rows for batch in opened.batches()) == opened.rows
