"""How an output was made: what is recorded with every table and every dataset."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models import default_registry
from openface_core import __version__
from openface_core.errors import MediaError
from openface_core.media import MediaInfo, fingerprint
from openface_core.media.file_state import file_state
from openface_core.media.pixel_aspect import ratio_text
from openface_core.media.sources import locate, recorded_uri
from openface_core.readable import readable
from openface_core.shape import Camera
from transforms.records import InputContent, VideoTask

SOFTWARE = "openface-beam"
METADATA_KEY = "openface_beam"
"""Under this key a table holds its record as JSON."""


@dataclass(frozen=True)
class RunProvenance:
    """What all outputs of a run have in common.

    Parameters
    ----------
    settings : dict
        All settings.
    models : dict of str to str
        SHA-256 of every model file.
    networks : tuple of str
        Those model files that an input with given landmarks does without.
    """

    settings: dict[str, Any]
    models: dict[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ()

    @property
    def calibration_mode(self) -> str | None:
        """What action units are relative to, as the settings have it."""
        mode: str | None = self.settings.get("calibration", {}).get("mode")
        return mode


@dataclass(frozen=True)
class InputIdentity:
    """Everything that the table of an input depends on.

    Parameters
    ----------
    run : RunProvenance
        Settings and models.
    task : VideoTask
        The input.
    content : InputContent
        What it held.
    group_digest : str or None
        What all inputs held that it is calibrated with, itself among them, see
        :func:`group_digest`.
    """

    run: RunProvenance
    task: VideoTask
    content: InputContent
    group_digest: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain values; a table with an equal record need not be made anew."""
        given = self.content.landmarks_fingerprint
        unused = () if given is None else self.run.networks
        return {
            "software": SOFTWARE,
            "version": __version__,
            "settings": self.run.settings,
            "models_sha256": {k: v for k, v in self.run.models.items() if k not in unused},
            "person_id": self.task.person_id,
            "input_fingerprint": self.content.fingerprint,
            "landmarks_fingerprint": given,
            "camera_given": None if self.task.camera is None else str(self.task.camera),
            "rest": _rest_of(self.task) if self.run.calibration_mode == "rest" else None,
            "calibration_inputs_digest": self.group_digest,
        }


def is_made_otherwise(record: Mapping[str, Any], run: RunProvenance) -> bool:
    """Return whether a table was made with other settings, models or another version than a run's.

    Parameters
    ----------
    record : mapping
        How the table was made.
    run : RunProvenance
        The run. Networks that the table did not need make no difference.
    """
    models = record.get("models_sha256")
    return (
        record.get("version") != __version__
        or record.get("settings") != run.settings
        or not isinstance(models, dict)
        or any(run.models.get(name) != digest for name, digest in models.items())
    )


def _model_packs(models: Mapping[str, str]) -> dict[str, str]:
    """Return the licences of the packs that model files come from, by name of the pack."""
    packs = default_registry().recognise(models)
    return {pack.name: pack.licence for pack in packs}


def _rest_of(task: VideoTask) -> str | None:
    return None if task.rest is None else str(task.rest)


def read_content(task: VideoTask) -> InputContent:
    """Return what an input holds, which is read for it.

    Raises
    ------
    MediaError
        If the input or its landmarks cannot be read.
    """
    states = _states(task)  # before the content: what changes in between is noticed later
    landmarks = None if task.landmarks_uri is None else fingerprint(task.landmarks_uri)
    source = locate(task.uri)
    size = None if source.is_directory() else source.size_bytes()
    return InputContent(fingerprint(task.uri), landmarks, states, size)


def _states(task: VideoTask) -> tuple[str, ...] | None:
    uris = [task.uri] if task.landmarks_uri is None else [task.uri, task.landmarks_uri]
    states = [file_state(uri) for uri in uris]
    return None if None in states else tuple(str(state) for state in states)


def with_content(task: VideoTask) -> VideoTask:
    """Return an input with what it holds before it is decoded, or without if it cannot be read."""
    try:
        return replace(task, content=read_content(task))
    except MediaError:
        return task


