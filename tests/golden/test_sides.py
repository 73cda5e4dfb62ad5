"""Both sides of real faces, against faces that were really composed of one half and its mirror."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models import EMBEDDED_PACK, locate_models, models_folder
from openface_core.action_units.folding import LEFT, RIGHT, mirrored_appearance, mirrored_channels
from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.postprocessing import final_intensities
from openface_core.action_units.sides import with_sides
from openface_core.action_units.tracker import ActionUnitSeries, ActionUnitTracker
from openface_core.agreement import pearson_r
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine
from openface_core.face_sides import MAX_TURN_DEGREES, SidesSettings
from openface_core.face_tracking import FacesSettings
from openface_core.faces import Face, FaceMeter, FaceStatus
from openface_core.fhog import CHANNELS, fhog, fhog_into, orientations
from openface_core.geometry import geometry_descriptor
from openface_core.inference import OnnxSettings
from openface_core.media import open_media
from openface_core.model_files import read_action_unit_models, read_pdm, read_triangulation
from openface_core.shape import PointDistributionModel, calc_params
from openface_core.shape.residual import shape_residual_mm
from pipelines.configuration.config_file import load_settings
from tests.fixtures.faces.mirror import MIRROR, upright
from tests.fixtures.golden_sets import golden_set

NAMES = ("subj01", "glasses", "expressive")

MIRROR_TOLERANCE = 2e-6
"""Of FHOG, of pictures without colour: sums in another order, in single precision."""

COLOUR_TIE_DIFFERENCE, COLOUR_TIE_SHARE = 0.02, 0.001
"""At the ends of the rows, dlib settles ties between colours the other way: largest difference, and
share of the elements that differ by more than 0.001."""

TIE_DIFFERENCE, TIE_SHARE = 0.4, 0.15
"""With vertical gradients, which fall between two orientations: the same, for more than 0.01."""

COMPOSED_R, COMPOSED_MAD = 0.99, 0.05
COMPOSED_R_OF_EACH = 0.97
MEAN_OF_SIDES_R, LEAST_SD = 0.97, 0.05
FOLLOWING = {"AU06", "AU10", "AU12", "AU17", "AU20", "AU25", "AU26"}
"""Units whose whole face is followed by the mean of its sides in these three videos. OpenFace's
predictors weigh the two halves of a face differently (the cosine between weights and their mirror
image is -0.3 to 0.45), so that the whole face's value answers to a difference of the halves too."""
MIRRORED_MAD, MIRRORED_SHARE = 0.05, 0.25
"""Mean difference of a side from that of the mirrored video, and that as a share of what the two
sides differ by. Cells of FHOG are coarse for the pixel by which one half is moved, and OpenFace's
shape model has two different halves: a mirrored face is aligned a little otherwise."""
HALF_BEHIND_HAND, NOTHING_BEFORE_FACE = slice(95, 135), slice(240, 280)
"""Rows of the third video."""
CALM = ("subj01", "glasses")
"""In the third video, strong expressions come and go: with OpenFace's models there is more to
differ."""

Float64Array = NDArray[np.float64]


def real_faces() -> NDArray[np.uint8]:
    """Return 60 aligned faces of three people."""
    return np.concatenate([golden_set(name).arrays("aligned.npz")["aligned"] for name in NAMES])


