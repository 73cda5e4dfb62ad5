"""The table of an input as CSV, for those who do without Parquet."""

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.csv

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame


class PlainCsv(Exporter):
    """Writes the very columns of the dataset; a missing value is an empty cell.

    Numbers are written with as many digits as give the same number when they are read again.
    """

    format: ClassVar[str] = "csv"

    def __init__(self) -> None:
        self._writer: Any = None

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Remember where to write; the header follows with the first rows."""
        self._path = folder / f"{video.name}.csv"
        if not video.rows:
            self._path.write_text(",".join(video.columns) + "\n", encoding="utf-8")

    def add(self, rows: Rows, _frame: DecodedFrame | None) -> None:
        """Write rows."""
        table = rows.table.replace_schema_metadata(None)
        if self._writer is None:
            options = pa.csv.WriteOptions(quoting_style="needed", quoting_header="none")
            self._writer = pa.csv.CSVWriter(str(self._path), table.schema, write_options=options)
        self._writer.write_table(table)

    def abandon(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
