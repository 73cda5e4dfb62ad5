"""The demo corpus with the models that come with the program: measurements follow the script."""

from pathlib import Path

import pytest

from models import EMBEDDED_PACK, default_registry
from models.store import default_store, store_of
from pipelines.demo import main
from pipelines.demo_corpus.arguments import RESULTS_FOLDER
from pipelines.demo_corpus.script import CLIPS
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
from transforms.plan.folders import is_side_file

ROLL_TOLERANCE_RAD = 0.05

PACK = default_registry().packs[EMBEDDED_PACK]

pytestmark = pytest.mark.skipif(
    not all(check.is_there for check in store_of(PACK, default_store()).check(PACK)),
    reason="models/embedded is not complete",
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> MeasuredDemo:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("demo")
    assert main(["--output", str(folder), "--run", "--quiet"]) == 0
    return read_demo(folder)


def test_there_is_a_report(demo: MeasuredDemo) -> None:
    folder = demo.folder / RESULTS_FOLDER / "report"
    pages = {path.stem for path in (folder / "report").iterdir()}
    assert pages == {Path(clip.name).stem for clip in CLIPS}
    assert "brows_and_smile" in (folder / "index.html").read_text(encoding="utf-8")
    # A pattern that reaches the results takes none of its files for an input.
    written = [path for path in folder.parent.rglob("*") if path.is_file()]
    assert [path.name for path in written if not is_side_file(path.name)] == []


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
