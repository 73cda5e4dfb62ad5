"""An input whose shards are complete: its faces are persons over the whole of it."""

from collections.abc import Sequence

from openface_core.analysis.engine import Engine
from openface_core.analysis.people import PersonFrames, find_people
from openface_core.analysis.settings import RunSettings
from transforms.dataset.embeddings import write_embeddings
from transforms.metrics import Count, count
from transforms.records import AssembledInput, FaceParts, FeaturesPart, ShardResult
from transforms.work.files import load_tracklets
from transforms.work.folder import RunFolders, check_run


def assembled_input(
    shards: Sequence[ShardResult], engine: Engine, settings: RunSettings, folders: RunFolders
) -> AssembledInput:
    """Return an input with its faces.

    Parameters
    ----------
    shards : sequence of ShardResult
        All of its shards, in order.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Which faces are wanted, and how it is found who is who.
    folders : RunFolders
        Where embeddings are kept, if that is asked for.

    Returns
    -------
    AssembledInput
        The input: with one face where one was followed.

    Raises
    ------
    OpenFaceBeamError
        If a work file is damaged or cannot be read.
    """
    first = shards[0]
    parts = tuple(part for item in shards for part in item.parts)
    frames = sum(part.frames for part in parts)
    task, info, warnings = first.shard.task, first.info, first.warnings
    if first.tracklets_path is None:
        return AssembledInput(task, info, warnings, frames, (FaceParts(0, 1, parts),))
    loaded = [load_tracklets(item) for item in shards]
    tracklets = [tracklet for own, _ in loaded for tracklet in own]
    cuts = [frame for _, own in loaded for frame in own]
    files = [part for item in shards for part in item.tracklet_parts]
    people = find_people(
        tracklets, settings.faces, engine.typical_appearance, frames, info.average_rate_fps, cuts
    )
    count(Count.TRACKLETS_LEFT_OUT, people.tracklets_left_out)
    if settings.faces.compares_videos:
        check_run(folders)
        write_embeddings(folders.output, task.video_id, people.embeddings)
    faces = tuple(_parts_of(person, files) for person in people.frames)
    return AssembledInput(task, info, warnings, frames, faces, parts, people.notes)


def _parts_of(person: PersonFrames, files: Sequence[FeaturesPart]) -> FaceParts:
    parts = (
        FeaturesPart(None, piece.frames) if piece.tracklet is None else files[piece.tracklet]
        for piece in person.pieces
    )
    return FaceParts(person.face_id, person.first_frame + 1, tuple(parts))
