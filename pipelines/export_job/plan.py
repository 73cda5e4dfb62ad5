"""What an export will do: which inputs, in which formats, with which models."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import EMBEDDED_PACK, folder_of_environment, models_folder
from models.locate import search_model
from openface_core.errors import ConfigError, DatasetError, InputError, OpenFaceBeamError
from openface_core.exports.formats import FORMATS, Request
from openface_core.exports.openface.csv_layout import COLUMN_GROUPS, measured_columns
from openface_core.exports.openface.details_file import LISTED, listed
from openface_core.exports.options import ExportOptions
from openface_core.media.sources import is_url, locate
from pipelines.export_job.arguments import ExportArguments
from transforms.dataset.recorded_tables import RecordedTable, check_dataset, recorded_tables
from transforms.dataset.run_lock import refuse_if_held
from transforms.exports.export_folder import ExportFolder
from transforms.exports.exported_dataset import refuse_other_dataset
from transforms.exports.input_places import InputPlace, find_inputs
from transforms.exports.shape_files import ShapeFiles, find_files, needed_models
from transforms.exports.task import ExportTask, Identity, dependencies_of, identity_of
from transforms.problems import Problem
from transforms.records import VideoTask

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
    if not arguments.force:
        refuse_other_dataset(folder, arguments.dataset)
    refuse_if_held(arguments.output)
    videos = _videos_folder(arguments.videos)
    readable, problems = _readable(arguments, options)
    places = find_inputs([one.uri for one in readable], videos)
    todo: list[tuple[int, ExportTask]] = []
    shape_files: dict[str, ShapeFiles] = {}
    identities: dict[tuple[str, str], str] = {}
    finished = 0
    for one, place in zip(readable, places, strict=True):
        try:
            task, known = _task(one, place, folder, force=arguments.force)
        except OpenFaceBeamError as error:
            problems.append(_problem(one.table, error))
            continue
        identities |= {(name, one.table.video_id): known[name].digest for name in known}
        if not task.formats:
            finished += 1
            continue
        if one.files is not None:
            shape_files[one.table.video_id] = one.files
        todo.append((one.frames, task))
    # The largest first: no worker is left alone with a long video at the end.
    todo.sort(key=lambda item: -item[0])
    return ExportJobPlan(
        folder,
        options,
        arguments.formats,
        tuple(task for _, task in todo),
        tuple(frames for frames, _ in todo),
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
            of = _dependencies(record, plan.options, arguments, has_models=False)
            for name, dependencies in of.items():
                identity = identity_of(FORMATS[name], dependencies, "", "")
                found[table.video_id] = identity.digest
    return found


def _check(formats: tuple[str, ...], options: ExportOptions) -> None:
    """Refuse formats that this installation cannot write."""
    for name in formats:
        if not FORMATS[name].needs_models:
            FORMATS[name].make(Request(options, formats))


def _videos_folder(videos: str | None) -> str | None:
    """Return the folder of the inputs, a local one from the root: files say where inputs are.

    One that is not there is refused; storage that lists no folders cannot tell.
    """
    if videos is None:
        return None
    place = locate(videos, error=InputError)
    if place.is_local and not place.is_directory():
        raise ConfigError(f"--videos {videos}", "there is no such folder", "Check its name.")
    # A link is a place of its own.
    return videos if is_url(videos) else os.path.abspath(videos)  # noqa: PTH100


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


@dataclass(frozen=True)
class _Readable:
    """What is kept of an input whose table can be read; records are too large for thousands.

    Parameters
    ----------
    table : RecordedTable
        Its table.
    uri : str
        Where it was analysed.
    frames : int
        How many it has.
    files : ShapeFiles or None
        The models of its table, where they are there.
    dependencies : tuple of mapping
        By format, what files depend on; further ones are of files that are no worse.
    """

    table: RecordedTable
    uri: str
    frames: int
    files: ShapeFiles | None
    dependencies: tuple[Mapping[str, Mapping[str, Any]], ...]


def _readable(
    arguments: ExportArguments, options: ExportOptions
) -> tuple[list[_Readable], list[Problem]]:
    """Read the records of the inputs, and return also those whose tables cannot be read."""
    models = _Models(arguments.models)
    readable: list[_Readable] = []
    problems: list[Problem] = []
    for table in _chosen(arguments):
        try:
            record = table.record()
        except OpenFaceBeamError as error:
            problems.append(_problem(table, error))
            continue
        files = models.of(record)
        # What was written with a model that is not here now is not written without it.
        dependencies = tuple(
            _dependencies(record, options, arguments, has_models=has_models)
            for has_models in ((True,) if files is not None else (False, True))
        )
        uri, frames = str(record.get("input_uri", "")), int(record.get("frames_decoded", 0))
        readable.append(_Readable(table, uri, frames, files, dependencies))
    return readable, problems


def _problem(table: RecordedTable, error: OpenFaceBeamError) -> Problem:
    return Problem.from_error(VideoTask(table.video_id, table.path), error)


def _dependencies(
    record: Mapping[str, Any],
    options: ExportOptions,
    arguments: ExportArguments,
    *,
    has_models: bool,
) -> dict[str, Mapping[str, Any]]:
    """Return what the files of an input depend on, by format."""
    formats = arguments.formats
    return {
        name: dependencies_of(name, FORMATS[name], options, record, formats, has_models=has_models)
        for name in formats
    }


def _task(
    one: _Readable, place: InputPlace, folder: ExportFolder, *, force: bool
) -> tuple[ExportTask, dict[str, Identity]]:
    """Return what is to be done for an input, and what its files depend on by format.

    To be done are the formats that are not complete.
    """
    identities, *others = (
        {name: identity_of(FORMATS[name], of[name], place.uri, one.uri) for name in of}
        for of in one.dependencies
    )
    wanted: dict[str, Identity] = {}
    # Those that list the files of others come last: they are written anew with any of these.
    for name, identity in sorted(identities.items(), key=lambda item: FORMATS[item[0]].turn):
        known = None if force else folder.record(name, one.table.video_id)
        lists = FORMATS[name].lists_formats
        if (
            known is None
            or known.identity not in {identity.digest, *(other[name].digest for other in others)}
            or (lists and not wanted.keys().isdisjoint(lists))
            or (lists and known.notes.get(LISTED) != listed(identities))
        ):
            wanted[name] = identity
    task = ExportTask(one.table, place.uri, tuple(wanted), tuple(wanted.values()), place.refusal)
    return task, identities


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
