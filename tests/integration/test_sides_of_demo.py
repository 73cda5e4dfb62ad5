"""One-sided actions, with the script's own landmarks: each side is seen by itself."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.demo_corpus.corpus import write_corpus
from pipelines.demo_corpus.face_mesh import build_face_mesh
from pipelines.demo_corpus.measurement import ClipMeasurement, Rise, measure_corpus
from pipelines.demo_corpus.script import CLIPS, Clip
from pipelines.demo_corpus.staging import LANDMARK_COUNT, landmarks_px
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.faces.mirror import MIRROR
from tests.fixtures.runs.demo_checks import (
    EQUAL_SIDES_SHARE,
    MOST_ON_OTHER_SIDE,
    check_equal_sides,
    check_sides,
)

PORTRAIT, ONE_SIDED = ("brows_and_smile.mp4", "jaw_and_blinks.mkv"), "one_sided.mp4"
SYMMETRIC = "both_sides.mp4"


def in_a_mirror(clip: Clip) -> Clip:
    faces = tuple(replace(face, mirrored=True) for face in clip.faces)
    return replace(clip, name=f"mirrored_{clip.name}", faces=faces)


PLAIN = tuple(clip for clip in CLIPS if clip.name in (*PORTRAIT, ONE_SIDED, SYMMETRIC))
MIRRORED = tuple(in_a_mirror(clip) for clip in CLIPS if clip.name in PORTRAIT)
CHOSEN = PLAIN + MIRRORED

MOST_ON_OTHER = 0.1


def write_landmarks(clip: Clip, path: Path) -> None:
    mesh = build_face_mesh()
    points = range(LANDMARK_COUNT)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["frame", "success", *(f"{axis}_{k}" for axis in "xy" for k in points)])
        for number, time_s in enumerate(clip.frame_times_s(), 1):
            landmarks = landmarks_px(clip, 0, mesh, time_s)
            if clip.faces[0].mirrored:
                landmarks = landmarks[MIRROR]
            writer.writerow([number, 1, *landmarks[:, 0], *landmarks[:, 1]])


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ClipMeasurement]:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("sides")
    clips = write_corpus(folder, CHOSEN).clips_folder
    given = folder / "landmarks"
    given.mkdir()
    for clip in CHOSEN:
        write_landmarks(clip, given / f"{Path(clip.name).stem}.csv")
    run(
        RunArguments(
            inputs=tuple(str(clips / clip.name) for clip in CHOSEN),
            output=str(folder / "results"),
            models="embedded",
            landmarks=str(given),
            sides=True,
            quiet=True,
        )
    )
    return {one.clip.name: one for one in measure_corpus(str(folder / "results"), CHOSEN)}


@pytest.fixture(scope="module")
def rises(measured: dict[str, ClipMeasurement]) -> list[Rise]:
    return [rise for clip in PLAIN for rise in measured[clip.name].rises]


def test_a_one_sided_action_is_seen_on_its_side_alone(rises: list[Rise]) -> None:
    most = dict.fromkeys(("AU01", "AU02", "AU06", "AU45"), MOST_ON_OTHER)
    # The still corner of the mouth falls a little.
    check_sides(rises, most | {"AU12": MOST_ON_OTHER_SIDE})


def test_actions_of_a_symmetric_face_rise_alike(measured: dict[str, ClipMeasurement]) -> None:
    rises = measured[SYMMETRIC].rises
    check_equal_sides(rises, {rise.action_unit for rise in rises})


def test_some_actions_of_the_portrait_do(measured: dict[str, ClipMeasurement]) -> None:
    rises = [rise for name in PORTRAIT for rise in measured[name].rises]
    check_equal_sides(rises, {"AU02", "AU12", "AU45"})


def test_a_picture_and_its_mirror_image_have_the_same_sides_exchanged(
    measured: dict[str, ClipMeasurement],
) -> None:
    """The portrait's halves differ; together with its mirror image they do not."""
    units = set()
    for clip, mirrored in zip(PLAIN, MIRRORED, strict=False):
        pairs = zip(measured[clip.name].rises, measured[mirrored.name].rises, strict=True)
        for plain, turned in pairs:
            left, right = (
                (one.height + other.height) / 2
                for one, other in zip(plain.sides, turned.sides, strict=True)
            )
            print(f"{plain.action_unit} {left:.2f} {right:.2f}")
            assert abs(left - right) <= EQUAL_SIDES_SHARE * max(left, right), plain
            units.add(plain.action_unit)
    assert units == {"AU01", "AU02", "AU06", "AU12", "AU25", "AU26", "AU45"}
