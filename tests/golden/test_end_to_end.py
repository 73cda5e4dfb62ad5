"""The presets from video to action units, gaze and pose, against the C++ program's own output.

CLNF is our build of OpenFace 2.2, with the same landmark models; genuine is the CSV of an OpenFace
with CE-CLM, whose patch experts the reference does not have. Bounds are what is asked of the
presets, or some 2 % below what was measured where that is more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from models import locate_models
from openface_core.action_units.models import ActionUnitModels
from openface_core.agreement import (
    VARYING_INTENSITY_SD,
    TableAgreement,
    compare_tables,
    equal_share,
)
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.settings import RunSettings
from openface_core.inference import OnnxSettings
from pipelines.comparison.action_units import intensity_columns, presence_columns
from pipelines.comparison.openface_output import (
    EYE_LANDMARK_COLUMNS,
    GAZE_ANGLE_COLUMNS,
    POSE_COLUMNS,
    OpenFaceOutput,
    read_openface_output,
    table_values,
)
from pipelines.configuration.config_file import load_settings
from tests.twins.sequential_analysis import analyse_video
from transforms.dataset.provenance import RunProvenance
from transforms.records import VideoTask

CLNF_MEAN_R = {
    ("openface22", "subj01"): 0.999,
    ("openface22", "glasses"): 0.999,
    ("openface22", "expressive"): 0.975,
    ("default", "subj01"): 0.93,
    ("default", "glasses"): 0.98,
    ("default", "expressive"): 0.95,
}
CLNF_EQUAL_PRESENCES = {
    ("openface22", "subj01"): 0.999,
    ("openface22", "glasses"): 0.99,
    ("openface22", "expressive"): 0.975,
    ("default", "subj01"): 0.98,
    ("default", "glasses"): 0.96,
    ("default", "expressive"): 0.93,
}
CLNF_EQUAL_SUCCESS = 0.99
CLNF_EYE_LANDMARKS_MEAN_PX = 1.0
CLNF_GAZE_ANGLE_R = 0.9
CLNF_GAZE_ANGLES_MEAN_R = 0.9  # of both, with the frames below

# expressive, counted from 0: behind the hand the C++ program fails in frame 98 and begins anew from
# its own detector; until the hand moves on, the two have the closed eyes at different places.
LOST_BY_THE_CPP_PROGRAM = slice(94, 109)
BEHIND_THE_HAND = slice(85, 125)
SUCCESS_BEHIND_THE_HAND = {"openface22": 0.95, "default": 0.95, "fast": 0.9}

GENUINE_MEAN_R = 0.815
"""0.818 on AMD processors without AVX-512, 0.821 on Intel's with it: last digits decide which way a
face of few pixels' motion is followed."""
GENUINE_EQUAL_PRESENCES = 0.98
GENUINE_ROTATION_MEAN_RADIANS = 0.017  # pitch; OpenFace with CLNF differs by 0.016
GENUINE_TX_TY_MEAN_MM = 0.53  # OpenFace with CLNF: 0.52

# face_noface_vfr.mov: a face up to here, then a black frame, then a cartoon.
FRAMES_WITH_FACE = 72
SUCCESS_OF_MULTI_FACE = 0.99

LEAST_VARYING_UNITS = 11
NAMES = ("subj01", "glasses", "expressive")


