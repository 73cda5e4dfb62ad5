"""What became slower beyond noise, from one result of benchmarks to another.

``python -m benchmarks.compare A.json B.json`` prints every case. The exit status is 0 whatever is
found, as times on a shared machine are no verdict.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.results import read_results
from pipelines.command import leave, run_command

LEAST_CHANGE = 0.05
"""Share by which a median must have moved at least."""


class Change(NamedTuple):
    """One case in both results.

    Parameters
    ----------
    name : str
        The case.
    before_ms, after_ms : float
        Medians over the rounds.
    verdict : str
        ``slower``, ``faster``, or empty: the rounds of both overlap, or hardly differ.
    """

    name: str
    before_ms: float
    after_ms: float
    verdict: str


def changes(
    before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]
) -> Iterator[Change]:
    """Yield the cases that both results have.

    A case has changed if the medians differ by :data:`LEAST_CHANGE` and no round of the slower
    result was as fast as the median of the other, nor the other way round.
    """
    for name in before:
        if name not in after:
            continue
        old, new = median(before[name]), median(after[name])
        verdict = ""
        if new > old * (1 + LEAST_CHANGE) and min(after[name]) > old and new > max(before[name]):
            verdict = "slower"
        elif old > new * (1 + LEAST_CHANGE) and min(before[name]) > new and old > max(after[name]):
            verdict = "faster"
        yield Change(name, old, new, verdict)


def compare(before: Path, after: Path) -> int:
    """Print the comparison.

    Raises
    ------
    ConfigError
        If a file is no result.
    """
    (old, old_machine), (new, new_machine) = read_results(before), read_results(after)
    if old_machine != new_machine:
        sys.stdout.write("The machine or a library differs: only large changes mean anything.\n")
    found = list(changes(old, new))
    for change in found:
        ratio = change.after_ms / change.before_ms - 1
        sys.stdout.write(
            f"{change.name:<18} {change.before_ms:9.4f} -> {change.after_ms:9.4f} ms  "
            f"{ratio:+7.1%}  {change.verdict}".rstrip()
            + "\n"
        )
    slower = [change.name for change in found if change.verdict == "slower"]
    sys.stdout.write(f"\nslower beyond noise: {', '.join(slower) or 'none'}\n")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("before", type=Path, metavar="A.json")
    parser.add_argument("after", type=Path, metavar="B.json")
    arguments = parser.parse_args(argv)
    return run_command(lambda: compare(arguments.before, arguments.after))


if __name__ == "__main__":
    leave(main())
