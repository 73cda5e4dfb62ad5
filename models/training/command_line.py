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
from openface_core.user_paths import expanded

MODELS: Mapping[str, tuple[str, str]] = {
    "detector": ("models.training.detector", "train_detector"),
    "landmarks": ("models.training.landmarks", "train_landmarks"),
    "shape": ("models.training.shape", "train_shape"),
    "patch_experts": ("models.training.patch_experts", "train_patch_experts"),
    "stiffness": ("models.training.stiffness", "train_stiffness"),
    "head_turns": ("models.training.head_turns", "train_head_turns"),
    "eyes": ("models.training.eyes", "train_eyes"),
    "confidence": ("models.training.confidence", "train_confidence"),
    "action_units": ("models.training.action_units", "train_action_units"),
}
"""Package and function that train each model, in the order in which they build on each other."""

RECORD = "record"
"""Notes sizes and hashes of the embedded models in the registry; follows every training there."""

_EXTRA = ("torch", "onnx")


def _local_path(text: str) -> Path:
    return Path(expanded(text))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m models.training",
        description="Train the embedded models. A training that was stopped is resumed.",
        allow_abbrev=False,
    )
    result.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help=f"{', '.join(MODELS)}; default: all, in this order. {RECORD} alone notes sizes and "
        "hashes of the embedded models in the registry, as every training of them does",
    )
    result.add_argument(
        "--reference",
        type=_local_path,
        metavar="DIR",
        help="reference material: photographs in faces/, the models that teach beside it",
    )
    result.add_argument("--work", type=_local_path, metavar="DIR", help="caches and checkpoints")
    result.add_argument(
        "--output",
        type=_local_path,
        default=EMBEDDED_FOLDER,
        metavar="DIR",
        help="folder of the models; default: of the embedded ones, %(default)s",
    )
    result.add_argument("--threads", type=int, default=1, metavar="N", help="default: %(default)s")
    result.add_argument("--seed", type=int, default=0, metavar="N", help="default: %(default)s")
    return result


def _train(model: str, folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Train one model; its code is imported here, as some of it needs the extra packages."""
    package, function = MODELS[model]
    try:
        train = getattr(importlib.import_module(package), function)
        train(folders, settings)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in _EXTRA:
            raise
        raise ConfigError(
            f"training of {model}",
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
    known = (*MODELS, RECORD)
    if unknown := [model for model in arguments.models if model not in known]:
        commands.error(f"unknown model {unknown[0]!r}: choose from {', '.join(known)}")
    if arguments.threads < 1:
        commands.error(f"--threads: expected a whole number from 1 up, found {arguments.threads}")
    chosen = [model for model in MODELS if not arguments.models or model in arguments.models]
    if chosen and (arguments.reference is None or arguments.work is None):
        commands.error("--reference and --work are needed to train")
    is_embedded = arguments.output.resolve() == EMBEDDED_FOLDER
    if RECORD in arguments.models and not is_embedded:
        commands.error(f"{RECORD} is of the embedded models, in {EMBEDDED_FOLDER}: no --output")
    if arguments.output.exists() and not arguments.output.is_dir():
        commands.error(f"--output: {arguments.output} is not a folder")
    settings = TrainingSettings(arguments.threads, arguments.seed)
    for model in chosen:
        folders = TrainingFolders(arguments.reference, arguments.work, arguments.output)
        _train(model, folders, settings)
    if is_embedded:
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
