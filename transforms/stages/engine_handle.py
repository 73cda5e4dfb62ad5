"""How a stage gets hold of the models: loaded once per process, whatever its threads and stages."""

import platform
import threading
import uuid
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from models import PACKAGE_FOLDER
from openface_core import __version__
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.model_set import ModelFiles
from openface_core.analysis.settings import RunSettings
from openface_core.errors import ModelFileError, PipelineError
from transforms.dataset.provenance import SOFTWARE
from transforms.work.ending_failures import keep_ending_failures_off_screen
from transforms.work.leaving import leave_with
from transforms.work.worker_presence import join_run

_guard = threading.Lock()
_loaded: WeakValueDictionary[str, Engine] = WeakValueDictionary()
# Between two elements nobody may hold the models; only those of another handle displace them.
_latest: Engine | None = None


@dataclass(frozen=True)
class EngineHandle:
    """What travels to workers in place of the models themselves.

    Parameters
    ----------
    files : ModelFiles
        Where the models are.
    settings : RunSettings
        Settings of the run.
    key : str
        Tells the handle from all others, wherever it has travelled: stages that hold it use the
        same models.
    run_folder : str or None
        Where workers on the driver's machine register.
    run_mark : str or None
        File that workers of a cluster look for, to end when their run has.
    version : str
        Version of this software where the run is started, which tables are recorded with.
    """

    files: ModelFiles
    settings: RunSettings
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    run_folder: str | None = None
    run_mark: str | None = None
    version: str = __version__

    def acquire(self) -> Engine:
        """Return the models, loading them if this process has not yet.

        Raises
        ------
        ModelFileError
            If a file is missing here, damaged, or the models do not fit together.
        PipelineError
            If this worker has another version of this software.
        """
        if self.version != __version__:
            raise PipelineError(
                f"the worker {platform.node()}",
                f"it has {SOFTWARE} {__version__}, the run was started with {self.version}",
                "Install one version on every worker and where the run is started.",
            )
        join_run(self.run_folder)
        leave_with(self.run_mark)
        keep_ending_failures_off_screen()
        global _latest
        with _guard:  # other threads wait for the one that loads
            engine = _loaded.get(self.key)
            if engine is None:
                engine = _loaded[self.key] = self._load()
            _latest = engine
        return engine

    def _load(self) -> Engine:
        files = self.files.on_this_machine(PACKAGE_FOLDER)
        for path in files.named_files():
            if not path.is_file():
                raise ModelFileError(
                    path,
                    f"there is no such file on the worker {platform.node()}",
                    "Models must lie at the same path on every worker as where the run is started.",
                )
        return load_engine(files, self.settings)
