"""Overlay, report and plot of one analysis."""

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from openface_core.errors import ConfigError, InputError, OutputError
from openface_core.exports import ExportedVideo, Exporter, Rows
from openface_core.media import DecodeLimits, MediaInfo, open_media
from openface_core.media.sources import is_in_memory, storage_errors
from transforms.dataset.output_file import check_output_file
from transforms.dataset.storage import writing_errors
from transforms.exports.frames_in_step import in_step, rows_by_frame


def described(
    table: pa.Table, name: str, info: MediaInfo, record: Mapping[str, Any]
) -> ExportedVideo:
    """Return what exporters are told of an analysis.

    Parameters
    ----------
    table : pyarrow.Table
        Its rows.
    name : str
        Name of the input.
    info : MediaInfo
        What decoding found.
    record : mapping
        How the analysis was made.
    """
    face_ids = Rows(table).face_ids
    return ExportedVideo(
        name=name,
        uri=info.uri,
        kind=info.kind,
        width_px=info.width_px,
        height_px=info.height_px,
        average_rate_fps=info.average_rate_fps,
        rows=table.num_rows,
        face_ids=tuple(np.unique(face_ids[~np.isnan(face_ids)]).astype(int).tolist()),
        columns=tuple(table.column_names),
        record=record,
    )


def write_shown(
    exporter: Exporter,
    video: ExportedVideo,
    table: pa.Table,
    limits: DecodeLimits,
    path: str | PathLike[str],
) -> Path:
    """Let an exporter write a single file, and put it in place as a whole.

    Parameters
    ----------
    exporter : Exporter
        One that needs pictures.
    video : ExportedVideo
        The input, which is read again.
    table : pyarrow.Table
        Its rows.
    limits : DecodeLimits
        Bounds on reading it.
    path : str or path
        The file.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the frames were in memory only.
    MediaError
        If the input cannot be read any more.
    OutputError
        If the file is the input itself or a folder, or storage refuses.
    """
    if is_in_memory(video.uri):
        raise InputError(
            video.uri,
            "its frames were in memory, and are not kept",
            "Analyse a file with Analyser.video.",
        )
    check_output_file(fspath(path), [video.uri])
    target = Path(fspath(path))
    with storage_errors(str(target), OutputError), writing_errors(str(target)):
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".openface-beam-", dir=target.parent) as name:
            folder = Path(name)
            try:
                _write(exporter, folder, video, table, limits)
            finally:
                exporter.abandon()
            (written,) = folder.iterdir()
            written.replace(target)
    return target


def _write(
    exporter: Exporter,
    folder: Path,
    video: ExportedVideo,
    table: pa.Table,
    limits: DecodeLimits,
) -> None:
    exporter.begin(folder, video)
    if exporter.looks_ahead:
        exporter.look(Rows(table))
    with open_media(video.uri, limits=limits) as media:
        for rows, frame in in_step(video.uri, media, rows_by_frame([table])):
            exporter.add(rows, frame)
    exporter.finish()


def plot(table: pa.Table, title: str) -> Any:
    """Return a matplotlib figure of the action units over time.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of an analysis.
    title : str
        What stands above it.

    Raises
    ------
    ConfigError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError(
            "plot", "matplotlib is missing", "python -m pip install 'openface-beam[plot]'."
        ) from error
    rows = Rows(table)
    names = [n for n in table.column_names if n.startswith("AU") and n.endswith("_r")]
    face_ids = np.nan_to_num(rows.face_ids)
    known = np.unique(face_ids[rows.success]).astype(int).tolist() or [0]
    count = len(known)
    figure = Figure(figsize=(9, 1 + 3.4 * count), layout="constrained")
    figure.suptitle(title)
    for place, face_id in enumerate(known):
        axes = figure.add_subplot(count, 1, place + 1)
        chosen = face_ids == face_id
        seconds = rows.column("timestamp")[chosen]
        times = np.where(np.isnan(seconds), np.arange(len(seconds), dtype=float), seconds)
        values = rows.values(*names)[chosen].T
        if not len(times):  # an empty picture
            values = np.full((len(names), 1), np.nan)
        if len(times) > 1:
            edges = np.append(times, times[-1] + np.median(np.diff(times)))
        else:
            edges = np.array([0.0, 1.0])
        mesh = axes.pcolormesh(
            edges, np.arange(len(names) + 1), values, vmin=0, vmax=5, cmap="cividis"
        )
        axes.set_yticks(np.arange(len(names)) + 0.5, [n.removesuffix("_r") for n in names])
        axes.invert_yaxis()
        axes.set_xlabel("seconds")
        axes.set_title(f"face {face_id}" if count > 1 else "")
        figure.colorbar(mesh, ax=axes, label="intensity")
    return figure
