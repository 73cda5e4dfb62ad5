"""How presences differ between OpenFace's own list of predictors and ``all_dynamic``.

Every video is analysed once; both lists predict from the same descriptors. Only action units whose
model differs are compared.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.short_calibration import mean_kappa, measured_faces, parser, tracked
from models import locate_models, models_folder
from openface_core.action_units.models import ActionUnitModels
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine
from openface_core.analysis.settings import RunSettings
from openface_core.model_files import read_action_unit_models
from pipelines.configuration.config_file import load_settings

_CONSTANT_SHARE = 0.98


def load_list(settings: RunSettings, models: str | None, name: str) -> ActionUnitModels:
    """Return the predictors for videos of a list."""
    chosen = replace(settings.models, video_action_units=name)
    files = locate_models(models_folder(models), chosen)
    return read_action_unit_models(files.video_action_units, files.video_predictors)


def is_constant(present: NDArray[np.bool_]) -> bool:
    """Return whether an action unit is present in nearly all frames of a video, or in none."""
    share = float(present.mean())
    return share >= _CONSTANT_SHARE or share <= 1 - _CONSTANT_SHARE


def row(name: str, own: Sequence[NDArray[np.bool_]], other: Sequence[NDArray[np.bool_]]) -> str:
    """Return one row of the table: an action unit over all videos."""
    a, b = np.concatenate(own), np.concatenate(other)
    always = [sum(float(v.mean()) >= _CONSTANT_SHARE for v in values) for values in (own, other)]
    constant = [sum(map(is_constant, values)) for values in (own, other)]
    cells = (
        name,
        f"{100 * a.mean():.0f}",
        f"{100 * b.mean():.0f}",
        f"{100 * (a == b).mean():.0f}",
        f"{mean_kappa(b[:, None], a[:, None]):.2f}",
        f"{always[0]} / {always[1]}",
        f"{constant[0]} / {constant[1]}",
    )
    return "| " + " | ".join(cells) + " |"


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, and print a Markdown table."""
    arguments = parser("action_unit_lists", __doc__).parse_args(argv)
    settings = load_settings(arguments.config)
    files = locate_models(models_folder(arguments.models), settings.models)
    analyser = Analyser(load_engine(files, settings), settings)
    lists = [
        load_list(settings, arguments.models, name)
        for name in (settings.models.video_action_units, "all_dynamic")
    ]
    changed = [
        k
        for k, (a, b) in enumerate(zip(lists[0].presence, lists[1].presence, strict=True))
        if a.is_dynamic != b.is_dynamic
    ]
    found: list[list[NDArray[np.bool_]]] = [[], []]
    for video in arguments.videos:
        faces = measured_faces(analyser, video, arguments.frames)
        for values, models in zip(found, lists, strict=True):
            series = tracked(models, faces)
            values.append(series.presences[series.success])
        print(video.name, len(faces), file=sys.stderr)
    print(
        "| action unit | present, % | all_dynamic, % | equal, % | kappa | videos with it always "
        "| videos in which it does not change |"
    )
    print("|---|---|---|---|---|---|---|")
    for k in changed:
        own, other = ([values[:, k] for values in each] for each in found)
        print(row(lists[0].presence_names[k], own, other))
    return 0


if __name__ == "__main__":
    sys.exit(main())
