"""Which inputs a run has: pure functions from command-line words to tasks, tested without Beam."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from openface_core.errors import (
    ConfigError,
    InputError,
    LandmarkFileError,
    OpenFaceBeamError,
)
from openface_core.media import DecodeLimits, promised_frame_count
from openface_core.media.sources import locate, recorded_uri
from openface_core.shape import Camera
from transforms.plan.folders import Listing, expand_pattern, is_pattern, list_folder
from transforms.plan.known_inputs import KnownInputs
from transforms.plan.manifest import has_manifest_columns, is_manifest, read_manifest
from transforms.plan.video_ids import file_stem, name_videos
from transforms.problems import Problem
from transforms.records import VideoTask

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
    left_out : tuple of str
        What folders and patterns hold besides, a line for each.
    unreachable : tuple of VideoTask
        The inputs that the problems are of.
    """

    tasks: tuple[VideoTask, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[str, ...] = ()
    unreachable: tuple[VideoTask, ...] = ()


def expand_inputs(
    inputs: Iterable[str], *, image_folders: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files that patterns and folders stand for.

    Parameters
    ----------
    inputs : iterable of str
        Paths, URLs, patterns with ``*``, ``?`` or ``[...]``, and folders.
    image_folders : bool
        Whether a folder is one sequence of images instead of a list of files.

    Returns
    -------
    uris : tuple of str
        Files (and image folders), in the order given, without repetitions. A plain path is
        returned whether or not it exists.
    left_out : tuple of str
        What folders and patterns hold besides, a line for each.

    Raises
    ------
    InputError
        If a pattern or folder yields nothing, or storage cannot be reached.
    """
    expanded: list[str] = []
    left_out: list[str] = []
    for item in inputs:
        source = locate(item, error=InputError)
        if is_pattern(item) and not source.exists():
            listing = expand_pattern(item, image_folders=image_folders)
        elif not image_folders and source.is_directory():
            listing = list_folder(source)
        else:
            listing = Listing((item,))
        expanded += listing.uris
        if listing.left_out is not None:
            left_out.append(listing.left_out)
    by_place: dict[str, str] = {}
    for uri in expanded:
        by_place.setdefault(recorded_uri(uri), uri)
    return tuple(by_place.values()), tuple(dict.fromkeys(left_out))


def plan_inputs(
    inputs: Sequence[str],
    *,
    landmarks: str | None = None,
    camera: Camera | None = None,
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
    camera : Camera or None
        The camera of all inputs for which a manifest names none.
    image_folders : bool
        Whether folders are sequences of images.
    known : callable
        Returns the inputs of earlier runs into the same folder. It is not called for a manifest,
        which names its inputs itself.

    Returns
    -------
    InputPlan
        Tasks, and inputs that do not exist, or whose landmarks do not.

    Raises
    ------
    InputError
        If there is no input at all, or none that exists.
    LandmarkFileError
        If the files of landmarks that a manifest names are not there, for no input.
    ConfigError
        If a manifest is wrong, or is not the only input.
    """
    _require_manifest_alone(inputs)
    if len(inputs) == 1 and is_manifest(inputs[0]):
        listed, left_out = read_manifest(inputs[0]), tuple[str, ...]()
    else:
        uris, left_out = expand_inputs(inputs, image_folders=image_folders)
        listed = tuple(
            VideoTask(name, uri) for name, uri in zip(name_videos(uris, known()), uris, strict=True)
        )
    files = {recorded_uri(task.uri): task.uri for task in listed}  # one may have several rows
    stems = Counter(file_stem(uri) for uri in files.values())
    tasks: list[VideoTask] = []
    errors: list[tuple[VideoTask, OpenFaceBeamError]] = []
    for task in listed:
        try:
            _require(task)
            found = _with_landmarks(task, landmarks, stems, alone=len(listed) == 1)
            tasks.append(found if found.camera is not None else replace(found, camera=camera))
        except (InputError, LandmarkFileError) as error:
            errors.append((task, error))
    if not tasks:
        if errors:
            raise errors[0][1]
        raise InputError("input", "there is nothing to analyse", "Name files with --input.")
    problems = tuple(Problem.from_error(task, error) for task, error in errors)
    return InputPlan(tuple(tasks), problems, left_out, tuple(task for task, _ in errors))


def _require_manifest_alone(inputs: Sequence[str]) -> None:
    if len(inputs) < 2:
        return
    # Other tables, which a shell's pattern brings along, are inputs that cannot be read.
    manifests = (uri for uri in inputs if is_manifest(uri) and has_manifest_columns(uri))
    manifest = next(manifests, None)
    if manifest is not None:
        raise ConfigError(
            manifest,
            f"a manifest stands alone, and {len(inputs)} inputs are given",
            "Put all rows into one manifest, or give each input a run of its own.",
        )


def _require(task: VideoTask) -> None:
    source = locate(task.uri, error=InputError)
    if not source.is_directory():
        source.size_bytes()


def _with_landmarks(
    task: VideoTask, landmarks: str | None, stems: Counter[str], *, alone: bool
) -> VideoTask:
    """Return the task with its file of given landmarks, if it is to have one.

    `stems` are the names of all inputs' files, without their endings.
    """
    if task.landmarks_uri is not None:
        locate(task.landmarks_uri, error=LandmarkFileError).size_bytes()
        return task
    if landmarks is None:
        return task
    place = locate(landmarks, error=InputError)
    found = None
    if place.is_directory():
        names = [task.manifest_id or task.video_id, task.video_id]
        # The id of 001.mp4 is video-001, but its landmarks may well be called 001.csv. Those called
        # as the files of two folders could be of either.
        stem = file_stem(task.uri)
        if stems[stem] == 1:
            names.append(stem)
        files = [
            place.child(name + suffix)
            for name in dict.fromkeys(names)
            for suffix in _LANDMARK_SUFFIXES
        ]
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
