"""What Python users are shown of an analysis."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openface_beam import Analyser, Analysis, export, report
from openface_core.errors import ConfigError, InputError, OutputError
from openface_core.media import open_media
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.runs.clip_corpus import IN_MEMORY


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser("embedded", progress=False)


@pytest.fixture(scope="module")
def analysis(analyser: Analyser, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    clip = write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", face_clip(6)[0])
    return analyser.video(clip)


def test_overlay(analysis: Analysis, tmp_path: Path) -> None:
    path = analysis.overlay(tmp_path / "new folder" / "seen.mp4", to_seconds=0.1)
    with open_media(str(path)) as media:
        assert len(list(media)) == 3
    assert [entry.name for entry in path.parent.iterdir()] == ["seen.mp4"]


def test_report(analysis: Analysis, tmp_path: Path) -> None:
    path = analysis.report(tmp_path / "seen.html")
    assert "<h1>clip</h1>" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("shown", ["overlay", "report"])
def test_the_input_is_never_overwritten(analysis: Analysis, tmp_path: Path, shown: str) -> None:
    clip = Path(analysis.task.uri)
    content = clip.read_bytes()
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    for name in (clip, link, clip.parent / "." / clip.name):
        with pytest.raises(OutputError, match="would be lost"):
            getattr(analysis, shown)(name)
    assert clip.read_bytes() == content
    assert list(clip.parent.iterdir()) == [clip]


def test_a_folder_is_no_place_for_a_page(analysis: Analysis, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="this is a folder"):
        analysis.report(tmp_path)


def test_what_cannot_be_written_is_not_said_to_be_unreadable(
    analysis: Analysis, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        analysis.report(tmp_path / "file" / "page.html")


@pytest.mark.parametrize("name", ["seen.png", "seen.xyz", "seen"])
def test_a_film_is_called_a_film(analysis: Analysis, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"a film \.mp4 would be written"):
        analysis.overlay(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_part_behind_the_end_has_no_overlay(analysis: Analysis, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it has no frame from 1000 s"):
        analysis.overlay(tmp_path / "seen.mp4", from_seconds=1000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"from_seconds": "a"}, "from_seconds"),
        ({"to_seconds": [3]}, "to_seconds"),
        ({"face_ids": ["0"]}, "face_ids"),
        ({"face_ids": "01"}, "face_ids"),
        ({"face_ids": [-1]}, "no face has this number"),
    ],
    ids=str,
)
def test_parts_and_faces_that_are_none_are_named(
    analysis: Analysis, tmp_path: Path, options: dict[str, Any], name: str
) -> None:
    with pytest.raises(ConfigError, match=name):
        analysis.overlay(tmp_path / "seen.mp4", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argument", ["sides", "progress"])
def test_what_is_neither_true_nor_false_is_named(argument: str) -> None:
    with pytest.raises(ConfigError, match=f"{argument}.*True or False is expected, found 'no'"):
        Analyser(**{argument: "no"})  # type: ignore[arg-type]


def test_plot(analysis: Analysis, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = analysis.plot()
    figure.savefig(tmp_path / "plot.png")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[0] == "AU01"
    assert (tmp_path / "plot.png").stat().st_size > 5000


def test_frames_in_memory_are_gone(analyser: Analyser, tmp_path: Path) -> None:
    found = analyser.frames([np.zeros((64, 64, 3), np.uint8)], 25.0)
    with pytest.raises(InputError, match="were in memory"):
        found.overlay(tmp_path / "seen.mp4")
    assert list(tmp_path.iterdir()) == []


def test_datasets(analysis: Analysis, tmp_path: Path) -> None:
    analysis.save(tmp_path / "results")
    options: dict[str, Any] = {"quiet": True, "beam": IN_MEMORY}
    assert export(tmp_path / "results", tmp_path / "exports", "csv", **options).written == 1
    assert (tmp_path / "exports" / "csv" / "clip.csv").is_file()
    assert report(tmp_path / "results", **options).index == str(
        tmp_path / "results" / "report" / "index.html"
    )
