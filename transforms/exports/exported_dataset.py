"""Whether an output folder holds exports of the dataset that is to be exported into it."""

from openface_core.errors import ConfigError, OpenFaceBeamError
from openface_core.media.sources import recorded_uri
from transforms.dataset.recorded_tables import recorded_tables
from transforms.exports.export_folder import ExportFolder
from transforms.exports.task import table_digest


def dataset_place(dataset: str) -> str:
    """Return what an export calls a dataset: a local one by its path from the root."""
    return recorded_uri(dataset).rstrip("/") or "/"


def refuse_other_dataset(folder: ExportFolder, dataset: str) -> None:
    """Do nothing if a folder holds nothing yet, or exports of this dataset.

    A dataset that was moved is known by its tables: one at least is that which was exported, and
    none of another dataset would be taken for one of these.

    Parameters
    ----------
    folder : ExportFolder
        Where files are to go.
    dataset : str
        Output folder of the main job.

    Raises
    ------
    ConfigError
        If the folder holds exports of another one.
    OutputError
        If storage refuses.
    """
    named, place = folder.dataset(), dataset_place(dataset)
    # Within a dataset, as its report, is what belongs to it, wherever both have been moved.
    if named in (None, dataset, place) or dataset_place(folder.root).startswith(f"{place}/"):
        return
    exported = folder.exported_tables()
    if exported and not _has_tables(dataset, exported):
        raise ConfigError(
            folder.root,
            f"it holds exports of another dataset, {named}",
            "Name another folder, or write over them with --force.",
        )


def _has_tables(dataset: str, exported: dict[str, set[str]]) -> bool:
    """Return whether the tables of exports are those of a dataset, as far as it has them."""
    found = False
    for table in recorded_tables(dataset):
        if table.video_id not in exported:
            continue
        try:
            digest = table_digest(table.record())
        except OpenFaceBeamError:  # told when it is exported
            continue
        if digest not in exported[table.video_id]:
            return False
        found = True
    return found
