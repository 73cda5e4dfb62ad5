"""The landmark stage as a whole, with networks whose answer is known."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from openface_core.errors import ModelFileError
from openface_core.inference import OnnxSettings
from openface_core.landmarks import LandmarkNetwork, LandmarkSpec, load_landmark_spec
from openface_core.landmarks.conventions import to_ibug68
from openface_core.landmarks.crop import CropSquare, square_from_box, square_from_landmarks
from openface_core.landmarks.spec import CropRule, NetworkInput, NetworkOutput, PresenceOutput
from tests.fixtures.places import REPOSITORY
from tests.fixtures.synthetic_models.networks import bright_spot_network, constant_network

CPU = OnnxSettings("cpu")
PLACE_TOLERANCE_PX = 0.05
SIZE = 64
SPEC = LandmarkSpec(
    name="synthetic",
    model="synthetic.onnx",
    convention="ibug68",
    licence="MIT",
    citation="none",
    input=NetworkInput(None, SIZE, "nchw", "rgb", 1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    passes=(CropRule(1.0, 0.0, True),),
    output=NetworkOutput("points", "coordinates", 2, "pixels", "pixel_centres", (0.0, 0.0), 1.0),
    presence=None,
)
BOX = np.array([100, 80, 200, 180], dtype=np.float32)
PICTURE = np.zeros((240, 320, 3), dtype=np.uint8)


def constellation(count: int, spread: float) -> np.ndarray:
    """Points around a centre whose 68-point eyes lie level and whose nose tip is the centre."""
    points = np.random.default_rng(count).uniform(-spread, spread, (count, 2))
    index = to_ibug68(
        np.repeat(np.arange(count, dtype=np.float32)[:, None], 2, axis=1),
        {68: "ibug68", 98: "wflw98"}[count],
    )[:, 0].astype(int)
    points[index[36:42]] = [-spread / 2, -spread / 3]
    points[index[42:48]] = [spread / 2, -spread / 3]
    points[index[30]] = 0.0
    return points.astype(np.float32)


def spot_picture(x: float, y: float, colour: tuple[int, int, int]) -> np.ndarray:
    yy, xx = np.mgrid[:360, :480]
    blob = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * 9.0**2))
    return np.round(blob[..., None] * np.array(colour)).astype(np.uint8)


def constant(
    path: Path, points: np.ndarray, spec: LandmarkSpec = SPEC, presence: float | None = None
) -> LandmarkNetwork:
    outputs = {"points": points[None].astype(np.float32)}
    if presence is not None:
        outputs["face"] = np.full((1, 1), presence, dtype=np.float32)
    file = constant_network(path / "net.onnx", (1, 3, SIZE, SIZE), outputs)
    return LandmarkNetwork(spec, file, CPU)


def star(path: Path) -> tuple[LandmarkNetwork, np.ndarray]:
    """STAR's signature: 1 x 3 x 256 x 256, BGR in -1..1, to 98 points in -1..1 over the edges."""
    offsets = constellation(98, 70.0)
    # The spot is blue, so its channel is the first of BGR; black is -1.
    file = bright_spot_network(
        path / "star98.onnx", 256, offsets, 2 / 256, 1 / 256 - 1, channel=0, black=-1.0
    )
    spec = load_landmark_spec(REPOSITORY / "models" / "landmark_specs" / "star98.toml")
    return LandmarkNetwork(spec, file, CPU), offsets


