"""Which inputs a run has: pure functions from command-line words to tasks, tested without Beam."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import fsspec

from openface_core.errors import InputError, OpenFaceBeamError
from openface_core.media import DecodeLimits, promised_frame_count
from openface_core.media.sources import Source, locate, storage_errors
from transforms.plan.known_inputs import KnownInputs, place_of
from transforms.plan.manifest import is_manifest, read_manifest
from transforms.plan.video_ids import file_stem, name_videos
from transforms.records import Problem, VideoTask

_GLOB = re.compile(r"[*?\[]")
_LANDMARK_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True)
class InputPlan:
    """The inputs of a run.

    Parameters
    ----------
    tasks : tuple of VideoTask
        What is to be analysed, in the order given.
    problems : tuple of Problem
        Inputs that cannot be, with the reason.
    """

    tasks: tuple[VideoTask, ...]
    problems: tuple[Problem, ...]


def _expand_glob(pattern: str) -> list[str]:
    with storage_errors(pattern, InputError):
        files = fsspec.open_files(pattern, mode="rb")
    # A local file keeps its plain path, another one the protocol that leads to it.
    local = locate(pattern, error=InputError).is_local
    uris = sorted(file.path if local else file.full_name for file in files)
    if not uris:
        raise InputError(
            pattern, "no file matches the pattern", "Check it, and quote it against the shell."
        )
    return uris


def _list_folder(folder: Source) -> list[str]:
    names = sorted(name for name in folder.names() if not name.startswith("."))
    if not names:
        raise InputError(
            folder.uri,
            "the folder holds no files",
            "Name a folder with videos; files in its sub-folders need a pattern such as "
            "'folder/**/*.mp4'.",
        )
    return [folder.child(name).uri for name in names]


def expand_inputs(inputs: Iterable[str], *, image_folders: bool = False) -> tuple[str, ...]:
    """Return the files that patterns and folders stand for.

    Parameters
    ----------
    inputs : iterable of str
        Paths, URLs, patterns with ``*``, ``?`` or ``[...]``, and folders.
    image_folders : bool
        Whether a folder is one sequence of images instead of a list of files.

    Returns
    -------
    tuple of str
        Files (and image folders), in the order given, without repetitions. A plain path is
        returned whether or not it exists.

    Raises
    ------
    InputError
        If a pattern or folder yields nothing, or storage cannot be reached.
    """
    expanded: list[str] = []
    for item in inputs:
        source = locate(item, error=InputError)
        if _GLOB.search(item) and not source.exists():
            expanded += _expand_glob(item)
        elif not image_folders and source.is_directory():
            expanded += _list_folder(source)
        else:
            expanded.append(item)
    return tuple({place_of(uri): uri for uri in reversed(expanded)}.values())[::-1]


def plan_inputs(
    inputs: Sequence[str],
    *,
    landmarks: str | None = None,
    image_folders: bool = False,
    known: Callable[[], KnownInputs] = KnownInputs,
) -> InputPlan:
    """Return what a run has to do.

    Parameters
    ----------
    inputs : sequence of str
        As for :func:`expand_inputs`; or one manifest, a CSV or Parquet file.
    landmarks : str, optional
        File of given landmarks for a single input, or a folder with one file per input, named
        after its video id or its file.
    image_folders : bool
        Whether folders are sequences of images.
    known : callable
        Returns the inputs of earlier runs into the same folder. It is not called for a manifest,
        which names its inputs itself.

    Returns
    -------
    InputPlan
        Tasks, and inputs that do not exist.

    Raises
    ------
    InputError
        If there is no input at all, or none that exists.
    ConfigError
        If a manifest is wrong.
    """
    if len(inputs) == 1 and is_manifest(inputs[0]):
        listed = read_manifest(inputs[0])
    else:
        uris = expand_inputs(inputs, image_folders=image_folders)
        listed = tuple(
            VideoTask(name, uri) for name, uri in zip(name_videos(uris, known()), uris, strict=True)
        )
    tasks: list[VideoTask] = []
    errors: list[tuple[VideoTask, InputError]] = []
    for task in listed:
        try:
            _require(task)
            tasks.append(_with_landmarks(task, landmarks, alone=len(listed) == 1))
        except InputError as error:
            errors.append((task, error))
    if not tasks:
        if errors:
            raise errors[0][1]
        raise InputError("input", "there is nothing to analyse", "Name files with --input.")
    return InputPlan(tuple(tasks), tuple(Problem.from_error(task, error) for task, error in errors))


def _require(task: VideoTask) -> None:
    source = locate(task.uri, error=InputError)
    if not source.is_directory():
        source.size_bytes()


def _with_landmarks(task: VideoTask, landmarks: str | None, *, alone: bool) -> VideoTask:
    """Return the task with its file of given landmarks, if it is to have one."""
    if landmarks is None or task.landmarks_uri is not None:
        return task
    place = locate(landmarks, error=InputError)
    found = None
    if place.is_directory():
        # The id of 001.mp4 is video-001, but its landmarks may well be called 001.csv.
        names = dict.fromkeys(
            (task.manifest_id or task.video_id, task.video_id, file_stem(task.uri))
        )
        files = [place.child(name + suffix) for name in names for suffix in _LANDMARK_SUFFIXES]
        found = next((file for file in files if file.exists()), None)
        if found is None:
            raise InputError(
                files[0].uri,
                f"there are no landmarks for {task.uri}",
                "Name the file after the video id, or leave the input out.",
            )
    elif not alone:
        raise InputError(
            landmarks,
            "one file of landmarks cannot serve several inputs",
            "Give a folder with one file per video id, or a manifest with a landmarks column.",
        )
    else:
        place.size_bytes()
        found = place
    return replace(task, landmarks_uri=found.uri)


def promised_frames(task: VideoTask, limits: DecodeLimits) -> int | None:
    """Return how many frames an input's header promises, for showing progress and for waves only.

    Parameters
    ----------
    task : VideoTask
        The input, whose header is read.
    limits : DecodeLimits
        Bounds on hostile or damaged input.

    Returns
    -------
    int or None
        Frames; 0 for an input that cannot be opened (it will be a row of the error table in its
        turn), None if the header does not say.
    """
    try:
        return promised_frame_count(task.uri, limits)
    except OpenFaceBeamError:
        return 0
