"""What a run will do: worked out, and put into words, before anything is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from models import locate_models
from openface_core.analysis.model_set import ModelFiles
from openface_core.analysis.settings import RunSettings
from openface_core.errors import ConfigError, MediaError, OutputError
from openface_core.inference import OnnxSettings
from openface_core.media.sources import locate
from openface_core.readable import counted
from pipelines.configuration.model_choice import choose_models
from pipelines.main_job.arguments import RunArguments
from pipelines.screen import screen
from transforms.dataset.documents import DESCRIPTION_NAME, is_own_dataset, recorded_buckets
from transforms.dataset.provenance import RunProvenance
from transforms.dataset.run_lock import LOCK_NAME, refuse_if_held
from transforms.dataset.storage import is_temporary
from transforms.dataset.table_records import all_records, table_states
from transforms.plan.calibration import calibration_groups, with_rest
from transforms.plan.finished import RecordedTables, are_finished
from transforms.plan.inputs import plan_inputs
from transforms.plan.known_inputs import known_inputs
from transforms.plan.manifest import read_camera
from transforms.plan.repeats import remarks_on_repeats
from transforms.plan.shards import shards_of_readable
from transforms.problems import Problem
from transforms.records import Shard, VideoTask

_NO_PERSONS = (
    "warning: calibration is by 'person', but no input has a person_id, so nothing is put "
    "together; name the persons in a manifest with the column person_id."
)


@dataclass(frozen=True)
class RunPlan:
    """What a run will do.

    Parameters
    ----------
    settings : RunSettings
        Settings, the command line's own on top.
    files : ModelFiles
        The models.
    provenance : RunProvenance
        What will be recorded with every table.
    todo, finished : tuple of VideoTask
        Inputs to be analysed, and those that an earlier run has finished.
    problems : tuple of Problem
        Inputs that are unreachable.
    with_networks : bool
        Whether an input needs detector and landmark network.
    left_out : tuple of str
        What the named folders and patterns hold besides, a line for each.
    counted_twice : tuple of str
        Inputs of one person that hold the same, a line for each two.
    tables : frozenset
        State of the tables that the output folder held when the plan was begun.
    """

    settings: RunSettings
    files: ModelFiles
    provenance: RunProvenance
    todo: tuple[VideoTask, ...]
    finished: tuple[VideoTask, ...]
    problems: tuple[Problem, ...]
    with_networks: bool
    left_out: tuple[str, ...] = ()
    counted_twice: tuple[str, ...] = ()
    tables: frozenset[tuple[str, str | None]] = frozenset()

    @property
    def video_ids(self) -> tuple[str, ...]:
        """Names of the inputs that have a table, or are to get one."""
        return tuple(task.video_id for task in (*self.todo, *self.finished))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know before the run begins, a line each."""
        tasks = (*self.todo, *self.finished)
        if self.settings.calibration.mode != "person" or any(
            task.person_id is not None for task in tasks
        ):
            return (*self.left_out, *self.counted_twice)
        return (*self.left_out, _NO_PERSONS)

    @property
    def inputs(self) -> int:
        """Inputs in all."""
        return len(self.todo) + len(self.finished) + len(self.problems)


def check_output(output: str) -> None:
    """Refuse an output folder that holds anything but an earlier output of this program.

    Raises
    ------
    ConfigError
        If it does, or is a file.
    OutputError
        If storage refuses.
    """
    place = locate(output, error=OutputError)
    if not place.exists():
        return
    if not place.is_directory():
        raise ConfigError(output, "the output is not a folder", "Name a folder with --output.")
    names = [*place.names(), *place.folder_names()]
    # Documents are written before anything else, so that even a folder of work files without them
    # is somebody else's.
    if all(is_temporary(name) or name == LOCK_NAME for name in names) or is_own_dataset(output):
        return
    if DESCRIPTION_NAME in names:
        raise ConfigError(
            output,
            f"the output folder holds another dataset: its {DESCRIPTION_NAME} does not name "
            "openface-beam",
            "Name a new or empty folder, such as derivatives/openface-beam in that dataset.",
        )
    if "frames" in names and next(all_records(output), None) is not None:
        raise ConfigError(
            output,
            f"there is no {DESCRIPTION_NAME} beside the tables in it, and it holds other files",
            "Put that file back from a copy, move the other files, or name a new output folder.",
        )
    raise ConfigError(
        output,
        "the output folder holds other files",
        "Name a new or empty folder, or the output of an earlier run.",
    )


def check_buckets(output: str, buckets: int) -> None:
    """Refuse to add to a dataset whose inputs share another number of files.

    Raises
    ------
    ConfigError
        If it is so.
    """
    recorded = recorded_buckets(output)
    if recorded is not None and recorded != buckets:
        raise ConfigError(
            output,
            f"the dataset was made with output.buckets = {recorded}, this run has {buckets}",
            f"Set output.buckets = {recorded} in the configuration, or name a new output folder.",
        )


