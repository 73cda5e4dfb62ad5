"""Reading specifications of networks on a face, and refusing wrong ones by name."""

from pathlib import Path

import pytest

from openface_core.errors import ConfigError
from openface_core.face_networks import load_face_network_spec
from tests.fixtures.places import REPOSITORY

SHIPPED = sorted((REPOSITORY / "models" / "network_specs").glob("*.toml"))
GOOD = """
name = "net"
model = "net.onnx"
licence = "MIT"
citation = "none"

[input]
size_px = 112
layout = "nchw"
colour = "rgb"
scale = 1
mean = [0, 0, 0]
std = [1, 1, 1]

[crop]
rule = "five_points"
places = [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]

[[outputs]]
name = "embedding"
tensor = "who"
size = 128
unit = "none"
activation = "l2"

[[outputs]]
name = "mood"
tensor = "mood"
unit = "probability"
activation = "softmax"
columns = ["mood_good", "mood_bad"]
"""
BOX_CROP = 'rule = "box"\nside = 1.2\nshift_down = 0.1\nupright = true'
FIVE_POINTS = GOOD[GOOD.index('rule = "five') : GOOD.index("\n\n[[outputs]]")]


def write(folder: Path, text: str) -> Path:
    path = folder / "net.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_specification_is_read_in_full(tmp_path: Path) -> None:
    spec = load_face_network_spec(write(tmp_path, GOOD))
    assert (spec.name, spec.model, spec.licence, spec.citation) == (
        "net",
        "net.onnx",
        "MIT",
        "none",
    )
    assert spec.input.size_px == 112
    assert spec.places is not None
    assert spec.places[3] == (0.35, 0.8)
    assert spec.box is None
    assert [output.size for output in spec.outputs] == [128, 2]
    assert spec.embedding is spec.outputs[0]
    assert spec.columns == (("mood_good", "probability"), ("mood_bad", "probability"))


def test_a_crop_may_follow_the_box_of_the_landmarks(tmp_path: Path) -> None:
    spec = load_face_network_spec(write(tmp_path, GOOD.replace(FIVE_POINTS, BOX_CROP)))
    assert spec.places is None
    assert spec.box is not None
    assert (spec.box.side, spec.box.shift_down, spec.box.upright) == (1.2, 0.1, True)


WRONG = [
    ('name = "net"', "", "'name' is missing"),
    ('model = "net.onnx"', 'model = "../net.onnx"', "without folders"),
    ('model = "net.onnx"', 'model = "c:net.onnx"', "without folders"),
    ("size_px = 112", "size_px = 100000", "'input.size_px'"),
    ("std = [1, 1, 1]", "std = [1, 0, 1]", "'input.std'"),
    ("scale = 1\n", f"scale = 1{'0' * 400}\n", "'input.scale'"),
    ("mean = [0, 0, 0]", f"mean = [0, 0, 1{'0' * 400}]", "'input.mean'"),
    ('rule = "five_points"', 'rule = "six_points"', "five_points, box"),
    ("[0.3, 0.4], ", "", "5 points"),
    ("[0.3, 0.4]", "[0.3]", "5 points"),
    ("[0.3, 0.4]", "[nan, 0.4]", "5 points"),
    ("[0.3, 0.4]", "[true, 0.4]", "5 points"),
    ("[0.3, 0.4]", "[0.3, 7.0]", "'crop.places'"),
    ('rule = "five_points"', 'rule = "five_points"\nside = 1.0', "unknown key"),
    ("size = 128", "size = 1000000", "'outputs[0].size'"),
    ("size = 128", "", "'outputs[0].size' is missing"),
    ('tensor = "who"', "", "'outputs[0].tensor'"),
    ('activation = "softmax"', 'activation = "relu"', "none, softmax, sigmoid, l2"),
    ('activation = "l2"', 'activation = "none"', "embedding"),
    ('unit = "none"', "", "'outputs[0].unit' is missing"),
    ('"mood_good", "mood_bad"', '"mood_good", "Mood_Good"', "each name once"),
    ('"mood_good", "mood_bad"', '"mood good", "mood_bad"', "letters, digits"),
    ('"mood_good", "mood_bad"', '"mood_good", 7', "texts"),
    ('["mood_good", "mood_bad"]', "[]", "texts"),
    ('name = "mood"', 'name = "embedding"', "embedding"),
    ('unit = "probability"', 'unit = "probability"\ncolour = "red"', "unknown key"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_wrong_one_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_face_network_spec(path)
    assert message in str(caught.value)
    assert caught.value.subject == str(path)


def test_points_in_one_place_cannot_be_aligned(tmp_path: Path) -> None:
    places = "places = [" + ", ".join(["[0.5, 0.5]"] * 5) + "]"
    text = GOOD.replace(FIVE_POINTS.splitlines()[1], places)
    with pytest.raises(ConfigError, match="different places"):
        load_face_network_spec(write(tmp_path, text))


def test_two_outputs_with_one_name_are_refused(tmp_path: Path) -> None:
    text = GOOD + '\n[[outputs]]\nname = "mood"\ntensor = "b"\nsize = 1\nunit = "1"\n'
    with pytest.raises(ConfigError, match="each name once"):
        load_face_network_spec(write(tmp_path, text + 'activation = "none"\n'))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name = ", b"a" * 70_000, b"[" * 40_000])
def test_what_is_no_specification_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load_face_network_spec(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_face_network_spec(tmp_path / "none.toml")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_ones_are_good(path: Path) -> None:
    assert load_face_network_spec(path).name == path.stem


def test_openface_3_has_18_columns() -> None:
    path = REPOSITORY / "models" / "network_specs" / "openface3_multitask.toml"
    spec = load_face_network_spec(path)
    names = [name for name, _ in spec.columns]
    assert len(names) == 18
    assert all(name.startswith("of3_") for name in names)
    assert spec.embedding is None
