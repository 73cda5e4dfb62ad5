from pathlib import Path

import pytest

from openface_core.errors import ConfigError, InputError
from pipelines.comparison.arguments import ValidateArguments
from pipelines.comparison.tracking import Track

NAMES = (
    *("detection_success", "certainty", "likelihood", "failures"),
    *("sc", "rx", "ry", "rz", "tx", "ty"),
    *("p0", "p1"),
    *(f"{axis}{k}" for axis in "xy" for k in range(68)),
)


def write(path: Path, rows: list[dict[str, object]], names: tuple[str, ...] = NAMES) -> Path:
    lines = [",".join(names)]
    lines += [",".join(str(row.get(name, 1.0)) for name in names) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_frames_that_follow_a_trusted_one(tmp_path: Path) -> None:
    trusted: dict[str, object] = {"detection_success": 1, "failures": -1}
    lost: dict[str, object] = {"detection_success": 0, "failures": 0}
    rows = [trusted, trusted, lost, trusted, trusted]
    track = Track(write(tmp_path / "track.csv", rows), 2)
    assert [track.follows(i) for i in range(6)] == [False, True, False, False, True, False]
    assert track.fit(0).shape_parameters.shape == (2,)
    assert track.landmarks([0, 4]).shape == (2, 68, 2)


@pytest.mark.parametrize(
    ("rows", "names", "cause"),
    [
        ([{}], NAMES[1:], "detection_success"),
        ([{"p1": "x"}], NAMES, "no number"),
        ([{"p1": "nan"}], NAMES, "not finite"),
    ],
)
def test_a_track_that_cannot_be_used_is_refused(
    tmp_path: Path, rows: list[dict[str, object]], names: tuple[str, ...], cause: str
) -> None:
    with pytest.raises(InputError, match=cause):
        Track(write(tmp_path / "track.csv", rows, names), 2)


def test_a_missing_track_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Track(tmp_path / "nothing.csv", 2)


def test_there_must_be_something_to_compare_with() -> None:
    with pytest.raises(ConfigError, match="--track"):
        ValidateArguments("a.mp4")
    assert ValidateArguments("a.mp4", track="a.csv").track == "a.csv"
