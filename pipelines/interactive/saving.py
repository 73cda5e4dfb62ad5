"""Adds one analysis to a dataset, as the main job would have."""

from collections.abc import Mapping
from dataclasses import dataclass

from openface_core.analysis.engine import Engine
from openface_core.analysis.measured import MeasuredVideo
from openface_core.analysis.settings import OutputSettings
from openface_core.errors import ConfigError
from openface_core.media.sources import is_in_memory
from pipelines.main_job.plan import check_buckets, check_output
from transforms.dataset.bucket_files import check_update, update_bucket
from transforms.dataset.completion import complete_dataset
from transforms.dataset.documents import write_documents
from transforms.dataset.embeddings import write_embeddings
from transforms.dataset.layout import bucket_of, bucket_path, frames_path
from transforms.dataset.provenance import RunProvenance
from transforms.dataset.run_lock import held
from transforms.dataset.table_files import row_groups, write_row_groups, write_work_table
from transforms.plan.known_inputs import KnownInputs, known_inputs
from transforms.records import InputContent, VideoTask
from transforms.work.folder import RunFolders, discard_run, local_folders, table_path


@dataclass(frozen=True, eq=False)
class SavedAnalysis:
    """What a dataset keeps of an analysis.

    Parameters
    ----------
    task, content : VideoTask, InputContent
        The input, and what it held.
    run : RunProvenance
        Settings and models.
    settings : OutputSettings
        How tables are written.
    engine : Engine
        What it was measured with.
    measured : MeasuredVideo
        What was found.
    metadata : mapping of str to str
        How it was made, as its table records it.
    """

    task: VideoTask
    content: InputContent
    run: RunProvenance
    settings: OutputSettings
    engine: Engine
    measured: MeasuredVideo
    metadata: Mapping[str, str]


def save_analysis(analysis: SavedAnalysis, output: str) -> str:
    """Add an analysis to a dataset, and return its table's path.

    Parameters
    ----------
    analysis : SavedAnalysis
        What is added.
    output : str
        A new or empty folder, or a dataset of this program.

    Raises
    ------
    ConfigError
        If the folder holds something else, a dataset of another form, or another input of the same
        name.
    OutputError
        If a run works in the folder for longer than a minute, rows of other inputs would be lost
        with a damaged file, or storage refuses.
    """
    check_output(output)
    with held(output, is_brief=True) as holder:
        folders = local_folders(output, holder)
        try:
            return _save(analysis, folders)
        finally:
            discard_run(folders)


def _save(analysis: SavedAnalysis, folders: RunFolders) -> str:
    """Add an analysis to a dataset that is held."""
    output, settings = folders.output, analysis.settings
    check_buckets(output, settings.buckets)
    name = analysis.task.video_id
    if _is_another(analysis, known_inputs(output)):
        raise ConfigError(
            output,
            f"the dataset has another input of the name {name}",
            "Analyse this one under a name of its own: video_id=...",
        )
    engine = analysis.engine
    if settings.buckets:
        check_update(output, settings.buckets, engine.frame_schema, [name])
    write_documents(output, analysis.run, *engine.columns, engine.video_models)
    table = analysis.measured.table.replace_schema_metadata(analysis.metadata)
    groups = row_groups([table], settings.row_group_rows)
    if analysis.measured.embeddings is not None:
        write_embeddings(output, name, analysis.measured.embeddings)
    if settings.buckets:
        part = table_path(folders.work, name)
        write_work_table(part, table.schema, groups)
        path = bucket_path(output, bucket_of(name, settings.buckets))
        update_bucket(path, {name: part}, settings, folders.work)
    else:
        path = frames_path(output, name)
        write_row_groups(path, table.schema, groups, settings, folders.work)
    complete_dataset(output, {name}, *engine.action_unit_names, has_sides=engine.extent.has_sides)
    return path


def _is_another(analysis: SavedAnalysis, known: KnownInputs) -> bool:
    """Return whether a dataset has another input of the same name."""
    name, uri = analysis.task.video_id, analysis.task.uri
    if is_in_memory(uri):  # which lie nowhere: what they are tells them apart
        return known.content_of(name) not in (None, analysis.content.fingerprint)
    return known.at(uri) != name and known.has_other(name, uri, ())
