"""Accuracy of landmarks on annotated photographs: of networks alone, on the shape model, refined.

Every network whose specification and weights are there is measured, as
:mod:`models.evaluation.landmark_accuracy` says.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models import locate_models, models_folder
from models.evaluation.annotated_faces import annotated_faces
from models.evaluation.landmark_accuracy import measure, table_lines
from models.locate import SPECS_FOLDER
from openface_core.analysis.engine import load_engine
from openface_core.analysis.settings import RunSettings
from openface_core.errors import ModelFileError
from openface_core.face_tracking import FaceTrackingModels
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from pipelines.configuration.config_file import load_settings

SETS = ("helen_test", "afw")
CONFIGS = ("default", "openface22")


def load_networks(
    root: Path, names: Sequence[str], settings: RunSettings
) -> dict[str, LandmarkNetwork]:
    """Return the networks whose weights are in a models folder, by name; say which are not."""
    networks: dict[str, LandmarkNetwork] = {}
    for name in names:
        try:
            files = locate_models(root, replace(settings.models, landmarks=name))
        except ModelFileError as error:
            sys.stderr.write(f"{name} is left out: {error}\n")
            continue
        assert files.landmark_spec is not None
        assert files.landmark_network is not None
        spec = load_landmark_spec(files.landmark_spec)
        networks[spec.name] = LandmarkNetwork(spec, files.landmark_network, settings.onnxruntime)
    return networks


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.landmark_accuracy")
    result.add_argument(
        "--faces",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with <set>.npz (names, landmarks) and <set>/<name>.jpg",
    )
    result.add_argument(
        "--sets", nargs="+", default=SETS, metavar="SET", help="default: %(default)s"
    )
    result.add_argument("--models", metavar="DIR", help="models folder or pack")
    result.add_argument(
        "--networks",
        nargs="+",
        metavar="NAME",
        help="landmark specifications; default: all of this program whose weights are there",
    )
    result.add_argument(
        "--config",
        nargs="+",
        default=CONFIGS,
        metavar="NAME",
        help="presets or TOML files that say how landmarks are refined; the first one also names "
        "the detector (default: %(default)s)",
    )
    result.add_argument("--step", type=int, default=1, metavar="N", help="every Nth face only")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a Markdown table."""
    arguments = parser().parse_args(argv)
    root = models_folder(arguments.models)
    presets: dict[str, FaceTrackingModels] = {}
    for config in arguments.config:
        settings = load_settings(config)
        loaded = load_engine(locate_models(root, settings.models), settings).faces
        assert loaded is not None
        presets[settings.name] = loaded
    names = arguments.networks or sorted(path.stem for path in SPECS_FOLDER.glob("*.toml"))
    networks = load_networks(root, names, load_settings(arguments.config[0]))
    print(
        "| faces | network | found | landmarks | corners: mean | median | centres: mean | median |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.sets:
        faces = list(annotated_faces(arguments.faces, name, arguments.step))
        for network_name, network in networks.items():
            detector = next(iter(presets.values())).detector
            found = measure(faces, detector, network, presets)
            print("\n".join(table_lines(name, network_name, found)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
