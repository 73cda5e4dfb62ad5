"""A stage as a step of a graph, on whatever workers Beam has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from transforms.stages.engine_stage import EngineStage, SideOutput
from transforms.work.stopping import working

_END = object()


class _Worker(beam.DoFn):
    """Loads the models once, and passes every element on with them."""

    def __init__(self, stage: EngineStage) -> None:
        self._stage = stage

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._stage.handle.acquire()

    def process(self, element: Any) -> Iterator[Any]:
        """Yield what comes of an element."""
        run, outputs = self._stage.handle.key, self._stage.work(element, self._engine)
        while True:
            with working(run):  # not what comes after, which is another stage's work
                output = next(outputs, _END)
            if output is _END:
                return
            if isinstance(output, SideOutput):
                yield TaggedOutput(output.tag, output.value)
            else:
                yield output


@dataclass
class OnWorkers(beam.PTransform):
    """Let workers do what a stage does.

    Parameters
    ----------
    stage : EngineStage
        The stage.
    """

    stage: EngineStage

    def expand(self, elements: beam.PCollection) -> Any:
        """Return the output, or the outputs by their tags."""
        stage = self.stage
        step = beam.ParDo(_Worker(stage))
        if stage.main_output is not None:
            step = step.with_outputs(*stage.side_outputs, main=stage.main_output)
        return elements | stage.step_label >> step