@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_star_end_to_end(tmp_path: Path, degrees: float) -> None:
    """Picture to tensor to network to frame: points are where the convention says."""
    network, offsets = star(tmp_path)
    spot = np.array([231.3, 172.8])
    image = spot_picture(spot[0], spot[1], colour=(255, 0, 0))
    angle = math.radians(degrees)
    along = np.array([math.cos(angle), math.sin(angle)])
    five = np.zeros((5, 2), dtype=np.float32)
    five[0], five[1] = spot - 30 * along, spot + 30 * along
    box = np.array([150, 100, 310, 250], dtype=np.float32)
    first = dataclasses.replace(network.spec, passes=network.spec.passes[:1])
    once = LandmarkNetwork(first, tmp_path / "star98.onnx", CPU).locate(image, box, five)
    twice = network.locate(image, box, five)
    assert once is not None
    assert twice is not None
    for result, square in (
        (once, square_from_box(box, five, network.spec.passes[0])),
        (twice, square_from_landmarks(once.landmarks, network.spec.passes[1])),
    ):
        ibug = to_ibug68(offsets, "wflw98")
        turned = np.stack(
            [
                ibug[:, 0] * square.cos - ibug[:, 1] * square.sin,
                ibug[:, 0] * square.sin + ibug[:, 1] * square.cos,
            ],
            axis=1,
        )
        expected = spot + turned * square.side_px / 256
        np.testing.assert_allclose(result.landmarks, expected, atol=PLACE_TOLERANCE_PX)
        np.testing.assert_allclose(result.landmarks[30], spot, atol=PLACE_TOLERANCE_PX)
        assert (square.cos, square.sin) == pytest.approx(tuple(along), abs=1e-3)


def test_star_sees_blue_first(tmp_path: Path) -> None:
    network, _ = star(tmp_path)
    red = spot_picture(231.3, 172.8, colour=(0, 0, 255))
    blue = spot_picture(231.3, 172.8, colour=(255, 0, 0))
    box = np.array([150, 100, 310, 250], dtype=np.float32)
    one, other = network.locate(red, box), network.locate(blue, box)
    assert other is not None
    assert one is None or np.abs(one.landmarks - other.landmarks).max() > 1.0


def test_channels_last_and_red_first(tmp_path: Path) -> None:
    offsets = constellation(68, 15.0)
    file = bright_spot_network(
        tmp_path / "n.onnx", SIZE, offsets, 1 / SIZE, 0.5 / SIZE, 0, black=0.0, layout="nhwc"
    )
    spec = dataclasses.replace(
        SPEC,
        input=dataclasses.replace(SPEC.input, layout="nhwc"),
        output=NetworkOutput(None, "coordinates", 2, "zero_to_one", "pixel_edges", (0, 0), 1.0),
    )
    image = spot_picture(231.3, 172.8, colour=(0, 0, 255))
    box = np.array([150, 100, 310, 250], dtype=np.float32)
    result = LandmarkNetwork(spec, file, CPU).locate(image, box)
    assert result is not None
    expected = np.array([231.3, 172.8]) + offsets * 160 / SIZE
    np.testing.assert_allclose(result.landmarks, expected, atol=PLACE_TOLERANCE_PX)
    assert result.landmarks.dtype == np.float32


def test_the_same_frame_gives_the_same_bits_whatever_came_before(tmp_path: Path) -> None:
    network, _ = star(tmp_path)
    box = np.array([150, 100, 310, 250], dtype=np.float32)
    image = spot_picture(231.3, 172.8, colour=(255, 0, 0))
    first = network.locate(image, box)
    network.locate(spot_picture(200.0, 190.0, colour=(255, 0, 0)), box)
    again = network.locate(image, box)
    assert first is not None
    assert again is not None
    assert first.landmarks.tobytes() == again.landmarks.tobytes()


def sound_points() -> np.ndarray:
    return constellation(68, 20.0) + 31.5


def test_sound_points_are_reported(tmp_path: Path) -> None:
    result = constant(tmp_path, sound_points()).locate(PICTURE, BOX)
    assert result is not None
    assert result.presence is None
    np.testing.assert_allclose(result.landmarks[30], [150, 130], atol=1e-3)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: np.where(np.arange(68)[:, None] == 5, np.nan, p),
        lambda p: np.where(np.arange(68)[:, None] == 5, np.inf, p),
        lambda p: np.where(np.arange(68)[:, None] == 5, 1e4, p),
        lambda p: np.where(np.arange(68)[:, None] == 5, -40.0, p),
        lambda p: p * 0 + 30.0,
    ],
    ids=["nan", "infinite", "far away", "outside", "heap"],
)
def test_absurd_points_are_no_landmarks(tmp_path: Path, spoil: object) -> None:
    points = spoil(sound_points())  # type: ignore[operator]
    assert constant(tmp_path, points).locate(PICTURE, BOX) is None


