"""An analysed video."""

from dataclasses import dataclass

import pyarrow as pa

from openface_core.analysis.people import PersonEmbedding
from openface_core.media import MediaInfo
from openface_core.tables import FrameActionUnits

SummaryRow = dict[str, float | int | None]


@dataclass(frozen=True, eq=False)
class MeasuredFace:
    """One face of a video, calibrated.

    Parameters
    ----------
    face_id : int or None
        Its number in the video; None stands for a video that shows nobody.
    first_number : int
        Number of the first of its frames, counted from 1.
    units : FrameActionUnits
        Final action units of all its frames, as OpenFace has them: of those in which it was not
        found too.
    summary : dict
        What the summary says of it, see :func:`openface_core.tables.summarise`.
    calibration_mode : str
        What action units are relative to: ``video``, ``person``, ``rest`` or ``none``.
    calibration_frames : int
        Frames that moved the medians.
    """

    face_id: int | None
    first_number: int
    units: FrameActionUnits
    summary: SummaryRow
    calibration_mode: str
    calibration_frames: int


@dataclass(frozen=True, eq=False)
class MeasuredVideo:
    """One input, analysed and calibrated by itself.

    Parameters
    ----------
    info : MediaInfo
        What decoding found.
    frame_count : int
        Frames decoded.
    warnings : tuple of str
        What decoding had to work around.
    notes : tuple of str
        What is to be known of the faces.
    table : pyarrow.Table
        The table of frames.
    faces : tuple of MeasuredFace
        The faces, in the order of their numbers; one without a number where there are none.
    embeddings : tuple of PersonEmbedding or None
        What they are known by in other videos; None where that is not asked for.
    """

    info: MediaInfo
    frame_count: int
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    table: pa.Table
    faces: tuple[MeasuredFace, ...]
    embeddings: tuple[PersonEmbedding, ...] | None = None
