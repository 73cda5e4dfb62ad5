"""One-sided actions, with the script's own landmarks: each side is seen by itself."""

import csv
from pathlib import Path

import pytest

from pipelines.demo_corpus.corpus import write_corpus
from pipelines.demo_corpus.face_mesh import build_face_mesh
from pipelines.demo_corpus.measurement import Rise, measure_corpus
from pipelines.demo_corpus.script import CLIPS, Clip
from pipelines.demo_corpus.staging import LANDMARK_COUNT, landmarks_px
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.runs.demo_checks import check_equal_sides, check_sides

NAMES = ("brows_and_smile.mp4", "jaw_and_blinks.mkv", "one_sided.mp4")
CHOSEN = tuple(clip for clip in CLIPS if clip.name in NAMES)

MOST_ON_OTHER = 0.15


def write_landmarks(clip: Clip, path: Path) -> None:
    mesh = build_face_mesh()
    points = range(LANDMARK_COUNT)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["frame", "success", *(f"{axis}_{k}" for axis in "xy" for k in points)])
        for number, time_s in enumerate(clip.frame_times_s(), 1):
            landmarks = landmarks_px(clip, 0, mesh, time_s)
            writer.writerow([number, 1, *landmarks[:, 0], *landmarks[:, 1]])


@pytest.fixture(scope="module")
def rises(tmp_path_factory: pytest.TempPathFactory) -> list[Rise]:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("sides")
    clips = write_corpus(folder, CHOSEN).clips_folder
    given = folder / "landmarks"
    given.mkdir()
    for clip in CHOSEN:
        write_landmarks(clip, given / f"{Path(clip.name).stem}.csv")
    run(
        RunArguments(
            inputs=tuple(str(clips / name) for name in NAMES),
            output=str(folder / "results"),
            models="embedded",
            landmarks=str(given),
            sides=True,
            quiet=True,
        )
    )
    return [r for m in measure_corpus(str(folder / "results"), CHOSEN) for r in m.rises]


def test_a_one_sided_action_is_seen_on_its_side_alone(rises: list[Rise]) -> None:
    check_sides(rises, dict.fromkeys(("AU01", "AU02", "AU06", "AU12", "AU45"), MOST_ON_OTHER))


def test_actions_of_both_sides_rise_alike(rises: list[Rise]) -> None:
    check_equal_sides(rises, {"AU01", "AU02", "AU12", "AU45"})
