"""One corpus analysed in many ways, which must all give the same bytes.

A pass over the corpus is made for each shard length and each way to run, every time with the inputs
in another order.
"""

import hashlib
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.beam_services import BeamServices, beam_services
from pipelines.run import run
from transforms.plan.inputs import expand_inputs

DIRECT_MODES = ("in_memory", "multi_threading", "multi_processing")
PORTABLE_MODES = ("LOOPBACK", "EXTERNAL")
MODES = (*DIRECT_MODES, *PORTABLE_MODES)
"""Ways to run: Beam's direct runner, and its job service with workers here or in a pool."""


@dataclass(frozen=True)
class Passes:
    """The passes over a corpus.

    Parameters
    ----------
    input, models : Path
        Folder of videos and images, and models folder.
    landmarks : Path or None
        Folder of given landmarks, one file per video id.
    shard_seconds : sequence of float
        Shard lengths, seconds; 0 cuts nothing.
    modes : sequence of str
        Ways to run, of :data:`MODES`.
    workers : int
        Workers of each, but for ``in_memory``.
    """

    input: Path
    models: Path
    landmarks: Path | None = None
    shard_seconds: Sequence[float] = (0, 1, 5)
    modes: Sequence[str] = MODES
    workers: int = 2


def hashes(output: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a dataset but its metrics, by its path in there."""
    return {
        path.relative_to(output).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.name != "metrics.json"
    }


def differences(first: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the files in which two datasets differ, those included that only one has."""
    names = first.keys() | other.keys()
    return sorted(name for name in names if first.get(name) != other.get(name))


def _options(mode: str, workers: int, services: BeamServices | None) -> tuple[str, ...]:
    """Return Beam's options of one way to run."""
    if services is not None and mode in PORTABLE_MODES:
        return services.options(mode, workers)
    workers = 1 if mode == "in_memory" else workers
    return f"--direct_running_mode={mode}", f"--direct_num_workers={workers}"


def datasets(passes: Passes, folder: Path) -> Iterator[tuple[float, str, dict[str, str]]]:
    """Make one dataset after the other.

    Parameters
    ----------
    passes : Passes
        How they are made.
    folder : Path
        Where they are written.

    Yields
    ------
    tuple of float, str and dict
        Shard length in seconds, way to run, and the files' hashes.
    """
    # Workers of a pool work in a folder of their own, so all paths are absolute.
    landmarks = None if passes.landmarks is None else str(passes.landmarks.resolve())
    inputs = list(expand_inputs([str(passes.input.resolve())])[0])
    chance = random.Random(0)  # noqa: S311 - an order, not a secret
    portable = not set(passes.modes).isdisjoint(PORTABLE_MODES)
    with beam_services(folder) if portable else nullcontext() as services:
        for seconds, mode in itertools.product(passes.shard_seconds, passes.modes):
            config = folder / "settings.toml"
            config.write_text(f"name = 'cut'\n[shards]\nseconds = {seconds}\n")
            output = folder / f"{seconds}-{mode}"
            chance.shuffle(inputs)
            run(
                RunArguments(
                    inputs=tuple(inputs),
                    output=str(output),
                    config=str(config),
                    models=str(passes.models.resolve()),
                    landmarks=landmarks,
                    provider="cpu",
                    runner="PortableRunner" if mode in PORTABLE_MODES else "DirectRunner",
                    quiet=True,
                    beam=_options(mode, passes.workers, services),
                )
            )
            yield seconds, mode, hashes(output)