def with_ties_turned(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return FHOG of a picture where a tie between two orientations goes the other way."""
    turned = mirrored_channels()[:18][orientations()[:, ::-1]].astype(np.uint8)
    out = np.empty((12, 12, CHANNELS), dtype=np.float32)
    fhog_into(np.ascontiguousarray(image), turned, out)
    return out.ravel()


class TestMirroredFaces:
    def test_without_colour_only_ties_between_orientations_differ(self) -> None:
        for image in real_faces():
            grey = np.repeat(image[:, :, 1:2], 3, axis=2)
            expected = fhog(np.ascontiguousarray(grey)).ravel()[mirrored_appearance()]
            found = with_ties_turned(grey[:, ::-1])
            np.testing.assert_allclose(found, expected, atol=MIRROR_TOLERANCE)

    def test_with_colour_hardly_anything_differs_more(self) -> None:
        images = real_faces()
        expected = np.array([fhog(image).ravel()[mirrored_appearance()] for image in images])
        found = np.array([with_ties_turned(image[:, ::-1]) for image in images])
        difference = np.abs(found - expected)
        print(f"ties turned: max {difference.max():.4f}, >.001 {(difference > 1e-3).mean():.3%}")
        assert difference.max() <= COLOUR_TIE_DIFFERENCE
        assert (difference > 1e-3).mean() <= COLOUR_TIE_SHARE

    def test_what_ties_between_orientations_do(self) -> None:
        images = real_faces()
        expected = np.array([fhog(image).ravel()[mirrored_appearance()] for image in images])
        mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in images]
        difference = np.abs(np.array([fhog(image).ravel() for image in mirrored]) - expected)
        print(f"as it is: max {difference.max():.3f}, >.01 {(difference > 1e-2).mean():.2%}")
        assert difference.max() <= TIE_DIFFERENCE
        assert (difference > 1e-2).mean() <= TIE_SHARE
        by_channel = (difference > 1e-2).reshape(-1, CHANNELS).mean(axis=0)
        orientations, tied = np.arange(27), [4, 5, 13, 14, 22, 23]
        others = np.setdiff1d(orientations, tied)
        assert by_channel[tied].min() > 10 * by_channel[others].max()


@dataclass(frozen=True, eq=False)
class Measured:
    """One video: its whole face, both halves composed, and the video in the mirror."""

    is_valid: NDArray[np.bool_]
    series: ActionUnitSeries
    mirrored: ActionUnitSeries
    composed: tuple[ActionUnitSeries, ...]


def symmetric(
    image: NDArray[np.uint8], shape_mm: Float64Array, half: int
) -> tuple[NDArray[np.uint8], Float64Array]:
    """Return an aligned face and a shape (68, 3) made of one half and its mirror image.

    The middle of the aligned face is the centre of a pixel, for which the picture has no partner of
    its first column.
    """
    picture, middle = image.copy(), image.shape[1] // 2
    if half == LEFT:
        picture[:, middle + 1 :] = image[:, 1:middle][:, ::-1]
    else:
        picture[:, 1:middle] = image[:, middle + 1 :][:, ::-1]
        picture[:, 0] = 0
    is_middle = np.arange(68) == MIRROR
    centred = upright(shape_mm)
    turned = centred[MIRROR] * [-1, 1, 1]
    is_left = np.zeros(68, dtype=bool)
    is_left[[*range(8), *range(17, 22), 31, 32, *range(36, 42),
             48, 49, 50, 58, 59, 60, 61, 67]] = True  # fmt: skip
    is_kept = is_left if half == LEFT else is_left[MIRROR]
    shape = np.where(is_kept[:, None], centred, turned)
    shape[is_middle] = centred[is_middle] * [0, 1, 1]
    return picture, shape


def measure(
    name: str,
    reference: Path,
    pdm: PointDistributionModel,
    triangles: NDArray[np.int32],
    models: ActionUnitModels,
) -> Measured:
    meter = FaceMeter(pdm, triangles, measures_residual=True)
    golden = golden_set(name)
    both = with_sides(models, pdm)
    own, mirrored = ActionUnitTracker(both), ActionUnitTracker(both)
    composed = ActionUnitTracker(models), ActionUnitTracker(models)
    trackers = (own, mirrored, *composed)
    turns: list[float] = []
    with open_media(str(reference / "videos" / f"{name}.mp4")) as media:
        for frame, points, success in zip(
            media, golden.landmarks, golden.calcparams["success"], strict=True
        ):
            if not success:
                for tracker in trackers:
                    tracker.add_failure()
                turns.append(np.inf)
                continue
            face = meter.measure(frame.image, Face(FaceStatus.FOUND, points))
            own.add(face.fhog, face.geometry, face.residual_mm)
            turned = points[MIRROR].copy()
            turned[:, 0] = frame.image.shape[1] - 1 - turned[:, 0]
            in_mirror = np.ascontiguousarray(frame.image[:, ::-1])
            other = meter.measure(in_mirror, Face(FaceStatus.FOUND, turned))
            mirrored.add(other.fhog, other.geometry, other.residual_mm)
            assert face.fit is not None
            turns.append(abs(float(face.fit.rotation_radians[1])))
            shape = pdm.shape_mm(face.fit.shape_parameters).astype(np.float64)
            shape[:, :2] += shape_residual_mm(pdm, face.fit, points).reshape(2, 68).T
            for tracker, half in zip(composed, (LEFT, RIGHT), strict=True):
                picture, whole = symmetric(face.aligned.image, shape, half)
                scale = face.fit.scale_px_per_mm
                fit = calc_params(pdm, (scale * whole[:, :2] + 300).astype(np.float32))
                geometry = geometry_descriptor(pdm, fit.shape_parameters)
                tracker.add(fhog(picture).ravel(), geometry)
    is_valid = np.degrees(turns) <= MAX_TURN_DEGREES
    return Measured(is_valid, own.finish(), mirrored.finish(), tuple(t.finish() for t in composed))


@pytest.fixture(scope="module")
def measured(
    reference: Path,
    pdm: PointDistributionModel,
    triangles: NDArray[np.int32],
    video_models: ActionUnitModels,
) -> dict[str, Measured]:
    return {name: measure(name, reference, pdm, triangles, video_models) for name in NAMES}


def of_views(series: ActionUnitSeries, models: ActionUnitModels) -> list[Float64Array]:
    """Return the final intensities of the whole face, and of the person's left and right side."""
    count = len(models.intensity)
    offsets = series.offsets.reshape(3, count)
    return [
        final_intensities(
            series.repredicted_scores[:, start : start + count], own, series.success,
            missing_as_zero=True,
        )
        for start, own in zip(range(0, 3 * len(models.all_models), len(models.all_models)), offsets,
                              strict=True)
    ]  # fmt: skip


pytestmark = pytest.mark.slow


def test_a_side_is_what_the_composed_face_gives(
    measured: dict[str, Measured], video_models: ActionUnitModels
) -> None:
    found, expected = [], []
    for one in measured.values():
        _, left, right = of_views(one.series, video_models)
        # The person's left is the right half of the picture.
        for own, composed in ((left, one.composed[RIGHT]), (right, one.composed[LEFT])):
            found.append(own[one.series.success])
            expected.append(composed.intensities[one.series.success])
    sides, truth = np.concatenate(found), np.concatenate(expected)
    by_unit = {}
    for k, name in enumerate(video_models.intensity_names):
        r, mad = pearson_r(sides[:, k], truth[:, k]), np.abs(sides[:, k] - truth[:, k]).mean()
        by_unit[name] = r
        print(f"{name} r {r:.4f} MAD {mad:.4f} sd {truth[:, k].std():.2f}")
    r, mad = pearson_r(sides.ravel(), truth.ravel()), np.abs(sides - truth).mean()
    print(f"all r {r:.4f} MAD {mad:.4f}")
    assert r >= COMPOSED_R
    assert mad <= COMPOSED_MAD
    assert min(by_unit.values()) >= COMPOSED_R_OF_EACH


def test_the_mean_of_both_sides_follows_the_whole_face(
    measured: dict[str, Measured], video_models: ActionUnitModels
) -> None:
    views = [of_views(one.series, video_models) for one in measured.values()]
    valid = np.concatenate([one.is_valid for one in measured.values()])
    whole, left, right = (np.concatenate([v[k] for v in views]) for k in range(3))
    following = set()
    for k, name in enumerate(video_models.intensity_names):
        mean = (left + right)[:, k] / 2
        r, sd = pearson_r(mean[valid], whole[valid, k]), whole[valid, k].std()
        print(f"{name} r {r:.4f} sd {sd:.2f}, of all frames r {pearson_r(mean, whole[:, k]):.4f}")
        if r >= MEAN_OF_SIDES_R and sd >= LEAST_SD:
            following.add(name)
    assert following >= FOLLOWING


def check_mirrored(
    measured: Mapping[str, Measured], models: ActionUnitModels, names: Container[str]
) -> None:
    """Check that both sides are those of the mirrored video, exchanged."""
    for name, one in measured.items():
        _, left, right = of_views(one.series, models)
        _, other_left, other_right = of_views(one.mirrored, models)
        both = np.abs(left - other_right), np.abs(right - other_left)
        difference = float(np.mean([each[one.is_valid] for each in both]))
        apart = float(np.abs(left - right)[one.is_valid].mean())
        print(f"{name} MAD {difference:.4f}, the sides differ by {apart:.3f}")
        assert difference <= MIRRORED_SHARE * apart
        assert difference <= MIRRORED_MAD or name not in names


def test_a_mirrored_video_exchanges_left_and_right(
    measured: dict[str, Measured], video_models: ActionUnitModels
) -> None:
    check_mirrored(measured, video_models, CALM)


def test_a_mirrored_video_exchanges_left_and_right_with_the_embedded_models(
    reference: Path,
) -> None:
    folder = Path(models_folder(EMBEDDED_PACK))
    models = read_action_unit_models(folder / "AU_video.txt")
    triangles = read_triangulation(folder / "triangulation.txt", 68)
    pdm = read_pdm(folder / "shape.txt", 68)
    check_mirrored(
        {name: measure(name, reference, pdm, triangles, models) for name in NAMES}, models, NAMES
    )


def test_sides_are_not_compared_behind_a_hand(reference: Path) -> None:
    settings = replace(
        load_settings("embedded"),
        onnxruntime=OnnxSettings("cpu"),
        faces=FacesSettings("widest"),
        sides=SidesSettings(measure=True),
    )
    files = locate_models(models_folder(EMBEDDED_PACK), settings.models)
    analyser = Analyser(load_engine(files, settings), settings)
    table = analyser.video(str(reference / "videos" / "expressive.mp4")).table
    is_valid = table.column("sides_valid").to_numpy(zero_copy_only=False) == True  # noqa: E712
    assert not is_valid[HALF_BEHIND_HAND].any()
    assert is_valid[NOTHING_BEFORE_FACE].all()
