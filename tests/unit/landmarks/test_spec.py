"""Reading landmark specifications, and refusing wrong ones by name."""

from pathlib import Path

import pytest

from openface_core.errors import ConfigError
from openface_core.landmarks import load_landmark_spec
from tests.fixtures.places import REPOSITORY

GOOD = """
name = "net"
model = "net.onnx"
convention = "ibug68"
licence = "MIT"
citation = "none"

[input]
size_px = 112
layout = "nchw"
colour = "rgb"
scale = 1
mean = [0, 0, 0]
std = [1, 1, 1]

[[passes]]
side = 1.2
shift_down = -0.05
upright = true

[output]
form = "coordinates"
row_length = 3
range = "zero_to_one"
grid = "pixel_edges"

[presence]
tensor = "face"
logit = true
threshold = 0.5
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "net.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_specification_is_read_in_full(tmp_path: Path) -> None:
    spec = load_landmark_spec(write(tmp_path, GOOD))
    assert (spec.name, spec.model, spec.convention) == ("net", "net.onnx", "ibug68")
    assert spec.input.tensor is None
    assert spec.input.std == (1.0, 1.0, 1.0)
    assert [(p.side, p.shift_down, p.upright) for p in spec.passes] == [(1.2, -0.05, True)]
    assert spec.output.row_length == 3
    assert spec.output.shift_px == (0.0, 0.0)
    assert spec.presence is not None
    assert spec.presence.threshold == 0.5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("size_px = 112", "size_px = 0", "'input.size_px': expected a whole number from 16 to"),
        ("size_px = 112", "size_px = 112.0", "found 112.0"),
        ("size_px = 112", "size_px = true", "found True"),
        ("size_px = 112", "", "'input.size_px' is missing"),
        ('layout = "nchw"', 'layout = "chw"', "expected one of nchw, nhwc, found 'chw'"),
        ("scale = 1", "scale = nan", "'input.scale'"),
        ("mean = [0, 0, 0]", "mean = [0, 0]", "'input.mean': expected a list of 3 numbers"),
        ("mean = [0, 0, 0]", 'mean = [0, "a", 0]', "'input.mean'"),
        ("mean = [0, 0, 0]", "mean = [1e39, 0, 0]", "'input.mean'"),
        ("std = [1, 1, 1]", "std = [1, 0, 1]", "'input.std': expected numbers other than zero"),
        ("std = [1, 1, 1]", "std = [1, 1, 1]\nstdd = 1", "unknown key.* 'input.stdd'"),
        ('name = "net"', 'name = "net"\ntitle = "x"', "unknown key.* 'title'"),
        ('name = "net"', 'name = " "', "'name': expected a text that is not empty"),
        ("side = 1.2", "side = 0", r"'passes\[0\].side'"),
        ("upright = true", "upright = 1", r"'passes\[0\].upright': expected true or false"),
        ("[[passes]]", "[passes]", "expected a table|expected 1 to 4 tables"),
        ('form = "coordinates"', 'form = "heatmaps"', "unknown key.* 'output.range'"),
        ('"ibug68"', '"ibug49"', "expected one of ibug68, wflw98"),
        ('"net.onnx"', '"../net.onnx"', "without folders"),
        ('"net.onnx"', '"C:net.onnx"', "without folders"),
        ("logit = true", "", "'presence.logit' is missing"),
        ("[input]", "[input", "not a TOML file"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError, match=words) as error:
        load_landmark_spec(path)
    assert error.value.subject == str(path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_landmark_spec(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="larger than"):
        load_landmark_spec(write(tmp_path, "#" * 100_000))
    (tmp_path / "latin.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(ConfigError, match="not a TOML file"):
        load_landmark_spec(tmp_path / "latin.toml")


SHIPPED = sorted((REPOSITORY / "models" / "landmark_specs").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_specifications_are_sound(path: Path) -> None:
    spec = load_landmark_spec(path)
    assert spec.name == path.stem
    assert len(spec.passes) == 2


def test_these_specifications_are_shipped() -> None:
    assert {p.stem for p in SHIPPED} >= {
        "ghostone98", "cunjian_mobilefacenet68", "openseeface_lm_model0", "mp_face_landmark",
        "star98", "embedded68", "embedded68_openface",
    }  # fmt: skip
