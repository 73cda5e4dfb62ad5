"""Agreement of the embedded models with OpenFace's, end to end on whole videos.

Every video is analysed twice: with OpenFace's models, as close to the C++ program as this program
comes, and with the embedded ones. Action units and head pose of the two are compared frame by
frame. The videos must not be among those that the embedded models learned from.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from models import locate_models, models_folder
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.settings import RunSettings
from pipelines.comparison.video_agreement import (
    VideoAgreement,
    compare_videos,
    summary_row,
    unit_rows,
)
from pipelines.configuration.config_file import load_settings
from transforms.dataset.provenance import RunProvenance
from transforms.records import VideoTask
from transforms.video_analysis import analyse_video


@dataclass(frozen=True)
class Analyser:
    """Models in memory with the settings that they run by."""

    engine: Engine
    settings: RunSettings

    @classmethod
    def load(cls, config: str, models: str | None) -> "Analyser":
        """Load what a preset or TOML file names from a models folder or pack."""
        settings = load_settings(config)
        files = locate_models(models_folder(models), settings.models)
        return cls(load_engine(files, settings), settings)

    def table(self, video: str, landmarks: str | None = None) -> pa.Table:
        """Return the table of a video's frames."""
        run = RunProvenance(self.settings.as_dict())
        task = VideoTask("compared", video, landmarks_uri=landmarks)
        return analyse_video(task, self.engine, self.settings, run, lambda: None).result.table


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
    reference = Analyser.load(arguments.reference_config, arguments.reference_models)
    measured = Analyser.load(arguments.config, arguments.models)
    print(
        "| video | frames | face found by OpenFace's models | by both | AUs that vary | mean r "
        "| least r | mean difference | equal presences | Rx / Ry / Rz, rad | points, % |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    found: dict[str, VideoAgreement] = {}
    for video in arguments.videos:
        tables = [analyser.table(str(video)) for analyser in (measured, reference)]
        found[video.name] = compare_videos(tables[0], tables[1], measured.engine.video_models)
        print(summary_row(video.name, found[video.name]), flush=True)
    print("\n| r of | " + " | ".join(found) + " |")
    print("|---" * (1 + len(found)) + "|")
    print("\n".join(unit_rows(measured.engine.video_models.intensity_names, found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
