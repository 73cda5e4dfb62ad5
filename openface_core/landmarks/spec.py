"""What a landmark network wants and gives: a small TOML file per network.

A network of another make needs no code, only such a file: how its input is prepared, which squares
are cut from the frame, how its output is read, and in which order its points come.
"""

from dataclasses import dataclass
from pathlib import Path

from openface_core.landmarks.conventions import POINT_COUNTS
from openface_core.spec_file import SpecTable, check_file_name, read_spec_file

LAYOUTS = ("nchw", "nhwc")
COLOURS = ("bgr", "rgb")
OUTPUT_FORMS = ("coordinates", "heatmaps", "heatmaps_and_offsets")
RANGES = ("zero_to_one", "minus_one_to_one", "pixels")
GRIDS = ("pixel_edges", "pixel_centres")

_MAX_PASSES = 4


@dataclass(frozen=True)
class NetworkInput:
    """How a crop becomes the input tensor: value = (pixel * scale - mean) / std.

    Parameters
    ----------
    tensor : str or None
        Name of the input; None for the only one.
    size_px : int
        Side of the square crop.
    layout : str
        ``nchw`` or ``nhwc``.
    colour : str
        ``rgb`` or ``bgr``, the order of the channels.
    scale : float
        Factor on the pixel values 0..255.
    mean, std : tuple of 3 floats
        Per channel, in the order of `colour`.
    """

    tensor: str | None
    size_px: int
    layout: str
    colour: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class CropRule:
    """Which square is cut from the frame, relative to a box: the detector's or the landmarks'.

    Parameters
    ----------
    side : float
        Side of the square, as a multiple of the box's longer side.
    shift_down : float
        How far its centre lies below the box's, as a multiple of the box's height.
    upright : bool
        Whether the square is turned with the face, so that the eyes lie level in the crop.
    """

    side: float
    shift_down: float
    upright: bool


@dataclass(frozen=True)
class NetworkOutput:
    """How the output tensor is read.

    Parameters
    ----------
    tensor : str or None
        Name of the output; None for the only one.
    form : str
        ``coordinates``: a row per point; ``heatmaps``: a map per point; ``heatmaps_and_offsets``:
        P maps, then P maps of row offsets, then P maps of column offsets, all read at the peak.
    row_length : int
        Numbers per point, of which the first two are x and y (``coordinates`` only).
    range : str
        Scale of the coordinates (``coordinates`` only).
    grid : str
        ``pixel_edges``: the range spans the crop from the outer edge of its first pixel to that of
        its last; ``pixel_centres``: it spans from pixel centre to pixel centre. For maps: whether
        the maps' edges or the centres of their corner pixels lie on those of the crop.
    shift_px : tuple of 2 floats
        Added to x and y in pixels of the crop: takes back a constant bias of the network.
    offset_logit_factor : float
        Offsets o in 0..1 mean ln(o / (1 - o)) / factor of the crop (``heatmaps_and_offsets`` only).
    """

    tensor: str | None
    form: str
    row_length: int
    range: str
    grid: str
    shift_px: tuple[float, ...]
    offset_logit_factor: float


@dataclass(frozen=True)
class PresenceOutput:
    """An output that says whether there is a face in the crop.

    Parameters
    ----------
    tensor : str
        Name of the output, a single number.
    logit : bool
        Whether the number is a logit; otherwise it is a probability.
    threshold : float
        Below this probability there are no landmarks.
    """

    tensor: str
    logit: bool
    threshold: float


@dataclass(frozen=True)
class LandmarkSpec:
    """Everything needed to run one landmark network.

    Parameters
    ----------
    name : str
        Short name of the network.
    model : str
        File name of its ONNX file, without folders.
    convention : str
        Order of its points, a key of :data:`openface_core.landmarks.conventions.POINT_COUNTS`.
    licence, citation : str
        Under which terms the weights may be used, and what to cite.
    input : NetworkInput
    passes : tuple of CropRule
        The first starts from the detector's box, each later one from the landmarks just found.
    output : NetworkOutput
    presence : PresenceOutput or None
    """

    name: str
    model: str
    convention: str
    licence: str
    citation: str
    input: NetworkInput
    passes: tuple[CropRule, ...]
    output: NetworkOutput
    presence: PresenceOutput | None


def load_landmark_spec(path: str | Path) -> LandmarkSpec:
    """Read and check the description of a landmark network.

    Parameters
    ----------
    path : path-like
        A TOML file; see ``models/landmark_specs`` for examples.

    Returns
    -------
    LandmarkSpec

    Raises
    ------
    ConfigError
        If the file is missing, is not TOML, or has missing, unknown or unsuitable keys.
    """
    path = Path(path)
    root = read_spec_file(path)
    spec = LandmarkSpec(
        name=root.text("name"),
        model=root.text("model"),
        convention=root.choice("convention", tuple(POINT_COUNTS)),
        licence=root.text("licence"),
        citation=root.text("citation"),
        input=read_input(root.table("input")),
        passes=tuple(read_crop_rule(t) for t in root.tables("passes", _MAX_PASSES)),
        output=_read_output(root.table("output")),
        presence=_read_presence(root.table("presence")) if root.has("presence") else None,
    )
    root.finish()
    check_file_name(path, spec.model)
    return spec


def read_input(table: SpecTable) -> NetworkInput:
    """Read how a crop becomes the input tensor: the same keys for every kind of network."""
    result = NetworkInput(
        tensor=table.optional_text("tensor"),
        size_px=table.whole("size_px", 16, 1024),
        layout=table.choice("layout", LAYOUTS),
        colour=table.choice("colour", COLOURS),
        scale=table.number("scale", 1e-6, 1e6),
        mean=table.numbers("mean", 3),
        std=table.numbers("std", 3),
    )
    table.finish()
    if min(abs(s) for s in result.std) < 1e-6:
        raise table.wrong("input.std", "numbers other than zero", list(result.std))
    return result


def read_crop_rule(table: SpecTable) -> CropRule:
    """Read which square is cut from the frame, relative to a box."""
    result = CropRule(
        side=table.number("side", 0.1, 10.0),
        shift_down=table.number("shift_down", -2.0, 2.0),
        upright=table.flag("upright"),
    )
    table.finish()
    return result


def _read_output(table: SpecTable) -> NetworkOutput:
    tensor = table.optional_text("tensor")
    form = table.choice("form", OUTPUT_FORMS)
    grid = table.choice("grid", GRIDS)
    shift_px = table.numbers("shift_px", 2) if table.has("shift_px") else (0.0, 0.0)
    row_length, value_range, factor = 2, "pixels", 1.0
    if form == "coordinates":
        row_length = table.whole("row_length", 2, 16)
        value_range = table.choice("range", RANGES)
    elif form == "heatmaps_and_offsets":
        factor = table.number("offset_logit_factor", 1e-3, 1e3)
    table.finish()
    return NetworkOutput(tensor, form, row_length, value_range, grid, shift_px, factor)


def _read_presence(table: SpecTable) -> PresenceOutput:
    result = PresenceOutput(
        tensor=table.text("tensor"),
        logit=table.flag("logit"),
        threshold=table.number("threshold", 0.0, 1.0),
    )
    table.finish()
    return result