def make_plan(arguments: RunArguments, *, is_held: bool = False) -> RunPlan:
    """Work out what a run will do; nothing is written.

    Parameters
    ----------
    arguments : RunArguments
        What it is asked to do.
    is_held : bool
        Whether this process holds the output folder; otherwise nobody may.

    Returns
    -------
    RunPlan
        The plan.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no input, no models, a wrong configuration, no output.
    """
    choice = choose_models(arguments.models, arguments.config)
    settings = choice.settings
    if arguments.provider is not None:
        onnx = OnnxSettings(arguments.provider, settings.onnxruntime.threads)
        settings = replace(settings, onnxruntime=onnx)
    if arguments.faces is not None:
        settings = replace(settings, faces=replace(settings.faces, select=arguments.faces))
    if arguments.sides:
        settings = replace(settings, sides=replace(settings.sides, measure=True))
    if arguments.calibration is not None:
        calibration = replace(settings.calibration, mode=arguments.calibration)
        settings = replace(settings, calibration=calibration)
    check_output(arguments.output)
    if not is_held:
        refuse_if_held(arguments.output)
    states = table_states(arguments.output)
    check_buckets(arguments.output, settings.output.buckets)
    inputs = plan_inputs(
        arguments.inputs,
        landmarks=arguments.landmarks,
        camera=None if arguments.camera is None else read_camera("--camera", arguments.camera),
        image_folders=arguments.image_folders,
        known=lambda: known_inputs(arguments.output),
    )
    tasks, without_rest = with_rest(inputs.tasks, settings.calibration)
    with_networks = any(task.landmarks_uri is None for task in tasks)
    root = choice.folder(with_networks=with_networks)
    choice.announce(quiet=arguments.quiet)
    files = locate_models(root, settings.models, with_networks=with_networks)
    hashes = files.sha256()
    warning = choice.compare(files, hashes)
    if warning is not None and not arguments.quiet:
        screen().write(f"{warning}\n")
    provenance = RunProvenance(settings.as_dict(), hashes, files.network_names())
    tables = RecordedTables(arguments.output, settings.output.buckets)
    todo: list[VideoTask] = []
    finished: list[VideoTask] = []
    counted_twice: list[str] = []
    for group in calibration_groups(tasks, settings.calibration, inputs.unreachable):
        counted_twice += remarks_on_repeats(group)
        done = not arguments.force and are_finished(tables, group, provenance)
        (finished if done else todo).extend(group)
    return RunPlan(
        settings,
        files,
        provenance,
        tuple(todo),
        tuple(finished),
        inputs.problems + without_rest,
        with_networks,
        inputs.left_out,
        tuple(counted_twice),
        states,
    )


def places_of(plan: RunPlan, output: str) -> Iterator[str]:
    """Yield every path or URL that workers will use: of inputs, landmarks, models and output."""
    yield output
    yield str(plan.files.root)
    for task in plan.todo:
        yield task.uri
        if task.landmarks_uri is not None:
            yield task.landmarks_uri


def planned_parts(plan: RunPlan) -> dict[VideoTask, tuple[Shard, ...] | MediaError]:
    """Return the parts of each input that is to be analysed, or why its packets cannot be read."""

    def parts_of(task: VideoTask) -> tuple[Shard, ...] | MediaError:
        try:
            return shards_of_readable(task, plan.settings)
        except MediaError as error:
            return error

    return {task: parts_of(task) for task in plan.todo}


def describe_plan(
    plan: RunPlan, parts_of: Mapping[VideoTask, tuple[Shard, ...] | MediaError]
) -> Iterator[str]:
    """Yield a plan in words, a line for each input.

    Parameters
    ----------
    plan : RunPlan
        The plan.
    parts_of : mapping
        See :func:`planned_parts`.
    """
    shards = unreadable = 0
    for task, parts in parts_of.items():
        if isinstance(parts, MediaError):
            unreadable += 1
            yield f"fail     {task.video_id}  {parts.cause}  ({task.uri})"
            continue
        shards += len(parts)
        if len(parts) == 1:
            cut = "as a whole"
        else:
            frames = [part.expected_frames or 0 for part in parts]
            cut = f"in {len(parts)} parts of {min(frames)} to {max(frames)} frames"
        yield f"analyse  {task.video_id}  {cut}  ({task.uri})"
    for task in plan.finished:
        yield f"skip     {task.video_id}  finished by an earlier run  ({task.uri})"
    for problem in plan.problems:
        yield f"fail     {problem.video_id}  {problem.reason}  ({problem.uri})"
    yield from plan.remarks
    yield from _describe_calibration(plan)
    yield (
        f"{counted(len(plan.todo) - unreadable, 'input')} in {counted(shards, 'part')} to be "
        f"analysed, {len(plan.finished)} finished, {len(plan.problems) + unreadable} that cannot "
        "be analysed."
    )


def _describe_calibration(plan: RunPlan) -> Iterator[str]:
    """Yield what the inputs are calibrated on, where that is not each by itself."""
    settings = plan.settings.calibration
    for group in calibration_groups(plan.todo, settings):
        if len(group) > 1:
            names = ", ".join(task.video_id for task in group)
            yield f"together {group[0].person_id}  {names}"
    ranges = sum(task.rest is not None for task in (*plan.todo, *plan.finished))
    if ranges and settings.mode != "rest":
        yield (
            f"The manifest names rest frames for {ranges} inputs; calibration by {settings.mode!r} "
            "does not use them."
        )
