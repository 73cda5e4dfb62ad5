"""What every part of the training is told: where things are, and how to run."""

from dataclasses import dataclass
from pathlib import Path

from openface_core.errors import OutputError


@dataclass(frozen=True)
class TrainingFolders:
    """Where the training reads and writes.

    Parameters
    ----------
    reference : Path
        The reference material: ``faces/`` with the photographs, ``models/`` and ``openface/`` with
        the models that teach.
    work : Path
        Caches and checkpoints; a training that was stopped goes on from there.
    output : Path
        The embedded models are written into this folder.
    """

    reference: Path
    work: Path
    output: Path

    @property
    def faces(self) -> Path:
        """Folder of the sets of photographs."""
        return self.reference / "faces"

    def work_of(self, part: str) -> Path:
        """Return the folder of one part's caches and checkpoints, made if it is not there.

        Raises
        ------
        OutputError
            If that is impossible.
        """
        folder = self.work / part
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                folder, f"the folder cannot be made ({error.strerror})", "Name one with --work."
            ) from error
        return folder


@dataclass(frozen=True)
class TrainingSettings:
    """How the training runs.

    Parameters
    ----------
    threads : int
        Threads of PyTorch.
    seed : int
        Seed of all random choices: two runs with one seed and one thread make the same choices.
    """

    threads: int = 1
    seed: int = 0
