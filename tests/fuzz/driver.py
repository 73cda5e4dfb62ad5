"""Tries cases in a process of their own, which is started anew when it crashes or hangs."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.places import REPOSITORY

_MOST_CRASHES = 20


@dataclass(frozen=True)
class Fault:
    """A case that went wrong.

    Attributes
    ----------
    family : str
        Module of the case.
    seed : int
        Its seed.
    text : str
        A traceback, or how the process ended.
    """

    family: str
    seed: int
    text: str

    def __str__(self) -> str:
        return f"{self.family}, seed {self.seed}:\n{self.text}"


def try_cases(
    family: str, folder: Path, seeds: range, *, case_seconds: float = 30.0
) -> list[Fault]:
    """Try cases and return those that went wrong.

    Parameters
    ----------
    family : str
        Module of this package, which has `prepare` and `case`.
    folder : Path
        What `prepare` has written.
    seeds : range
        One case each.
    case_seconds : float
        How long a case may take.
    """
    faults: list[Fault] = []
    first, crashes = seeds.start, 0
    while first < seeds.stop and crashes < _MOST_CRASHES:
        log = folder.parent / f"{folder.name}.log"
        with log.open("wb") as errors:
            command = [sys.executable, "-m", "tests.fuzz.worker", family, str(folder)]
            process = subprocess.Popen(
                [*command, str(first), str(seeds.stop), str(case_seconds)],
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            assert process.stdout is not None
            for line in process.stdout:
                seed, fault = json.loads(line)
                first = seed + 1
                if fault is not None:
                    faults.append(Fault(family, seed, fault))
            status = process.wait()
        if first < seeds.stop:
            tail = log.read_text(errors="replace")[-3000:]
            faults.append(Fault(family, first, f"it ended with status {status}:\n{tail}"))
            first, crashes = first + 1, crashes + 1
    return faults
