"""Agreement of the embedded models with OpenFace's, end to end on whole videos.

Every video is analysed twice: with OpenFace's models, as close to the C++ program as this program
comes, and with the embedded ones. Action units and head pose of the two are compared frame by
frame. The videos must not be among those that the embedded models learned from.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models import locate_models, models_folder
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine
from pipelines.comparison.video_agreement import (
    VideoAgreement,
    compare_videos,
    summary_row,
    unit_rows,
)
from pipelines.configuration.config_file import load_settings


def load_analyser(config: str, models: str | None) -> Analyser:
    """Load what a preset or TOML file names from a models folder or pack."""
    settings = load_settings(config)
    files = locate_models(models_folder(models), settings.models)
    return Analyser(load_engine(files, settings), settings)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks.embedded_agreement", description=__doc__
    )
    result.add_argument("--videos", type=Path, nargs="+", required=True, metavar="V")
    result.add_argument(
        "--models", metavar="PACK|DIR", default="embedded", help="default: %(default)s"
    )
    result.add_argument(
        "--config", metavar="NAME|FILE", default="embedded", help="default: %(default)s"
    )
    result.add_argument(
        "--reference-models", metavar="PACK|DIR", help="OpenFace's; default: the environment's"
    )
    result.add_argument(
        "--reference-config", metavar="NAME|FILE", default="openface22", help="default: %(default)s"
    )
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, and print Markdown tables."""
    arguments = parser().parse_args(argv)
    reference = load_analyser(arguments.reference_config, arguments.reference_models)
    measured = load_analyser(arguments.config, arguments.models)
    print(
        "| video | frames | face found by OpenFace's models | by both | AUs that vary | mean r "
        "| least r | mean difference | equal presences | Rx / Ry / Rz, rad | points, % |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    found: dict[str, VideoAgreement] = {}
    for video in arguments.videos:
        tables = [analyser.video(str(video)).table for analyser in (measured, reference)]
        found[video.name] = compare_videos(tables[0], tables[1], measured.engine.video_models)
        print(summary_row(video.name, found[video.name]), flush=True)
    print("\n| r of | " + " | ".join(found) + " |")
    print("|---" * (1 + len(found)) + "|")
    print("\n".join(unit_rows(measured.engine.video_models.intensity_names, found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
