"""Results of benchmarks as JSON: the times of every round, the machine, the versions."""

import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.timing import Measurement
from benchmarks.whole_runs import processor
from openface_core import __version__
from openface_core.errors import ConfigError

FORMAT = 1
_LIBRARIES = ("numba", "numpy", "onnxruntime", "opencv-python-headless")


def machine() -> dict[str, Any]:
    """Return what times depend on besides the program."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def results_document(
    found: Mapping[str, Measurement], calls: int, made_on: Mapping[str, Any]
) -> dict[str, Any]:
    """Return results as a document.

    Parameters
    ----------
    found : mapping of str to Measurement
        By the names of cases.
    calls : int
        Calls of each round.
    made_on : mapping
        What :func:`machine` returned.
    """
    return {
        "format": FORMAT,
        "version": __version__,
        "machine": dict(made_on),
        "calls": calls,
        "cpu_ms": {name: measurement.medians_ms for name, measurement in found.items()},
    }


def write_results(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document."""
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_results(path: Path) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Return the rounds of every case in milliseconds, and the machine.

    Raises
    ------
    ConfigError
        If the file is no such document.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}")
        rounds = {str(k): [float(x) for x in v] for k, v in document["cpu_ms"].items()}
        if not all(rounds.values()):
            raise ValueError("a case without rounds")
        return rounds, dict(document["machine"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            path, f"not a result of benchmarks ({error})", "Make one: python -m benchmarks --run."
        ) from error