@dataclass(frozen=True, eq=False)
class Comparison:
    """A preset's table of a video beside OpenFace's."""

    table: pa.Table
    reference: OpenFaceOutput
    models: ActionUnitModels

    def pair(self, names: tuple[str, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
        return table_values(self.table, names), self.reference.values(names)

    @property
    def success(self) -> NDArray[np.bool_]:
        return self.table["success"].to_numpy()

    @cached_property
    def intensities(self) -> TableAgreement:
        names = intensity_columns(self.models)
        return compare_tables(*self.pair(names), VARYING_INTENSITY_SD)

    @property
    def equal_presences(self) -> float:
        return equal_share(*self.pair(presence_columns(self.models)))


@cache
def engine_of(reference: Path, preset: str) -> tuple[RunSettings, Engine]:
    settings = replace(load_settings(preset), onnxruntime=OnnxSettings("cpu"))
    return settings, load_engine(locate_models(reference, settings.models), settings)


@cache
def table_of(reference: Path, preset: str, video: str) -> pa.Table:
    """Return what the main job finds in a reference video."""
    settings, engine = engine_of(reference, preset)
    task = VideoTask("v", str(reference / "videos" / video))
    run = RunProvenance(settings.as_dict())
    return analyse_video(task, engine, settings, run, lambda: None).result.table


def success_of(reference: Path, preset: str, video: str) -> NDArray[np.bool_]:
    return table_of(reference, preset, video)["success"].to_numpy()


def compare(reference: Path, preset: str, name: str, csv: Path) -> Comparison:
    models = engine_of(reference, preset)[1].video_models
    units = (intensity_columns(models), presence_columns(models))
    eyes = (*EYE_LANDMARK_COLUMNS, *GAZE_ANGLE_COLUMNS)
    found = read_openface_output(str(csv), (*units[0], *units[1], *POSE_COLUMNS), eyes)
    return Comparison(table_of(reference, preset, f"{name}.mp4"), found, models)


@pytest.fixture(scope="module", autouse=True)
def _free_the_models() -> Iterator[None]:
    yield
    engine_of.cache_clear()
    table_of.cache_clear()


def _cases(presets: tuple[str, ...], quick: set[tuple[str, str]]) -> list[object]:
    """Return every preset with every video; the default run has the quick ones only."""
    return [
        pytest.param(preset, name, marks=() if (preset, name) in quick else pytest.mark.slow)
        for preset in presets
        for name in NAMES
    ]


@pytest.fixture
def clnf(reference: Path, preset: str, name: str) -> Comparison:
    return compare(
        reference, preset, name, reference / "golden" / name / "clnf_feature_extraction.csv"
    )


@pytest.mark.parametrize(
    ("preset", "name"),
    _cases(("openface22", "default"), {("openface22", "glasses"), ("default", "subj01")}),
)
class TestAgainstClnf:
    def test_action_units(self, clnf: Comparison, preset: str, name: str) -> None:
        assert len(clnf.intensities.varying) >= LEAST_VARYING_UNITS
        assert clnf.intensities.mean_r >= CLNF_MEAN_R[preset, name]
        assert clnf.equal_presences >= CLNF_EQUAL_PRESENCES[preset, name]

    def test_success(self, clnf: Comparison) -> None:
        assert np.mean(clnf.success == clnf.reference.success) >= CLNF_EQUAL_SUCCESS

    def test_landmarks_of_the_eyes(self, clnf: Comparison) -> None:
        difference = np.subtract(*clnf.pair(EYE_LANDMARK_COLUMNS))
        x, y = np.split(difference, 2, axis=1)
        both = clnf.success & clnf.reference.success
        assert np.hypot(x, y)[both].mean() <= CLNF_EYE_LANDMARKS_MEAN_PX

    def test_gaze(self, clnf: Comparison, name: str) -> None:
        measured, expected = clnf.pair(GAZE_ANGLE_COLUMNS)
        assert compare_tables(measured, expected).mean_r >= CLNF_GAZE_ANGLES_MEAN_R
        if name == "expressive":
            measured[LOST_BY_THE_CPP_PROGRAM] = np.nan
        assert compare_tables(measured, expected).least_r >= CLNF_GAZE_ANGLE_R


@pytest.mark.parametrize("preset", ["default"])
class TestAgainstGenuine:
    @pytest.fixture
    def genuine(self, reference: Path, preset: str) -> Comparison:
        return compare(reference, preset, "subj01", reference / "videos" / "subj01.openface.csv")

    def test_action_units(self, genuine: Comparison) -> None:
        assert genuine.intensities.mean_r >= GENUINE_MEAN_R
        assert genuine.equal_presences >= GENUINE_EQUAL_PRESENCES

    def test_pose(self, genuine: Comparison) -> None:
        found = compare_tables(*genuine.pair(POSE_COLUMNS))
        tx, ty, _, *rotation = (column.mean_absolute_difference for column in found.columns)
        assert max(tx, ty) <= GENUINE_TX_TY_MEAN_MM
        assert max(rotation) <= GENUINE_ROTATION_MEAN_RADIANS

    def test_success(self, genuine: Comparison) -> None:
        assert genuine.success.all()
        assert genuine.reference.success.all()


@pytest.mark.parametrize(
    "preset",
    [
        "default",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("fast", "openface22")),
    ],
)
class TestSuccess:
    def test_ends_with_the_face(self, reference: Path, preset: str) -> None:
        success = success_of(reference, preset, "face_noface_vfr.mov")
        np.testing.assert_array_equal(np.flatnonzero(success), np.arange(FRAMES_WITH_FACE))

    def test_without_a_face(self, reference: Path, preset: str) -> None:
        assert not success_of(reference, preset, "no_face.mp4").any()

    @pytest.mark.slow
    def test_with_turned_heads(self, reference: Path, preset: str) -> None:
        assert success_of(reference, preset, "multi_face.avi").mean() >= SUCCESS_OF_MULTI_FACE

    @pytest.mark.slow
    def test_behind_a_hand(self, reference: Path, preset: str) -> None:
        hand = success_of(reference, preset, "expressive.mp4")[BEHIND_THE_HAND]
        assert hand.mean() >= SUCCESS_BEHIND_THE_HAND[preset]
