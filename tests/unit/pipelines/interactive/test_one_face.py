"""What the words on one face promise: of the section ``[faces]``, and of the column ``face_id``."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from openface_core.face_tracking import FacesSettings
from pipelines.interactive import Analyser
from tests.fixtures.faces.clips import HEIGHT_PX, WIDTH_PX, face_clip, write_clip, write_landmarks
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_models

# With more than one face each of these does something: nobody is as wide.
OTHERS = "max = 1\nmin_px = 9000.0\nevery_frames = 1\nidentify = 'off'\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"), with_networks=True)


def analyser(models: Path, folder: Path, faces: str) -> Analyser:
    config = write_config(folder / "config.toml", models, every_frames=4)
    config.write_text(f"{config.read_text()}[faces]\n{faces}")
    return Analyser(models, config, progress=False)


def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    seen = [rng.integers(20, 230, (HEIGHT_PX, WIDTH_PX, 3)).astype(np.uint8) for _ in range(6)]
    return [*seen[:3], np.zeros_like(seen[0]), *seen[3:]]


def words_on_face_id(table: pa.Table) -> str:
    return table.schema.field("face_id").metadata[b"description"].decode()


def test_the_other_settings_do_nothing_with_one_face(models: Path, tmp_path: Path) -> None:
    several = [analyser(models, tmp_path, more).frames(pictures(), 25) for more in ("", OTHERS)]
    assert [found.frames["success"].any() for found in several] == [True, False]
    widest = "select = 'widest'\n"
    one, other = (
        analyser(models, tmp_path, widest + more).frames(pictures(), 25).measured.table
        for more in ("", OTHERS)
    )
    assert one["success"].to_pylist().count(True) >= 6
    assert one.equals(other)
    assert "the other keys do nothing" in (FacesSettings.__doc__ or "")


def test_one_face_has_its_number_without_being_seen(models: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4")
    seen = [True, False, True, True, False, True]
    points = write_landmarks(tmp_path / "v.csv", face_clip()[1], seen)
    given = analyser(models, tmp_path, "").video(clip, landmarks=points).measured.table
    assert given["success"].to_pylist() == seen
    assert given["face_id"].to_pylist() == [0] * 6
    assert "0 in all frames where one face is followed" in words_on_face_id(given)
    widest = "select = 'widest'\n"
    black = [np.zeros_like(picture) for picture in pictures()]
    nobody = analyser(models, tmp_path, widest).frames(black, 25).measured.table
    assert nobody["success"].to_pylist() == [False] * 7
    assert nobody["face_id"].to_pylist() == [0] * 7
