"""What the confidence of the embedded models is worth.

On annotated faces that took no part in training: of landmarks that the embedded network finds, and
of landmarks that were displaced. And on pictures without a face: how many landmarks are trusted
there, which the network is asked for where the detector fires, or else in boxes at random.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.evaluation.calibration import calibration_error, reliability
from models.locate import EMBEDDED_FOLDER
from models.training.confidence.trial import TRUSTED_ABOVE, ConfidenceTrial


def lines(models: Path, faces: Path, crops: int) -> Iterator[str]:
    """Yield the report."""
    trial = ConfidenceTrial(models)
    confidences, right, moved = (
        np.array(part) for part in zip(*trial.on_faces(faces), strict=True)
    )
    for name, chosen in (("found", ~moved), ("displaced", moved), ("all", np.ones_like(moved))):
        error = calibration_error(confidences[chosen], right[chosen])
        count, share = chosen.sum(), right[chosen].mean()
        yield f"{name}: {count} landmarks, {share:.1%} right, calibration error {error:.4f}"
    refused = (confidences[~moved & right] <= TRUSTED_ABOVE).mean()
    accepted = (confidences[moved & ~right] > TRUSTED_ABOVE).mean()
    yield f"right ones that were found and are refused: {refused:.2%}"
    yield f"wrong displaced ones that are trusted: {accepted:.2%}"
    yield "| confidence from | landmarks | mean confidence | right |"
    yield "| --- | --- | --- | --- |"
    for least, number, said, came in reliability(confidences, right):
        yield f"| {least:.2f} | {number} | {said:.3f} | {came:.3f} |"
    fooled = trial.without_a_face(faces, crops)
    yield f"trusted in {crops} crops without a face: {fooled} ({fooled / crops:.2%})"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.embedded_confidence", description=__doc__
    )
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR", help="sets of faces")
    parser.add_argument("--models", type=Path, default=EMBEDDED_FOLDER, metavar="DIR")
    parser.add_argument("--crops", type=int, default=2000, metavar="N", help="without a face")
    arguments = parser.parse_args(argv)
    for line in lines(arguments.models, arguments.faces, arguments.crops):
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
