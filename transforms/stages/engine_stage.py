"""What stages have in common that need the models."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import apache_beam as beam

from openface_core.analysis.engine import Engine
from transforms.stages.engine_handle import EngineHandle

Work = Callable[[Any, Engine], Iterator[Any]]


class _WithEngine(beam.DoFn):
    """Loads the models once, and passes every element on with them."""

    def __init__(self, handle: EngineHandle, work: Work) -> None:
        self._handle = handle
        self._work = work

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(self, element: Any) -> Iterator[Any]:
        """Yield what comes of an element."""
        yield from self._work(element, self._engine)


@dataclass
class EngineStage(beam.PTransform):
    """A stage whose elements are worked on with the models.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    """

    handle: EngineHandle

    step_label: ClassVar[str]
    """Label of the step in the graph."""
    main_output: ClassVar[str | None] = None
    """Tag of the untagged elements, for a stage with several outputs."""
    side_outputs: ClassVar[tuple[str, ...]] = ()
    """Tags of the other outputs."""

    @abstractmethod
    def work(self, element: Any, engine: Engine) -> Iterator[Any]:
        """Yield what comes of one element; runs in the workers."""

    def expand(self, elements: beam.PCollection) -> Any:
        """Return the output, or the outputs by their tags."""
        step = beam.ParDo(_WithEngine(self.handle, self.work))
        if self.main_output is not None:
            step = step.with_outputs(*self.side_outputs, main=self.main_output)
        return elements | self.step_label >> step
