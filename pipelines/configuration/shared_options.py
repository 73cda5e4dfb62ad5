"""The options that every command has, with the same words."""

import argparse


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--models`` and ``--config``."""
    parser.add_argument(
        "--models",
        metavar="PACK|DIR",
        help="model pack (see `openface-beam models list`), or folder with OpenFace's model files "
        "and the ONNX networks; default: what --config needs, or the folder that the environment "
        "variable OPENFACE_MODELS_DIR names, or else the pack embedded, which is in the program",
    )
    parser.add_argument(
        "--config",
        metavar="NAME|FILE",
        help="preset (embedded, default, fast, openface22; flink and dataflow for "
        "clusters) or TOML file, see configs/default.toml for all settings; default: embedded for "
        "the models of that name, or else default",
    )


def add_quiet_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet``."""
    parser.add_argument("--quiet", action="store_true", help="show no progress")
