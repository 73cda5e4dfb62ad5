"""The named benchmarks: components of the analysis, embedded models, the demo's photograph."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.timing import Operation
from models import EMBEDDED_PACK, locate_models, models_folder
from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.static import weigh_descriptor
from openface_core.alignment import FaceAligner
from openface_core.analysis.engine import load_engine
from openface_core.fhog import fhog
from openface_core.geometry import geometry_descriptor
from openface_core.model_files import read_triangulation
from openface_core.refinement import grey_from_bgr
from openface_core.running_medians import DescriptorMedians
from openface_core.shape import calc_params
from pipelines.configuration.config_file import load_settings
from pipelines.demo_corpus.portrait import load_portrait

CASES: Mapping[str, str] = {
    "detector": "one pass of the face detector on a picture of 512 x 512 px",
    "landmark_network": "one face by the landmark network, from its box",
    "grey_picture": "a picture of 512 x 512 px to grey",
    "calc_params": "the shape model fitted to 68 landmarks",
    "alignment": "an aligned and masked face",
    "fhog": "appearance of an aligned face",
    "geometry": "geometry of a fitted shape",
    "running_medians": "one frame added to the medians",
    "predictors": "all action units of one frame",
}
"""Every case, and what one call does."""


def make_operations(names: Sequence[str]) -> dict[str, Operation]:
    """Return what is timed; inputs are computed beforehand.

    Parameters
    ----------
    names : sequence of str
        Of :data:`CASES`.

    Returns
    -------
    dict of str to Operation
        In the order of the names.

    Raises
    ------
    ConfigError
        If scikit-image is missing.
    """
    settings = load_settings("embedded")
    files = locate_models(models_folder(EMBEDDED_PACK), settings.models)
    engine = load_engine(files, settings)
    faces, pdm, models = engine.faces, engine.meter.pdm, engine.video_models
    if faces is None:
        raise ValueError("the embedded pack has no networks")
    picture = load_portrait().smiling
    seen = faces.detector.detect(picture)
    box, five_points = seen.boxes[0], seen.five_points[0]
    found = faces.network.locate(picture, box, five_points)
    if found is None:
        raise ValueError("the photograph shows no face")
    landmarks = found.landmarks
    fit = calc_params(pdm, landmarks)
    aligner = FaceAligner(pdm.mean_mm, read_triangulation(files.triangulation, len(landmarks)))
    aligned = aligner.align(picture, landmarks, fit.translation_px).image
    descriptor = fhog(aligned).ravel()
    geometry = geometry_descriptor(pdm, fit.shape_parameters)
    medians = DescriptorMedians()
    # Faces that differ a little, or the histograms would have one bin to look at.
    noise = np.random.default_rng(0).normal(0, 0.01, (64, len(descriptor)))
    descriptors = [descriptor + n.astype(descriptor.dtype) for n in noise]
    for k in range(0, len(descriptors), 2):
        medians.update(descriptors[k], geometry, True)
    weighted_median = weigh_median(models, medians.fhog, medians.geometry)

    def update(k: int) -> None:
        medians.update(descriptors[k % len(descriptors)], geometry, True)

    def predict(k: int) -> object:
        weighted = weigh_descriptor(models, descriptors[k % len(descriptors)], geometry)
        return dynamic_scores(models, weighted, weighted_median)

    made = {
        "detector": Operation(lambda _: faces.detector.detect(picture)),
        "landmark_network": Operation(lambda _: faces.network.locate(picture, box, five_points)),
        "grey_picture": Operation(lambda _: grey_from_bgr(picture)),
        "calc_params": Operation(lambda _: calc_params(pdm, landmarks)),
        "alignment": Operation(lambda _: aligner.align(picture, landmarks, fit.translation_px)),
        "fhog": Operation(lambda _: fhog(aligned)),
        "geometry": Operation(lambda _: geometry_descriptor(pdm, fit.shape_parameters)),
        "running_medians": Operation(update),
        "predictors": Operation(predict),
    }
    return {name: made[name] for name in names}