def confirmed_content(task: VideoTask) -> InputContent:
    """Return what an input held from before it was decoded until now.

    Parameters
    ----------
    task : VideoTask
        The input, as :func:`with_content` returned it.

    Raises
    ------
    MediaError
        If it cannot be read, or has changed.
    """
    before = task.content
    if before is not None and before.states is not None and _states(task) == before.states:
        return before
    now = read_content(task)
    if now != before:
        raise MediaError(
            task.uri,
            "it changed while it was analysed",
            "Wait until it is copied or recorded completely, then run again.",
        )
    return now


def identify_inputs(tasks: Sequence[VideoTask], run: RunProvenance) -> tuple[InputIdentity, ...]:
    """Return the identities of inputs that are calibrated together.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs, in the order in which they are calibrated.
    run : RunProvenance
        Settings and models.

    Returns
    -------
    tuple of InputIdentity
        One for each of them.

    Raises
    ------
    MediaError
        If an input or its landmarks cannot be read.
    """
    contents = [read_content(task) for task in tasks]
    digest = group_digest(tasks, contents, with_rest=run.calibration_mode == "rest")
    return tuple(
        InputIdentity(run, task, content, digest)
        for task, content in zip(tasks, contents, strict=True)
    )


def group_digest(
    tasks: Sequence[VideoTask], contents: Sequence[InputContent | None], *, with_rest: bool
) -> str | None:
    """Return a hash of what all inputs hold that are calibrated together.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs, in the order in which they are calibrated.
    contents : sequence of InputContent or None
        What they hold; None for one that cannot be read.
    with_rest : bool
        Whether their rest frames matter.

    Returns
    -------
    str or None
        ``"sha256:<hex>"``; None for an input that is calibrated alone, and would be anyway.
    """
    missing = tasks[0].missing
    if len(tasks) + len(missing) < 2:
        return None
    rows = [
        [
            task.video_id,
            None if content is None else content.fingerprint,
            None if content is None else content.landmarks_fingerprint,
            _rest_of(task) if with_rest else None,
        ]
        for task, content in zip(tasks, contents, strict=True)
    ]
    rows += ([video_id, None, None, None] for video_id in missing)
    return f"sha256:{hashlib.sha256(json.dumps(rows).encode()).hexdigest()}"


@dataclass(frozen=True)
class Calibration:
    """What the action units of a table are relative to.

    Parameters
    ----------
    mode : str
        ``video``, ``person``, ``rest`` or ``none``, see
        :class:`openface_core.analysis.settings.CalibrationSettings`.
    key : str
        Name of the group of inputs that are calibrated together.
    videos : tuple of str
        Video ids of the inputs that medians and offsets come from, in order.
    failed : tuple of str
        Video ids of inputs that belong to them and could not be analysed.
    frames : int
        Frames that moved the medians.
    """

    mode: str
    key: str
    videos: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    frames: int = 0

    def is_short(self, few_frames: int) -> bool | None:
        """Return whether fewer frames than that moved the medians; None where there are none."""
        return None if self.mode == "none" else self.frames < few_frames


@dataclass(frozen=True)
class FaceRecord:
    """What is recorded of one face of a table.

    Parameters
    ----------
    face_id : int or None
        Its number; None stands for a video that shows nobody.
    calibration : Calibration
        What its action units are relative to.
    summary : dict
        What the summary says of it, see :func:`openface_core.tables.summary.summarise`.
    """

    face_id: int | None
    calibration: Calibration
    summary: dict[str, float | int | None] = field(default_factory=dict)

    def as_dict(self, few_frames: int) -> dict[str, Any]:
        """Return the record as plain values; medians over fewer frames than that are short."""
        return {
            "face_id": self.face_id,
            "calibration": self.calibration.mode,
            "calibration_key": self.calibration.key,
            "calibration_inputs": list(self.calibration.videos),
            "calibration_inputs_failed": list(self.calibration.failed),
            "calibration_frames": self.calibration.frames,
            "calibration_is_short": self.calibration.is_short(few_frames),
            "summary": self.summary,
        }


