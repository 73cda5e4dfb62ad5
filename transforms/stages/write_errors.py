"""The stage that writes the error table."""

from dataclasses import dataclass

import apache_beam as beam

from transforms.dataset.error_table import write_errors


@dataclass
class WriteErrors(beam.PTransform):
    """Write the error table: ``Problem`` to its path. It is written without problems too.

    Parameters
    ----------
    output : str
        The output folder.
    """

    output: str

    def expand(self, problems: beam.PCollection) -> beam.PCollection:
        """Return a collection of one path."""
        output = self.output
        return (
            problems
            | "Gather problems" >> beam.combiners.ToList()
            | "Write error table" >> beam.Map(lambda gathered: write_errors(output, gathered))
        )
