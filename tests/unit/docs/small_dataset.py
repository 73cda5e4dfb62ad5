"""A dataset of two frames, one of them without a face, for the snippets of pages."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.docs.known import openface_columns
from transforms.dataset.error_table import error_table
from transforms.dataset.layout import errors_path, frames_path
from transforms.dataset.provenance import METADATA_KEY
from transforms.problems import Problem, Severity

VERSION = "1.2.3"
PROBLEM = Problem("broken", "in/broken.mp4", Severity.ERROR, "decoding", "it is broken", "Copy it.")


def write_small_dataset(folder: Path, video_id: str = "interview") -> None:
    """Write tables of frames and of errors."""
    columns = openface_columns()
    record = json.dumps({"version": VERSION, "settings": {"name": "default"}})
    fields = [pa.field(c.name, c.type, c.nullable) for c in columns]
    values = {c.name: [1, None] if c.nullable else [1, 0] for c in columns}
    table = pa.table(
        {f.name: pa.array(values[f.name]).cast(f.type) for f in fields},
        schema=pa.schema(fields, metadata={METADATA_KEY: record}),
    )
    path = Path(frames_path(str(folder), video_id))
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    pq.write_table(error_table([PROBLEM]), errors_path(str(folder)))
