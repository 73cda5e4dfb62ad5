"""The demo corpus with OpenFace's models: what is measured follows the script."""

from pathlib import Path

import pytest

from pipelines.demo import main
from tests.fixtures.runs.demo_checks import (
    MeasuredDemo,
    check_both_sides,
    check_errors,
    check_eye_openings,
    check_one_sided,
    check_rises,
    check_roll,
    check_success,
    read_demo,
)

ROLL_TOLERANCE_RAD = 0.03

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> MeasuredDemo:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("demo")
    argv = ["--output", str(folder), "--run", "--models", str(reference), "--quiet"]
    assert main(argv) == 0
    return read_demo(folder)


def test_action_units_rise(demo: MeasuredDemo) -> None:
    check_rises(demo)


def test_one_sided_actions_are_seen_on_their_side(demo: MeasuredDemo) -> None:
    check_one_sided(demo)


def test_actions_of_both_sides_rise_alike(demo: MeasuredDemo) -> None:
    check_both_sides(demo)


def test_an_eye_that_shuts_alone(demo: MeasuredDemo) -> None:
    check_eye_openings(demo)


def test_the_head_rolls_as_in_the_script(demo: MeasuredDemo) -> None:
    check_roll(demo, ROLL_TOLERANCE_RAD)


def test_faces_are_found_where_they_are(demo: MeasuredDemo) -> None:
    check_success(demo)


def test_the_broken_file_is_the_only_error(demo: MeasuredDemo) -> None:
    check_errors(demo)
