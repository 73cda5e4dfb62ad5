"""The stage that writes each input's table as one Parquet file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
import pyarrow.parquet as pq
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from openface_core.errors import OutputError
from transforms.analyse_videos import METRICS_NAMESPACE, PROBLEMS
from transforms.records import Problem, VideoResult
from transforms.settings import OutputSettings
from transforms.storage import join, write_whole


def frames_path(output: str, video_id: str) -> str:
    """Return where the table of an input goes."""
    return join(output, "frames", f"video_id={video_id}", "frames.parquet")


class _WriteFrames(beam.DoFn):
    def __init__(self, output: str, settings: OutputSettings) -> None:
        self._output = output
        self._settings = settings
        self._written = Metrics.counter(METRICS_NAMESPACE, "inputs_written")
        self._failed = Metrics.counter(METRICS_NAMESPACE, "inputs_failed")

    def process(
        self, result: VideoResult
    ) -> Iterator[str | TaggedOutput[Literal["problems"], Problem]]:
        """Yield the path written, or a row of the error table to the side."""
        path = frames_path(self._output, result.task.video_id)
        try:
            write_whole(
                path,
                lambda file: pq.write_table(
                    result.table,
                    file,
                    row_group_size=self._settings.row_group_rows,
                    compression="zstd",
                    compression_level=self._settings.zstd_level,
                ),
            )
        except OutputError as error:
            self._failed.inc()
            yield TaggedOutput(PROBLEMS, Problem.from_error(result.task, error))
            return
        self._written.inc()
        yield path


@dataclass
class WriteFrames(beam.PTransform):
    """Write tables: ``VideoResult`` to the path written, and ``Problem`` to the side.

    Parameters
    ----------
    output : str
        The output folder.
    settings : OutputSettings
        How tables are written.
    """

    output: str
    settings: OutputSettings

    def expand(self, results: beam.PCollection) -> Any:
        """Return the collections ``paths`` (main) and ``problems``."""
        function = _WriteFrames(self.output, self.settings)
        return results | "Write tables" >> beam.ParDo(function).with_outputs(PROBLEMS, main="paths")
