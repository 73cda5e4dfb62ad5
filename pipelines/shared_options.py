"""The options that every command has, with the same words."""

import argparse


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--models`` and ``--config``."""
    parser.add_argument(
        "--models",
        metavar="PACK|DIR",
        help="model pack (`python -m models list` has them), or folder with OpenFace's model files "
        "and the ONNX networks; default: the folder that the environment variable "
        "OPENFACE_MODELS_DIR names, or else the pack default",
    )
    parser.add_argument(
        "--config",
        default="default",
        metavar="NAME|FILE",
        help="preset (default, fast, accurate, openface22; flink and dataflow for clusters) or "
        "TOML file; see configs/default.toml for all settings",
    )


def add_quiet_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet``."""
    parser.add_argument("--quiet", action="store_true", help="show no progress")
