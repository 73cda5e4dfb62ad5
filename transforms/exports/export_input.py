"""The export of one input: its rows, and where needed its frames, through all exporters at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from openface_core.errors import (
    ConfigError,
    DatasetError,
    MediaError,
    OpenFaceBeamError,
    OutputError,
)
from openface_core.exports import ExportedVideo, Exporter, Rows
from openface_core.exports.formats import FORMATS, ExportFormat, Request, Turn
from openface_core.exports.options import ExportOptions
from openface_core.media import DecodedFrame, DecodeLimits, open_media
from transforms.dataset.recorded_tables import RECORD_REMEDY, OpenTable
from transforms.exports.export_folder import ExportFolder, ExportRecord
from transforms.exports.exporters_at_work import ExportersAtWork
from transforms.exports.frames_in_step import in_step, rows_by_frame
from transforms.exports.place_now import PlaceNow
from transforms.exports.shape_files import ShapeFiles, face_pictures, missing_models
from transforms.exports.task import ExportTask, Identity
from transforms.work.progress import ProgressWriter

Chosen = Sequence[tuple[str, Identity, ExportFormat]]


@dataclass(frozen=True)
class ExportPlan:
    """What all inputs of an export have in common.

    Parameters
    ----------
    folder : ExportFolder
        Where files go.
    options : ExportOptions
        What the user has chosen.
    formats : tuple of str
        All formats.
    shape_files : mapping of str to ShapeFiles
        By video id, the models of its table, where they are there.
    progress_folder : str or None
        Where workers tell their progress.
    run_folder : str or None
        Where workers on the driver's machine register.
    """

    folder: ExportFolder
    options: ExportOptions
    formats: tuple[str, ...]
    shape_files: Mapping[str, ShapeFiles]
    progress_folder: str | None = None
    run_folder: str | None = None


def describe(task: ExportTask, record: Mapping[str, Any], table: OpenTable) -> ExportedVideo:
    """Return what exporters are told of an input.

    Raises
    ------
    DatasetError
        If the record of its table does not say enough.
    """
    faces: set[int] = set()
    for batch in table.batches(["face_id"]):
        known = Rows(batch).face_ids
        faces.update(int(value) for value in known[~np.isnan(known)])
    try:
        return ExportedVideo(
            name=task.table.video_id,
            uri=task.uri,
            kind=str(record["input_kind"]),
            width_px=int(record["frame_width_px"]),
            height_px=int(record["frame_height_px"]),
            average_rate_fps=record["average_rate_fps"],
            rows=table.rows,
            face_ids=tuple(sorted(faces)),
            columns=table.columns,
            record=record,
        )
    except KeyError as error:
        raise DatasetError(
            task.table.path, f"its record does not have {error.args[0]}", RECORD_REMEDY
        ) from error


@dataclass(frozen=True)
class Outcome:
    """What came of the formats of an input.

    Parameters
    ----------
    written : list of str
        Those that were written.
    failures : list of Exception
        Why others were not: the table is damaged, the input is missing or has changed, a format
        finds nothing to write, storage refuses.
    """

    written: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)


def export_input(
    task: ExportTask, plan: ExportPlan, check: Callable[[], None] = lambda: None
) -> Outcome:
    """Write an input in its formats.

    A format that fails costs no other. What cannot be written leaves nothing of an earlier export
    of another content behind.

    Parameters
    ----------
    task : ExportTask
        The input.
    plan : ExportPlan
        What is common to all.
    check : callable
        Called before every turn and after every frame; what it raises ends the export.

    Returns
    -------
    Outcome
        What was written, and what went wrong.

    Raises
    ------
    OpenFaceBeamError
        If it ends the whole export.
    """
    outcome = Outcome()
    for turn in Turn:
        chosen = [
            (name, identity, FORMATS[name])
            for name, identity in zip(task.formats, task.identities, strict=True)
            if FORMATS[name].turn == turn
        ]
        try:
            if chosen:
                check()
                _write(task, plan, chosen, outcome, check)
        except Exception as error:  # whatever one input does, the others go on
            if isinstance(error, OpenFaceBeamError) and error.ends_run:
                raise
            outcome.failures.append(error)
        finally:
            _discard_outdated(task, plan, chosen, outcome)
    return outcome


def _discard_outdated(task: ExportTask, plan: ExportPlan, chosen: Chosen, outcome: Outcome) -> None:
    """Remove older files where there are no new ones."""
    for name, identity, _ in chosen:
        if name not in outcome.written:
            # What names the place where the input was is of the same content.
            kept = (identity.digest, identity.digest_before)
            with suppress(OutputError):  # the reason why nothing is written says more
                plan.folder.discard_outdated(name, task.table.video_id, *kept)


def _write(
    task: ExportTask,
    plan: ExportPlan,
    chosen: Chosen,
    outcome: Outcome,
    check: Callable[[], None],
) -> None:
    """Write formats of one turn, and note which of them are written, and why others are not."""
    video_id = task.table.video_id
    record = task.table.record()
    models = plan.shape_files.get(video_id)
    if models is None and any(format_.needs_models for _, _, format_ in chosen):
        outcome.failures.append(missing_models(video_id, record))
        chosen = [one for one in chosen if not one[2].needs_models]
    place = PlaceNow(task, record)
    if any(format_.names_input for _, _, format_ in chosen):
        try:
            place.check_name()
        except MediaError as error:
            outcome.failures.append(error)
            chosen = [one for one in chosen if not one[2].names_input]
    if not chosen:
        return
    pictures = None if models is None else face_pictures(record, models)
    by_now = {name for _, _, format_ in chosen for name in format_.lists_formats}
    by_now = {n for n in by_now & {*plan.formats} if plan.folder.record(n, video_id) is not None}
    request = Request(plan.options, tuple(sorted(by_now)), pictures)
    made = {name: format_.make(request) for name, _, format_ in chosen}
    exporters = ExportersAtWork(made, outcome.failures)
    with plan.folder.staging() as staging, closing(exporters):
        with task.table.open() as table:
            video = describe(task, record, table)
            for name, _, _ in chosen:
                (staging / name).mkdir()
            exporters.each(lambda name, exporter: exporter.begin(staging / name, video))
            _look_ahead(table, exporters)
            if exporters and any(format_.needs_pictures for _, _, format_ in chosen):
                progress = ProgressWriter(plan.progress_folder, video_id)

                def on_frame() -> None:
                    check()
                    progress.frame_done()

                _add_frames(task, record, table, place, exporters, on_frame)
                progress.finish()
            elif exporters:
                for batch in table.batches():
                    _add(exporters, Rows(batch.combine_chunks()), None)
        identities = {name: identity for name, identity, _ in chosen}

        def publish(name: str, exporter: Exporter) -> None:
            exporter.finish()
            files = tuple(sorted(path.name for path in (staging / name).iterdir()))
            identity = identities[name]
            known = ExportRecord(identity.digest, files, exporter.notes(), identity.made)
            plan.folder.publish(name, video_id, staging / name, known)
            outcome.written.append(name)

        exporters.each(publish)


def _look_ahead(table: OpenTable, exporters: ExportersAtWork) -> None:
    if not exporters.looks_ahead:
        return
    for batch in table.batches():
        _look(exporters, Rows(batch.combine_chunks()))


def _look(exporters: ExportersAtWork, rows: Rows) -> None:
    exporters.each(lambda _, exporter: exporter.look(rows))


def _add(exporters: ExportersAtWork, rows: Rows, frame: DecodedFrame | None) -> None:
    exporters.each(lambda _, exporter: exporter.add(rows, frame))


def _add_frames(
    task: ExportTask,
    record: Mapping[str, Any],
    table: OpenTable,
    place: PlaceNow,
    exporters: ExportersAtWork,
    on_frame: Callable[[], None],
) -> None:
    place.check()
    with open_media(task.uri, limits=_limits(record)) as media, _named(task.uri):
        for rows, frame in in_step(task.uri, media, rows_by_frame(table.batches())):
            _add(exporters, rows, frame)
            if not exporters:
                break
            on_frame()


@contextmanager
def _named(uri: str) -> Iterator[None]:
    """Say which input ran out of memory."""
    try:
        yield
    except MemoryError as error:
        raise MediaError(uri, "there is not enough memory for it", "Use fewer workers.") from error


def _limits(record: Mapping[str, Any]) -> DecodeLimits:
    """Return the bounds that the input was decoded with."""
    settings = record.get("settings")
    known = settings.get("decoding") if isinstance(settings, dict) else None
    try:
        return DecodeLimits(**(known if isinstance(known, dict) else {}))
    except (TypeError, ConfigError):
        return DecodeLimits()
