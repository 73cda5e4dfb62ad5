"""Faces of our own as files: clips, pictures, landmark files, model folders and tiny networks."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from onnx import helper

from openface_core.analysis.model_set import ModelSelection
from tests.synthetic_models import (
    mean_face_mm,
    plausible_shape_parameters,
    project_face,
    render_face,
    synthetic_pdm,
    write_openface_model_folder,
)
from tests.synthetic_onnx import constant_network, save_graph
from tests.synthetic_video import write_video

WIDTH_PX, HEIGHT_PX = 176, 160
CENTRE_PX = (88.0, 76.0)
FRAMES = 6
_MOST_ANCHORS = 20_000

LANDMARK_NAMES = tuple(f"{axis}_{k}" for axis in "xy" for k in range(68))

Frames = tuple[NDArray[np.uint8], ...]


@cache
def face_clip(count: int = FRAMES, seed: int = 0) -> tuple[Frames, NDArray[np.float32]]:
    """Return frames of a moving face and its true landmarks, (count, 68, 2) pixels."""
    frames, landmarks = [], []
    for index in range(count):
        place = (
            0.75,
            (0.1 * np.sin(index + seed), 0.15 * np.cos(2 * index + seed), 0.05 * index),
            (CENTRE_PX[0] + index, CENTRE_PX[1] - index % 3),
            plausible_shape_parameters(seed + index // 2),
        )
        frames.append(render_face(synthetic_pdm(), *place, size_px=(WIDTH_PX, HEIGHT_PX)))
        landmarks.append(project_face(synthetic_pdm(), *place))
    return tuple(frames), np.array(landmarks)


def dark_frames(count: int) -> Frames:
    """Return frames on which :func:`write_networks` finds no face."""
    return (np.zeros((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8),) * count


def write_clip(path: Path, count: int = FRAMES, seed: int = 0) -> Path:
    """Write a clip of :func:`face_clip`; the container is chosen by the suffix."""
    codec = "mpeg4" if path.suffix == ".avi" else "libx264"
    return write_video(path, face_clip(count, seed)[0], codec=codec)


def write_picture(path: Path, frame: NDArray[np.uint8]) -> Path:
    """Write one frame as a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), frame)
    return path


def landmark_table(
    landmarks: NDArray[np.float32], successes: Sequence[bool] | None = None
) -> pa.Table:
    """Return landmarks as a table in OpenFace's layout; failed frames hold zeros, as there."""
    count = len(landmarks)
    success = np.ones(count, dtype=bool) if successes is None else np.array(successes)
    values = np.where(success[:, None, None], landmarks, 0.0)
    columns = {
        "frame": np.arange(1, count + 1),
        "confidence": np.where(success, 0.95, 0.1),
        "success": success.astype(np.int64),
    }
    points = values.transpose(0, 2, 1).reshape(count, -1)
    return pa.table(columns | dict(zip(LANDMARK_NAMES, points.T, strict=True)))


def write_landmarks(
    path: Path, landmarks: NDArray[np.float32], successes: Sequence[bool] | None = None
) -> Path:
    """Write landmarks as CSV or Parquet, as the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = landmark_table(landmarks, successes)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        table.to_pandas().to_csv(path, index=False)
    return path


def write_models(folder: Path, *, with_networks: bool = False) -> Path:
    """Write a models folder; with networks it also holds ``tiny.toml``, their landmark spec."""
    write_openface_model_folder(folder)
    if with_networks:
        write_networks(folder)
    return folder


_SPEC = """\
name = "tiny68"
model = "tiny68.onnx"
convention = "ibug68"
licence = "MIT"
citation = "none"

[input]
size_px = 16
layout = "nchw"
colour = "rgb"
scale = 1.0
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]

[[passes]]
side = 1.0
shift_down = 0.0
upright = false

