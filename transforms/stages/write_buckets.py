"""The stage that puts the tables of many inputs into few files."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam

from openface_core.analysis.settings import OutputSettings
from transforms.dataset.bucket_files import update_bucket
from transforms.dataset.layout import bucket_of, bucket_path
from transforms.work.folder import RunFolders, check_run
from transforms.work.stopping import working


def write_bucket(
    bucket: int, tables: Iterable[tuple[str, str]], folders: RunFolders, settings: OutputSettings
) -> str:
    """Bring a file that inputs share up to date and return its path.

    An input that cannot be analysed keeps the rows of an earlier run, and so does one that this run
    does not know.

    Parameters
    ----------
    bucket : int
        Number of the file.
    tables : iterable of (str, str)
        Video ids and tables in the work folder.
    folders : RunFolders
        Where the run writes.
    settings : OutputSettings
        How files are written.

    Raises
    ------
    OutputError
        If the run is over, or storage refuses.
    """
    check_run(folders)
    path = bucket_path(folders.output, bucket)
    update_bucket(path, dict(tables), settings, folders.work)
    return path


@dataclass
class WriteBuckets(beam.PTransform):
    """Write shared files: tables ``(video_id, path)`` to paths.

    Parameters
    ----------
    folders : RunFolders
        Where the run writes.
    settings : OutputSettings
        How files are written, and how many there are.
    run : str
        Tells the run from all others.
    """

    folders: RunFolders
    settings: OutputSettings
    run: str = ""

    def expand(self, tables: beam.PCollection) -> beam.PCollection:
        """Return a collection of paths."""
        folders, settings, run = self.folders, self.settings, self.run

        def bucket(video_id: str) -> int:
            return bucket_of(video_id, settings.buckets)

        def write(number: int, found: Iterable[tuple[str, str]]) -> str:
            with working(run):
                return write_bucket(number, found, folders, settings)

        return (
            tables
            | "Bucket of a table" >> beam.Map(lambda table: (bucket(table[0]), table))
            | "Tables of a bucket" >> beam.GroupByKey()
            | "Write bucket" >> beam.MapTuple(write)
        )
