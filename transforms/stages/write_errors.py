"""The stage that writes the error table."""

from dataclasses import dataclass

import apache_beam as beam

from transforms.dataset.error_table import write_errors
from transforms.plan.finished import RecordedTables
from transforms.problems import Problem
from transforms.work.folder import RunFolders, check_run
from transforms.work.stopping import working


@dataclass
class WriteErrors(beam.PTransform):
    """Write the error table: ``Problem`` to its path. It is written without problems too.

    Parameters
    ----------
    folders : RunFolders
        Where the run writes.
    buckets : int
        Number of files that inputs share; 0 where each has its own.
    run : str
        Tells the run from all others.
    """

    folders: RunFolders
    buckets: int
    run: str = ""

    def expand(self, problems: beam.PCollection) -> beam.PCollection:
        """Return a collection of one path."""
        folders, buckets, run = self.folders, self.buckets, self.run

        def write(gathered: list[Problem]) -> str:
            check_run(folders)
            output = folders.output
            with working(run):
                return write_errors(output, gathered, RecordedTables(output, buckets).digest_of)

        return (
            problems
            | "Gather problems" >> beam.combiners.ToList()
            | "Write error table" >> beam.Map(write)
        )
