"""The process in which cases are tried.

``python -m tests.fuzz.worker FAMILY FOLDER FIRST END SECONDS``; the last is the limit of a case.

For every case it writes a line to its standard output, a pipe: the seed, and what is wrong.
"""

import contextlib
import faulthandler
import importlib
import json
import os
import random
import shutil
import sys
import traceback
from pathlib import Path

MEMORY_BYTES = 12 * 2**30


def _bound_memory() -> None:
    with contextlib.suppress(ImportError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main(family_name: str, folder: Path, first: int, end: int, case_seconds: float) -> None:
    """Try the cases of a family with the seeds from `first` to before `end`.

    A case that takes longer than `case_seconds` hangs; the process then ends, and tells where.
    """
    # What libraries write must not come between the lines.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    _bound_memory()
    family = importlib.import_module(f"tests.fuzz.{family_name}")
    work = folder.parent / f"{folder.name}-work"
    for seed in range(first, end):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        faulthandler.dump_traceback_later(case_seconds, exit=True)
        fault = None
        try:
            family.case(folder, work, random.Random(f"{family_name} {seed}"))
        except BaseException:
            fault = traceback.format_exc()
        faulthandler.cancel_dump_traceback_later()
        answers.write(json.dumps([seed, fault]) + "\n")


if __name__ == "__main__":
    faulthandler.enable()
    name, place, *numbers = sys.argv[1:]
    main(name, Path(place), int(numbers[0]), int(numbers[1]), float(numbers[2]))
