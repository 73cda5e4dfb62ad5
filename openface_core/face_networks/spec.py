"""What a network on a face wants and gives: a small TOML file per network."""

import re
from dataclasses import dataclass
from pathlib import Path

from openface_core.landmarks.spec import CropRule, NetworkInput, read_crop_rule, read_input
from openface_core.spec_file import SpecTable, check_file_name, read_spec_file

CROP_RULES = ("five_points", "box")
ACTIVATIONS = ("none", "softmax", "sigmoid", "l2")
EMBEDDING = "embedding"
"""Name of the output that tells persons apart."""

_MAX_OUTPUTS = 16
_MAX_SIZE = 4096
_MAX_COLUMNS = 256
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

Places = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class FaceOutput:
    """One output of the network.

    Parameters
    ----------
    name : str
        What it is called here; ``embedding`` is the one that tells persons apart.
    tensor : str or None
        Name of the output in the graph; None for the only one.
    size : int
        How many numbers it has.
    unit : str
        Their unit, for the schema of tables.
    activation : str
        What is done to them: ``none``, ``softmax``, ``sigmoid``, or ``l2`` (made of length 1).
    columns : tuple of str
        A name for each number, under which tables have it; empty for a vector that is not a
        measurement, such as an embedding.
    """

    name: str
    tensor: str | None
    size: int
    unit: str
    activation: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FaceNetworkSpec:
    """Everything needed to run one network on a face.

    Parameters
    ----------
    name : str
        Short name of the network.
    model : str
        File name of its ONNX file, without folders.
    licence, citation : str
        Under which terms the weights may be used, and what to cite.
    input : NetworkInput
        How a crop becomes the input tensor.
    places : tuple of 5 points, or None
        Where the crop has eyes (left in the picture, right in it), nose tip and corners of the
        mouth, as shares of its side; None for a crop by box.
    box : CropRule or None
        The crop relative to the box of the landmarks; None for a crop by five points.
    outputs : tuple of FaceOutput
        What it gives.
    """

    name: str
    model: str
    licence: str
    citation: str
    input: NetworkInput
    places: Places | None
    box: CropRule | None
    outputs: tuple[FaceOutput, ...]

    @property
    def embedding(self) -> FaceOutput | None:
        """The output that tells persons apart, if there is one."""
        return next((output for output in self.outputs if output.name == EMBEDDING), None)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and unit of every number that tables have, in order."""
        return tuple((name, output.unit) for output in self.outputs for name in output.columns)


def load_face_network_spec(path: str | Path) -> FaceNetworkSpec:
    """Read and check the description of a network on a face.

    Parameters
    ----------
    path : path-like
        A TOML file; see ``models/network_specs`` for examples.

    Returns
    -------
    FaceNetworkSpec

    Raises
    ------
    ConfigError
        If the file is missing, is not TOML, or has missing, unknown or unsuitable keys.
    """
    path = Path(path)
    root = read_spec_file(path)
    name, model = root.text("name"), root.text("model")
    check_file_name(path, model)
    licence, citation = root.text("licence"), root.text("citation")
    network_input = read_input(root.table("input"))
    places, box = _read_crop(root.table("crop"))
    tables = root.tables("outputs", _MAX_OUTPUTS)
    outputs = tuple(_read_output(table, len(tables)) for table in tables)
    _check_unique(root, "outputs.name", [output.name for output in outputs])
    _check_unique(root, "outputs.columns", [c for output in outputs for c in output.columns])
    root.finish()
    return FaceNetworkSpec(name, model, licence, citation, network_input, places, box, outputs)


def _read_crop(table: SpecTable) -> tuple[Places | None, CropRule | None]:
    if table.choice("rule", CROP_RULES) == "box":
        return None, read_crop_rule(table)
    places = table.points("places", 5)
    if not all(-1.0 <= share <= 2.0 for place in places for share in place):
        raise table.wrong("crop.places", "shares of the crop's side, from -1 to 2", places)
    if len(set(places)) < 2:
        raise table.wrong("crop.places", "points at different places", places)
    table.finish()
    return places, None


def _read_output(table: SpecTable, output_count: int) -> FaceOutput:
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise table.wrong("outputs.name", "a name of letters, digits and underscores", name)
    tensor = table.optional_text("tensor") if output_count == 1 else table.text("tensor")
    columns = table.texts("columns", _MAX_COLUMNS) if table.has("columns") else ()
    for column in columns:
        if not _NAME.fullmatch(column):
            raise table.wrong("outputs.columns", "names of letters, digits, underscores", column)
    size = len(columns) or table.whole("size", 1, _MAX_SIZE)
    unit = table.text("unit")
    activation = table.choice("activation", ACTIVATIONS)
    table.finish()
    if name == EMBEDDING and (columns or activation != "l2"):
        raise table.wrong("outputs", "an embedding with the activation l2 and no columns", name)
    return FaceOutput(name, tensor, size, unit, activation, columns)


def _check_unique(root: SpecTable, key: str, names: list[str]) -> None:
    # Tables tell columns apart without regard to case in some readers.
    twice = sorted({name for name in names if [n.lower() for n in names].count(name.lower()) > 1})
    if twice:
        raise root.wrong(key, "each name once", twice)
