"""What stages have in common that need the models."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from openface_core.analysis.engine import Engine
from transforms.stages.engine_handle import EngineHandle
from transforms.work.stopping import check_not_stopped


@dataclass(frozen=True)
class SideOutput:
    """An element of another output than the main one.

    Parameters
    ----------
    tag : str
        Which output it is for.
    value : object
        The element.
    """

    tag: str
    value: Any


@dataclass
class EngineStage(ABC):
    """A stage whose elements are worked on with the models.

    It knows nothing of Beam, which takes longer to import than a short clip takes to analyse;
    :class:`~transforms.stages.on_workers.OnWorkers` makes a step of a graph of it.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    """

    handle: EngineHandle

    step_label: ClassVar[str]
    """Label of the step in the graph."""
    main_output: ClassVar[str | None] = None
    """Tag of the elements that are no :class:`SideOutput`, for a stage with several outputs."""
    side_outputs: ClassVar[tuple[str, ...]] = ()
    """Tags of the other outputs."""

    def check_run(self) -> None:
        """Refuse to go on for a run that was told to stop.

        Raises
        ------
        RunOverError
            If it was.
        """
        check_not_stopped(self.handle.key)

    @abstractmethod
    def work(self, element: Any, engine: Engine) -> Iterator[Any]:
        """Yield what comes of one element; runs in the workers."""
