"""The command line ``python -m models.training``: makes the embedded models anew."""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.locate import EMBEDDED_FOLDER
from models.training.pack_record import record_pack
from models.training.settings import TrainingFolders, TrainingSettings
from openface_core.errors import ConfigError, OpenFaceBeamError

PARTS: Mapping[str, tuple[str, str]] = {
    "detector": ("models.training.detector", "train_detector"),
    "landmarks": ("models.training.landmarks", "train_landmarks"),
    "shape": ("models.training.shape", "train_shape"),
    "action_units": ("models.training.action_units", "train_action_units"),
}
"""Package and function of each part, in the order in which they build on each other."""

RECORD = "record"
"""Notes sizes and hashes of the embedded models in the registry; follows every training there."""

_EXTRA = ("torch", "onnx")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m models.training",
        description="Train the embedded models. A training that was stopped goes on where it was.",
        allow_abbrev=False,
    )
    result.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"{', '.join(PARTS)}; default: all, in this order. {RECORD} alone notes sizes and "
        "hashes of the embedded models in the registry, as every training of them does",
    )
    result.add_argument(
        "--reference",
        type=Path,
        metavar="DIR",
        help="reference material: photographs in faces/, the models that teach beside it",
    )
    result.add_argument("--work", type=Path, metavar="DIR", help="caches and checkpoints")
    result.add_argument(
        "--output",
        type=Path,
        default=EMBEDDED_FOLDER,
        metavar="DIR",
        help="folder of the models; default: of the embedded ones, %(default)s",
    )
    result.add_argument("--threads", type=int, default=1, metavar="N", help="default: %(default)s")
    result.add_argument("--seed", type=int, default=0, metavar="N", help="default: %(default)s")
    return result


def _train(part: str, folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Run one part; its code is imported here, since not every part needs the extra packages."""
    package, function = PARTS[part]
    try:
        train = getattr(importlib.import_module(package), function)
        train(folders, settings)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in _EXTRA:
            raise
        raise ConfigError(
            f"training of {part}",
            f"the package {error.name!r} is not installed",
            "Install what training needs: pip install 'openface-beam[train]'.",
        ) from error


def run(argv: Sequence[str]) -> int:
    """Train what the command line asks for, and return 0.

    Raises
    ------
    OpenFaceBeamError
        If it fails in an expected way.
    SystemExit
        If the command line is wrong, or asks for help.
    """
    commands = parser()
    arguments = commands.parse_args(argv)
    known = (*PARTS, RECORD)
    if unknown := [part for part in arguments.parts if part not in known]:
        commands.error(f"unknown part {unknown[0]!r}: choose from {', '.join(known)}")
    if arguments.threads < 1:
        commands.error(f"--threads: expected a whole number from 1 up, found {arguments.threads}")
    parts = [part for part in PARTS if not arguments.parts or part in arguments.parts]
    if parts and (arguments.reference is None or arguments.work is None):
        commands.error("--reference and --work are needed to train")
    settings = TrainingSettings(arguments.threads, arguments.seed)
    for part in parts:
        folders = TrainingFolders(arguments.reference, arguments.work, arguments.output)
        _train(part, folders, settings)
    if arguments.output.resolve() == EMBEDDED_FOLDER:
        count = record_pack()
        sys.stdout.write(f"{count} files of the embedded pack are recorded\n")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 2 after one line of error, 130 if it is interrupted."""
    try:
        return run(sys.argv[1:] if argv is None else argv)
    except OpenFaceBeamError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return 130