@dataclass(frozen=True)
class VideoProvenance:
    """How one table came to be.

    Parameters
    ----------
    identity : InputIdentity
        What it depends on.
    info : MediaInfo
        What decoding found.
    providers : tuple of str
        What onnxruntime ran on.
    frames_decoded, frames_with_face : int
        Frames read, and those in which a face was measured.
    faces : tuple of FaceRecord
        The faces, in the order of their numbers; one without a number where there are none.
    few_frames : int
        Medians over fewer frames are marked as short.
    relative_to_person : tuple of str
        Columns of the whole face that are relative to what its action units are calibrated on.
    warnings : tuple of str
        What decoding had to work around.
    notes : tuple of str
        What is to be known of the faces.
    """

    identity: InputIdentity
    info: MediaInfo
    providers: tuple[str, ...]
    frames_decoded: int
    frames_with_face: int
    faces: tuple[FaceRecord, ...]
    few_frames: int
    relative_to_person: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def metadata(self) -> dict[str, str]:
        """Return the record as Parquet key-value metadata, the same bytes for the same run."""
        task = self.identity.task
        identity = self.identity.as_dict()
        faces = [face.as_dict(self.few_frames) for face in self.faces]
        camera = task.camera or Camera.from_frame_size(self.info.width_px, self.info.height_px)
        record = identity | {
            "model_packs": _model_packs(identity["models_sha256"]),
            "video_id": task.video_id,
            "manifest_video_id": task.manifest_id or task.video_id,
            "input_uri": recorded_uri(task.uri),
            "input_size_bytes": self.identity.content.size_bytes,
            "input_kind": self.info.kind,
            "container": self.info.container,
            "codec": self.info.codec,
            "decoder": self.info.decoder,
            "frame_width_px": self.info.width_px,
            "frame_height_px": self.info.height_px,
            "rotation_degrees": self.info.rotation_degrees,
            "camera": str(camera),
            "sample_aspect_ratio": ratio_text(self.info.pixel_aspect_ratio),
            "average_rate_fps": self.info.average_rate_fps,
            "start_seconds": self.info.start_seconds,
            "landmarks_uri": task.landmarks_uri and recorded_uri(task.landmarks_uri),
            "onnxruntime_providers": list(self.providers),
            "frames_decoded": self.frames_decoded,
            "frames_with_face": self.frames_with_face,
            # Of the main face, and then of all of them.
            **{key: value for key, value in faces[0].items() if key.startswith("calibration")},
            "faces": faces,
            "relative_to_person": list(self.relative_to_person),
            "image_names": [readable(name) for name in self.info.image_names],
            "decoding_warnings": list(self.warnings),
            "face_notes": list(self.notes),
            "sealed": True,
        }
        return {
            METADATA_KEY: json.dumps(record, sort_keys=True),
            f"{METADATA_KEY}.version": __version__,
            f"{METADATA_KEY}.video_id": task.video_id,
        }


def dataset_description(run: RunProvenance) -> dict[str, Any]:
    """Return the description of a whole output folder, in the form that BIDS uses."""
    folder = "bucket=*" if run.settings.get("output", {}).get("buckets") else "video_id=*"
    return {
        "Name": "Facial behaviour measured per video frame",
        "DatasetType": "derivative",
        "GeneratedBy": [
            {
                "Name": SOFTWARE,
                "Version": __version__,
                "Settings": run.settings,
                "ModelsSHA256": run.models,
                "ModelPacks": _model_packs(run.models),
            }
        ],
        "Tables": {
            "frames": f"frames/{folder}/frames.parquet: one row per decoded frame and face",
            "summary": "summary.parquet: one row per video and face",
            "errors": "errors.parquet: one row per problem with an input",
        },
        "NotPartOfTheDataset": {
            "metrics": "metrics.json: counts and times of the last run, different after each",
        },
    }
