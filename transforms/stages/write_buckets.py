"""The stage that puts the tables of many inputs into few files."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam

from openface_core.analysis.settings import OutputSettings
from transforms.dataset.bucket_files import update_bucket
from transforms.dataset.layout import bucket_of, bucket_path
from transforms.records import Problem


def write_bucket(
    bucket: int, found: Iterable[tuple[str, str] | Problem], output: str, settings: OutputSettings
) -> str:
    """Bring a file that inputs share up to date and return its path.

    An input that cannot be analysed has no rows: those of an earlier run are removed. An input that
    is only out of reach keeps what it has, and so does one that this run does not know.

    Parameters
    ----------
    bucket : int
        Number of the file.
    found : iterable of (str, str) or Problem
        What the run has found of its inputs: video id and table in the work folder, or rows of the
        error table.
    output : str
        The output folder.
    settings : OutputSettings
        How files are written.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    tables: dict[str, str] = {}
    removed: set[str] = set()
    for item in found:
        if isinstance(item, Problem):
            if item.voids_earlier_results:
                removed.add(item.video_id)
        else:
            tables[item[0]] = item[1]
    path = bucket_path(output, bucket)
    update_bucket(path, tables, removed, settings)
    return path


@dataclass
class WriteBuckets(beam.PTransform):
    """Write shared files: a tuple of tables ``(video_id, path)`` and of ``Problem`` to paths.

    Parameters
    ----------
    output : str
        The output folder.
    settings : OutputSettings
        How files are written, and how many there are.
    """

    output: str
    settings: OutputSettings

    def expand(self, found: Any) -> beam.PCollection:  # Beam warns of tuples of collections
        """Return a collection of paths."""
        output, settings = self.output, self.settings
        tables, problems = found

        def bucket(video_id: str) -> int:
            return bucket_of(video_id, settings.buckets)

        changes = (
            tables | "Bucket of a table" >> beam.Map(lambda table: (bucket(table[0]), table)),
            problems | "Bucket of a problem" >> beam.Map(lambda row: (bucket(row.video_id), row)),
        )
        return (
            changes
            | "All changes" >> beam.Flatten()
            | "Changes of a bucket" >> beam.GroupByKey()
            | "Write bucket"
            >> beam.MapTuple(lambda number, found: write_bucket(number, found, output, settings))
        )
