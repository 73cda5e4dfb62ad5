"""Two videos side by side in one picture: each person is measured as in the video alone."""

from itertools import islice
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest

from models import locate_models
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine
from pipelines.configuration.config_file import load_settings
from tests.fixtures.media.writing import write_video

FRAMES = 170  # two intervals
INTENSITY_MOST, INTENSITY_MEAN = 0.01, 0.0002
EQUAL_PRESENCE = 0.9995

pytestmark = pytest.mark.slow


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        frames = islice(container.decode(video=0), FRAMES)
        return [frame.to_ndarray(format="bgr24") for frame in frames]


def columns(table: pd.DataFrame, kind: str) -> np.ndarray:
    names = [name for name in table if name.startswith("AU") and name.endswith(kind)]
    return table[names].to_numpy(dtype=np.float64)


def beside(pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Both pictures in one, black below the lower one."""
    height = max(len(picture) for picture in pair)
    return np.hstack([np.pad(p, ((0, height - len(p)), (0, 0), (0, 0))) for p in pair])


# A hand comes before the face of the second; the last picture is 1720 pixels wide.
@pytest.mark.parametrize("names", [("glasses", "expressive"), ("expressive", "subj01")])
def test_side_by_side_is_as_alone(reference: Path, tmp_path: Path, names: tuple[str, str]) -> None:
    settings = load_settings("default")
    analyser = Analyser(load_engine(locate_models(reference, settings.models), settings), settings)
    both = [pictures(reference / "videos" / f"{name}.mp4") for name in names]
    both = [frames[: min(map(len, both))] for frames in both]

    def analysed(name: str, frames: list[np.ndarray]) -> pd.DataFrame:
        path = tmp_path / f"{name}.mkv"
        write_video(path, frames, codec="ffv1", pixel_format="bgr0")
        return analyser.video(str(path)).table.to_pandas()

    together = analysed("both", [beside(pair) for pair in zip(*both, strict=True)])
    middle = both[0][0].shape[1]
    place = together.groupby("face_id")["x_30"].mean()
    assert sorted(place >= middle) == [False, True]
    for name, frames, is_right in zip(names, both, (False, True), strict=True):
        alone = analysed(name, frames)
        (face_id,) = place.index[(place >= middle) == is_right]
        other = together[together["face_id"] == face_id]
        pairs = alone.merge(other[["frame"]], on="frame"), other
        low, high = (columns(table, "_r") for table in pairs)
        away = np.abs(low - high)
        assert len(other) >= 0.95 * len(alone)
        assert np.nanmax(away) <= INTENSITY_MOST, name
        assert np.nanmean(away) <= INTENSITY_MEAN, name
        first, second = (columns(table, "_c") for table in pairs)
        equal = np.isclose(first, second, equal_nan=True)
        assert equal.mean() >= EQUAL_PRESENCE, name