[output]
form = "coordinates"
row_length = 2
range = "zero_to_one"
grid = "pixel_edges"
"""


def write_networks(folder: Path) -> None:
    """Write a detector that sees one face in every bright frame, and a landmark network.

    The face is at its place in frames of :data:`WIDTH_PX` x :data:`HEIGHT_PX`, and somewhere in
    others; the landmarks are those of a mean face that fills its box.
    """
    mean = mean_face_mm()[:, :2]
    points = (mean - mean.min(axis=0)) / np.ptp(mean, axis=0).max()
    points += (1.0 - points.max(axis=0)) / 2
    constant_network(folder / "tiny68.onnx", (1, 3, 16, 16), {"output": points[None]})
    (folder / "tiny.toml").write_text(_SPEC, encoding="utf-8")

    columns, rows = -(-WIDTH_PX // 8), -(-HEIGHT_PX // 8)
    first_of_stride_16 = 2 * rows * columns
    # The anchor of 128 px at row 4, column 5 of the cells of 16 px: its centre is at (88, 72).
    anchor = first_of_stride_16 + 2 * (4 * -(-WIDTH_PX // 16) + 5) + 1
    chosen = np.zeros((1, _MOST_ANCHORS, 1), dtype=np.float32)
    chosen[0, anchor] = 1.0
    strides = np.array([[8], [16], [32]], dtype=np.int64)
    constants: dict[str, NDArray] = {
        "chosen": chosen,
        "columns": np.array([[[0.0, 1.0]]], dtype=np.float32),
        "no_shift": np.zeros((1, 1, 4), dtype=np.float32),
        "points": np.array([[[-2, -2, 2, -2, 0, 0, -1.5, 2, 1.5, 2]]], dtype=np.float32),
        "zero": np.array(0.0, dtype=np.float32),
        "threshold": np.array(-60.0, dtype=np.float32),
        "two": np.array([2], dtype=np.int64),
        "four": np.array([4], dtype=np.int64),
        "start": np.array([0], dtype=np.int64),
        "anchor_axis": np.array([1], dtype=np.int64),
        "strides": strides,
        "round_up": strides - 1,
    }
    nodes: list[onnx.NodeProto] = [
        # How many anchors the frame has: two in every cell of each stride.
        helper.make_node("Shape", ["input"], ["shape"]),
        helper.make_node("Slice", ["shape", "two", "four"], ["size"]),
        helper.make_node("Add", ["size", "round_up"], ["rounded"]),
        helper.make_node("Div", ["rounded", "strides"], ["cells"]),
        helper.make_node("ReduceProd", ["cells"], ["places"], axes=[1], keepdims=0),
        helper.make_node("ReduceSum", ["places"], ["all_places"], keepdims=1),
        helper.make_node("Mul", ["all_places", "two"], ["count"]),
        helper.make_node("Slice", ["chosen", "start", "count", "anchor_axis"], ["here"]),
        # Pixels come with the mean taken off, so that black is about -115.
        helper.make_node("ReduceMean", ["input"], ["brightness"], keepdims=0),
        helper.make_node("Sub", ["brightness", "threshold"], ["light"]),
        helper.make_node("Sigmoid", ["light"], ["score"]),
        helper.make_node("Mul", ["here", "score"], ["scores"]),
        helper.make_node("Mul", ["scores", "columns"], ["conf"]),
        helper.make_node("Mul", ["here", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "no_shift"], ["loc"]),
        helper.make_node("Add", ["nothing", "points"], ["landms"]),
    ]
    save_graph(
        folder / "retinaface_mobilenet025.onnx",
        nodes,
        {"input": (1, 3, "height", "width")},
        {"loc": (1, "n", 4), "conf": (1, "n", 2), "landms": (1, "n", 10)},
        constants,
    )


def tiny_selection(models: Path) -> ModelSelection:
    """Return the selection of the tiny landmark network of a models folder, and no more."""
    return ModelSelection(
        landmarks=str(models / "tiny.toml"), refinement="none", parts=(), validator="none"
    )


def write_config(path: Path, models: Path, every_frames: int = 1) -> Path:
    """Write a configuration that names the tiny landmark network of a models folder."""
    spec = str(models / "tiny.toml")
    path.write_text(
        f"name = 'tiny'\n[models]\nlandmarks = {spec!r}\nrefinement = 'none'\n"
        f"validator = 'none'\n[detection]\nevery_frames = {every_frames}\n"
        "[onnxruntime]\nprovider = 'cpu'\n",
        encoding="utf-8",
    )
    return path