def test_a_network_without_numbers_is_refused(tmp_path: Path) -> None:
    """As with weights that a conversion to half precision has spoilt."""
    with pytest.raises(ModelFileError, match="gives no numbers"):
        constant(tmp_path, np.full((68, 2), np.nan))


@pytest.mark.parametrize(
    "box",
    [[0, 0, 0, 10], [10, 0, 0, 10], [0, np.nan, 5, 5], [0, 0, 1, 1], [0, 0, 1e9, 1e9]],
)
def test_unusable_boxes_give_no_landmarks(tmp_path: Path, box: list[float]) -> None:
    network = constant(tmp_path, sound_points())
    assert network.locate(PICTURE, np.array(box, dtype=np.float32)) is None


@pytest.mark.parametrize(
    ("logit", "value", "probability"),
    [
        (True, 2.0, 1 / (1 + math.exp(-2))),
        (True, -2.0, None),
        (True, 900.0, 1.0),
        (True, -900.0, None),
        (False, 0.7, 0.7),
        (False, 0.3, None),
        (False, math.nan, None),
    ],
)
def test_presence_decides(
    tmp_path: Path, logit: bool, value: float, probability: float | None
) -> None:
    spec = dataclasses.replace(SPEC, presence=PresenceOutput("face", logit, 0.5))
    result = constant(tmp_path, sound_points(), spec, presence=value).locate(PICTURE, BOX)
    if probability is None:
        assert result is None
    else:
        assert result is not None
        assert result.presence == pytest.approx(probability, rel=1e-5)


def test_a_model_of_another_size_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="expected 68 rows of 2 numbers"):
        constant(tmp_path, constellation(98, 20.0))
    file = constant_network(
        tmp_path / "m.onnx", (1, 3, 32, 32), {"points": np.zeros((1, 136), np.float32)}
    )
    with pytest.raises(ModelFileError, match="expected the input"):
        LandmarkNetwork(SPEC, file, CPU)


def test_a_presence_that_is_not_one_number_is_refused(tmp_path: Path) -> None:
    spec = dataclasses.replace(SPEC, presence=PresenceOutput("points", True, 0.5))
    with pytest.raises(ModelFileError, match="expected one number"):
        constant(tmp_path, sound_points(), spec)


def test_arguments_of_the_wrong_kind_are_refused(tmp_path: Path) -> None:
    network = constant(tmp_path, sound_points())
    with pytest.raises(ValueError, match="uint8 image"):
        network.locate(PICTURE.astype(np.float32), BOX)
    with pytest.raises(ValueError, match="box"):
        network.locate(PICTURE, BOX[:3])
    with pytest.raises(ValueError, match="5 points"):
        network.locate(PICTURE, BOX, np.zeros((4, 2), dtype=np.float32))


def test_following_a_face_runs_the_last_pass_from_its_landmarks(tmp_path: Path) -> None:
    """Two passes from a detector's box, and one from the points that they gave, agree."""
    passes = (CropRule(0.9, 0.1, True), CropRule(1.2, -0.05, True))
    points = constellation(68, 20.0) + SIZE / 2
    network = constant(tmp_path, points, dataclasses.replace(SPEC, passes=passes))
    seen = np.asarray(constellation(68, 60.0) + 150, dtype=np.float32)
    square = square_from_landmarks(seen, passes[1])
    found = network.follow(PICTURE, seen)
    assert found is not None
    np.testing.assert_allclose(
        found.landmarks, square.to_frame(points.astype(np.float64), SIZE), atol=PLACE_TOLERANCE_PX
    )


def test_following_without_a_pass_from_landmarks_takes_the_box_of_a_detector(
    tmp_path: Path,
) -> None:
    points = constellation(68, 20.0) + SIZE / 2
    network = constant(tmp_path, points)
    seen = np.asarray(constellation(68, 60.0) + 150, dtype=np.float32)
    low, high = seen.min(axis=0), seen.max(axis=0)
    box = np.array([low[0], low[1] - 0.32 * (high[1] - low[1]), *high], dtype=np.float32)
    found, expected = network.follow(PICTURE, seen), network.locate(PICTURE, box)
    assert found is not None
    assert expected is not None
    np.testing.assert_allclose(found.landmarks, expected.landmarks, atol=PLACE_TOLERANCE_PX)


