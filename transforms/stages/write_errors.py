"""The stage that writes the error table."""

from dataclasses import dataclass

import apache_beam as beam

from transforms.dataset.error_table import write_errors
from transforms.plan.finished import RecordedTables
from transforms.records import Problem


@dataclass
class WriteErrors(beam.PTransform):
    """Write the error table: ``Problem`` to its path. It is written without problems too.

    Parameters
    ----------
    output : str
        The output folder.
    buckets : int
        Number of files that inputs share; 0 where each has its own.
    """

    output: str
    buckets: int

    def expand(self, problems: beam.PCollection) -> beam.PCollection:
        """Return a collection of one path."""
        output, buckets = self.output, self.buckets

        def write(gathered: list[Problem]) -> str:
            return write_errors(output, gathered, RecordedTables(output, buckets).digest_of)

        return (
            problems
            | "Gather problems" >> beam.combiners.ToList()
            | "Write error table" >> beam.Map(write)
        )
