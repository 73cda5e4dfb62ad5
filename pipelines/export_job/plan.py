"""What an export will do: which inputs, in which formats, with which models."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models import EMBEDDED_PACK, folder_of_environment, models_folder
from models.locate import search_model
from openface_core.errors import ConfigError, DatasetError, InputError, OpenFaceBeamError
from openface_core.exports.formats import FORMATS, Request, check_formats
from openface_core.exports.openface.csv_layout import COLUMN_GROUPS, measured_columns
from openface_core.exports.options import ExportOptions
from openface_core.media.sources import locate
from pipelines.export_job.arguments import ExportArguments
from transforms.dataset.recorded_tables import RecordedTable, check_dataset, recorded_tables
from transforms.dataset.run_lock import refuse_if_held
from transforms.exports.export_folder import ExportFolder
from transforms.exports.input_places import find_inputs
from transforms.exports.shape_files import ShapeFiles, find_files, needed_models
from transforms.exports.task import ExportTask, Identity, identity_of
from transforms.records import Problem, VideoTask

_PACKS = ("default", EMBEDDED_PACK)


@dataclass(frozen=True)
class ExportJobPlan:
    """What an export will do.

    Parameters
    ----------
    folder : ExportFolder
        Where files go.
    options : ExportOptions
        What the user has chosen.
    formats : tuple of str
        The formats.
    todo : tuple of ExportTask
        Inputs to be written.
    rows : tuple of int
        Frames of each of them, as its record says.
    finished : int
        Inputs that are complete.
    problems : tuple of Problem
        Inputs whose tables cannot be read.
    shape_files : mapping of str to ShapeFiles
        By video id, the models of its table, where they are there.
    identities : mapping of (str, str) to str
        By format and video id, the hash of what its files depend on.
    """

    folder: ExportFolder
    options: ExportOptions
    formats: tuple[str, ...]
    todo: tuple[ExportTask, ...]
    rows: tuple[int, ...]
    finished: int
    problems: tuple[Problem, ...]
    shape_files: Mapping[str, ShapeFiles]
    identities: Mapping[tuple[str, str], str]


def options_of(arguments: ExportArguments) -> ExportOptions:
    """Return the options of a command line.

    Raises
    ------
    ConfigError
        If one is out of range.
    """
    columns = arguments.columns or COLUMN_GROUPS
    measured_columns(columns)
    return ExportOptions(
        columns=columns,
        dialect=arguments.dialect,
        picture_type=arguments.picture_type,
        size_px=arguments.size,
        scale_px_per_mm=arguments.scale,
        masked=not arguments.unmasked,
        grey=arguments.grey,
        from_seconds=arguments.from_seconds,
        to_seconds=arguments.to_seconds,
        face_ids=arguments.faces,
    )


def make_plan(arguments: ExportArguments) -> ExportJobPlan:
    """Work out what an export will do; nothing is written.

    Raises
    ------
    OpenFaceBeamError
        If there is no dataset, no such format or input, or the output holds something else or is
        held by another export.
    """
    options = options_of(arguments)
    _check(arguments.formats, options)
    check_dataset(arguments.dataset)
    folder = ExportFolder(arguments.output)
    folder.check()
    refuse_if_held(arguments.output)
    _check_videos(arguments.videos)
    models = _Models(arguments.models)
    todo: list[tuple[int, ExportTask]] = []
    recorded: dict[RecordedTable, str] = {}
    problems: list[Problem] = []
    shape_files: dict[str, ShapeFiles] = {}
    identities: dict[tuple[str, str], str] = {}
    finished = 0
    for table in _chosen(arguments):
        try:
            record = table.record()
            files = models.of(record)
            known = _identities(record, options, arguments, has_models=files is not None)
            # What was written with a model that is not here now is not written without it.
            best = known if files else _identities(record, options, arguments, has_models=True)
            task = _task(table, record, folder, (known, best), force=arguments.force)
            recorded[table] = task.uri
        except OpenFaceBeamError as error:
            problems.append(Problem.from_error(VideoTask(table.video_id, table.path), error))
            continue
        identities |= {(name, table.video_id): known[name].digest for name in known}
        if not task.formats:
            finished += 1
            continue
        if files is not None:
            shape_files[table.video_id] = files
        todo.append((int(record.get("frames_decoded", 0)), task))
    # The largest first: no worker is left alone with a long video at the end.
    todo.sort(key=lambda item: -item[0])
    tasks = _placed([task for _, task in todo], recorded, arguments.videos)
    return ExportJobPlan(
        folder,
        options,
        arguments.formats,
        tasks,
        tuple(rows for rows, _ in todo),
        finished,
        tuple(problems),
        shape_files,
        identities,
    )


def page_identities(arguments: ExportArguments, plan: ExportJobPlan) -> dict[str, str]:
    """Return what the pages of a dataset depend on now, also those of inputs that were not chosen.

    Parameters
    ----------
    arguments : ExportArguments
        What a report was asked to show.
    plan : ExportJobPlan
        What came of it.

    Returns
    -------
    dict of str to str
        By video id, the hash of it; inputs whose tables cannot be read are left out.
    """
    found = {video_id: digest for (_, video_id), digest in plan.identities.items()}
    for table in recorded_tables(arguments.dataset) if arguments.video_ids else ():
        if table.video_id in arguments.video_ids:
            continue
        with suppress(OpenFaceBeamError):
            record = table.record()
            (identity,) = _identities(record, plan.options, arguments, has_models=False).values()
            found[table.video_id] = identity.digest
    return found


def _check(formats: tuple[str, ...], options: ExportOptions) -> None:
    """Refuse formats that there are not, and those that this installation cannot write."""
    check_formats(formats)
    for name in formats:
        if not FORMATS[name].needs_models:
            FORMATS[name].make(Request(options, formats))


def _check_videos(videos: str | None) -> None:
    """Refuse a folder of inputs that is not there; storage that lists no folders cannot tell."""
    place = None if videos is None else locate(videos, error=InputError)
    if place is not None and place.is_local and not place.is_directory():
        raise ConfigError(f"--videos {videos}", "there is no such folder", "Check its name.")


def _chosen(arguments: ExportArguments) -> Iterable[RecordedTable]:
    tables = list(recorded_tables(arguments.dataset))
    if not tables:
        raise DatasetError(
            arguments.dataset,
            "it has no tables",
            "Its run was interrupted, is under way, or could read none of its inputs "
            "(errors.parquet): run it again, or wait.",
        )
    known = {table.video_id for table in tables}
    for video_id in arguments.video_ids:
        if video_id not in known:
            raise ConfigError(
                f"--video-ids {video_id}", "the dataset has no such video", "Check its name."
            )
    return [t for t in tables if not arguments.video_ids or t.video_id in arguments.video_ids]


def _identities(
    record: Mapping[str, Any],
    options: ExportOptions,
    arguments: ExportArguments,
    *,
    has_models: bool,
) -> dict[str, Identity]:
    """Return what the files of an input depend on, by format."""
    formats = arguments.formats
    return {
        name: identity_of(name, FORMATS[name], options, record, formats, has_models=has_models)
        for name in formats
    }


def _task(
    table: RecordedTable,
    record: Mapping[str, Any],
    folder: ExportFolder,
    identities: tuple[Mapping[str, Identity], Mapping[str, Identity]],
    *,
    force: bool,
) -> ExportTask:
    """Return what is to be done for an input: the formats that are complete by no identity."""
    wanted: dict[str, Identity] = {}
    for name, identity in identities[0].items():
        known = None if force else folder.record(name, table.video_id)
        if known is None or known.identity not in {of[name].digest for of in identities}:
            wanted[name] = identity
    uri = str(record.get("input_uri", ""))
    return ExportTask(table, uri, tuple(wanted), tuple(wanted.values()))


def _placed(
    tasks: Sequence[ExportTask], recorded: Mapping[RecordedTable, str], videos: str | None
) -> tuple[ExportTask, ...]:
    """Return tasks with the places that their inputs are at now, and no two inputs at one."""
    found = dict(zip(recorded, find_inputs(tuple(recorded.values()), videos), strict=True))
    places = [found[task.table] for task in tasks]
    return tuple(
        replace(task, uri=place.uri, refusal=place.refusal)
        for task, place in zip(tasks, places, strict=True)
    )


class _Models:
    """Finds model files by name and SHA-256, wherever models may be."""

    def __init__(self, named: str | None) -> None:
        folders = [] if named is None else [models_folder(named, with_networks=False)]
        environment = folder_of_environment()
        folders += [] if environment is None else [environment]
        for pack in _PACKS:
            try:
                folders.append(models_folder(pack, with_networks=False))
            except OpenFaceBeamError:
                continue
        self._folders = [folder.resolve() for folder in folders]
        self._digests: dict[Path, str] = {}
        self._found: dict[tuple[tuple[str, str | None], ...], ShapeFiles | None] = {}

    def of(self, record: Mapping[str, Any]) -> ShapeFiles | None:
        """Return the shape model and the triangulation of a table; None if they are not here."""
        needed = needed_models(record)
        if needed not in self._found:
            files = {
                (name, self._digest(path)): path
                for name, _ in needed
                for folder in self._folders
                if (path := search_model(folder, name)) is not None
            }
            self._found[needed] = find_files(needed, files)
        return self._found[needed]

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            self._digests[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self._digests[path]