def test_a_face_that_was_not_found_cannot_be_followed(tmp_path: Path) -> None:
    network = constant(tmp_path, constellation(68, 20.0) + SIZE / 2)
    assert network.follow(PICTURE, np.full((68, 2), np.nan, dtype=np.float32)) is None
    with pytest.raises(ValueError, match="68 points"):
        network.follow(PICTURE, np.zeros((5, 2), dtype=np.float32))


@pytest.mark.parametrize("passes", [SPEC.passes, (*SPEC.passes, CropRule(1.3, 0.1, True))])
def test_the_square_about_landmarks_is_what_follow_looks_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passes: tuple[CropRule, ...]
) -> None:
    """Where the rule is for a detector's box, that has a forehead."""
    network = constant(tmp_path, sound_points(), dataclasses.replace(SPEC, passes=passes))
    seen: list[CropSquare] = []
    monkeypatch.setattr(network, "look", lambda image, square: seen.append(square))
    landmarks = sound_points() + np.float32(100.0)
    network.follow(PICTURE, landmarks)
    assert seen == [network.square_about(landmarks)]


@pytest.mark.parametrize("passes", [SPEC.passes, (*SPEC.passes, CropRule(1.1, 0.1, True))])
@pytest.mark.parametrize("place", [(1, 0), (1080, 360), (9000, 7000)])
def test_where_a_face_is_makes_no_difference_to_its_bits(
    tmp_path: Path, passes: tuple[CropRule, ...], place: tuple[int, int]
) -> None:
    """The answers are constant, so that all is in how the square is placed and mapped back."""
    points = {"points": sound_points()[None].astype(np.float32)}
    model = constant_network(tmp_path / "net.onnx", (1, 3, SIZE, SIZE), points)
    spec = dataclasses.replace(SPEC, passes=passes)
    network = LandmarkNetwork(spec, model, CPU, place_independent=True)
    rng = np.random.default_rng(5)
    face = (np.rint((sound_points() + rng.uniform(0, 1, (68, 2))) * 1024) / 1024).astype(np.float32)
    moved = face + np.array(place, dtype=np.float32)
    one, other = (network.square_about(points) for points in (face, moved))
    assert (one.side_px, one.cos, one.sin) == (other.side_px, other.cos, other.sin)
    assert (other.centre_x - place[0], other.centre_y - place[1]) == (one.centre_x, one.centre_y)
    here, there = network.follow(PICTURE, face), network.follow(PICTURE, moved)
    assert here is not None
    assert there is not None
    np.testing.assert_array_equal(there.landmarks - np.array(place), here.landmarks)


@pytest.mark.parametrize("size_px", [40.0, 300.0])
def test_black_beside_a_frame_is_what_lies_beyond(tmp_path: Path, size_px: float) -> None:
    """A face at the lower right border, whose crop is shrunk by blocks where it is large."""
    offsets = constellation(68, 20.0)
    file = bright_spot_network(tmp_path / "net.onnx", SIZE, offsets, 1.0, 0.0, channel=0, black=0.0)
    spec = dataclasses.replace(SPEC, output=dataclasses.replace(SPEC.output, tensor="output"))
    network = LandmarkNetwork(spec, file, CPU, place_independent=True)
    picture = spot_picture(478.0, 357.0, (250, 250, 250))
    padded = np.pad(picture, ((120, 500), (1000, 700), (0, 0)))
    corner = np.array([478.3, 357.6]) - size_px / 2
    box = np.array([*corner, *(corner + size_px)], dtype=np.float32)
    shift = np.array([1000, 120], dtype=np.float32)
    alone, beside = network.locate(picture, box), network.locate(padded, box + np.tile(shift, 2))
    assert alone is not None
    assert beside is not None
    np.testing.assert_allclose(beside.landmarks - shift, alone.landmarks, rtol=0, atol=2e-3)
