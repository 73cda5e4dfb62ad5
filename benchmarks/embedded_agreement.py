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

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models import locate_models, models_folder
from openface_core.agreement import (
    VARYING_INTENSITY_SD,
    TableAgreement,
    compare_tables,
    equal_share,
)
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine, load_engine
from pipelines.comparison.action_units import intensity_columns, presence_columns
from pipelines.comparison.openface_output import LANDMARK_COLUMNS, POSE_COLUMNS, table_values
from pipelines.configuration.config_file import load_settings

_ROTATIONS = POSE_COLUMNS[3:]
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)


def load_analyser(config: str, models: str | None) -> Analyser:
    """Load what a preset or TOML file names from a models folder or pack."""
    settings = load_settings(config)
    files = locate_models(models_folder(models), settings.models)
    return Analyser(load_engine(files, settings), settings)


@dataclass(frozen=True, eq=False)
class VideoAgreement:
    """What the comparison of one video gives.

    Parameters
    ----------
    frames, found, found_by_both : int
        Frames of the video, those of them in which the reference found a face, and both did.
    intensities : TableAgreement
        Of the action units' intensities.
    equal_presences : float
        Share of equal presences.
    rotations_mad_radians : (3,) ndarray of float64
        Mean absolute differences of Rx, Ry and Rz.
    point_distance : float
        Mean distance of landmarks over that of the centres of the eyes.
    """

    frames: int
    found: int
    found_by_both: int
    intensities: TableAgreement
    equal_presences: float
    rotations_mad_radians: NDArray[np.float64]
    point_distance: float


def _point_distance(measured: pa.Table, reference: pa.Table) -> float:
    a, b = (
        np.stack(np.split(table_values(table, LANDMARK_COLUMNS), 2, axis=1), axis=-1)
        for table in (measured, reference)
    )
    eyes = np.linalg.norm(b[:, _LEFT_EYE].mean(axis=1) - b[:, _RIGHT_EYE].mean(axis=1), axis=-1)
    return float(np.nanmean(np.linalg.norm(a - b, axis=-1).mean(axis=1) / eyes))


def compare(measured: pa.Table, reference: pa.Table, engine: Engine) -> VideoAgreement:
    """Compare two tables of one video; frames without a face in either take no part."""
    models = engine.video_models
    success = [table_values(table, ["success"])[:, 0] > 0 for table in (measured, reference)]
    intensities, presences, rotations = (
        [table_values(table, columns) for table in (measured, reference)]
        for columns in (intensity_columns(models), presence_columns(models), _ROTATIONS)
    )
    return VideoAgreement(
        frames=reference.num_rows,
        found=int(success[1].sum()),
        found_by_both=int((success[0] & success[1]).sum()),
        intensities=compare_tables(intensities[0], intensities[1], VARYING_INTENSITY_SD),
        equal_presences=equal_share(presences[0], presences[1]),
        rotations_mad_radians=np.nanmean(np.abs(rotations[0] - rotations[1]), axis=0),
        point_distance=_point_distance(measured, reference),
    )


def summary_row(name: str, found: VideoAgreement) -> str:
    """Return the Markdown row of a video."""
    turns = " / ".join(f"{value:.3f}" for value in found.rotations_mad_radians)
    units = found.intensities
    return (
        f"| {name} | {found.frames} | {found.found} | {found.found_by_both} "
        f"| {len(units.varying)} | {units.mean_r:.3f} | {units.least_r:.3f} "
        f"| {units.mean_absolute_difference:.3f} | {found.equal_presences:.3f} | {turns} "
        f"| {100 * found.point_distance:.2f} |"
    )


def unit_rows(names: Sequence[str], found: dict[str, VideoAgreement]) -> list[str]:
    """Return the Markdown rows of the action units: r of each video, where it varies."""
    rows = []
    for k, unit in enumerate(names):
        cells = []
        for agreement in found.values():
            column = agreement.intensities.columns[k]
            varies = k in agreement.intensities.varying
            cells.append(f"{np.nan_to_num(column.pearson_r):.2f}" if varies else "-")
        rows.append(f"| {unit} | " + " | ".join(cells) + " |")
    return rows


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
        found[video.name] = compare(tables[0], tables[1], measured.engine)
        print(summary_row(video.name, found[video.name]), flush=True)
    print("\n| r of | " + " | ".join(found) + " |")
    print("|---" * (1 + len(found)) + "|")
    print("\n".join(unit_rows(measured.engine.video_models.intensity_names, found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
