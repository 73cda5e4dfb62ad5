"""How a stage gets hold of the models: loaded once per process, whatever its threads and stages."""

from dataclasses import dataclass, field

from apache_beam.utils.shared import Shared

from models import ModelFiles
from transforms.engine import Engine, load_engine
from transforms.settings import RunSettings


@dataclass(frozen=True)
class EngineHandle:
    """What travels to workers in place of the models themselves.

    Parameters
    ----------
    files : ModelFiles
        Where the models are.
    settings : RunSettings
        Settings of the run.
    shared : Shared
        Keeps them in memory for all stages that hold the same handle.
    """

    files: ModelFiles
    settings: RunSettings
    shared: Shared = field(default_factory=Shared)

    def acquire(self) -> Engine:
        """Return the models, loading them if this process has not yet."""
        engine: Engine = self.shared.acquire(lambda: load_engine(self.files, self.settings))
        return engine
