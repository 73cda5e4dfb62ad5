"""How an output was made: what is recorded with every table and every dataset."""

import json
from dataclasses import dataclass, field
from typing import Any

from openface_core import __version__
from openface_core.media import MediaInfo, fingerprint
from transforms.records import VideoTask

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


@dataclass(frozen=True)
class InputIdentity:
    """Everything that the table of an input depends on.

    Parameters
    ----------
    run : RunProvenance
        Settings and models.
    task : VideoTask
        The input.
    fingerprint : str
        Hash of its content.
    landmarks_fingerprint : str or None
        Hash of its file of given landmarks.
    """

    run: RunProvenance
    task: VideoTask
    fingerprint: str
    landmarks_fingerprint: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain values; a table with an equal record need not be made anew."""
        unused = () if self.landmarks_fingerprint is None else self.run.networks
        return {
            "software": SOFTWARE,
            "version": __version__,
            "settings": self.run.settings,
            "models_sha256": {k: v for k, v in self.run.models.items() if k not in unused},
            "person_id": self.task.person_id,
            "input_fingerprint": self.fingerprint,
            "landmarks_fingerprint": self.landmarks_fingerprint,
        }


def identify_input(task: VideoTask, run: RunProvenance) -> InputIdentity:
    """Return the identity of an input, which is read for it.

    Raises
    ------
    MediaError
        If the input or its landmarks cannot be read.
    """
    landmarks = None if task.landmarks_uri is None else fingerprint(task.landmarks_uri)
    return InputIdentity(run, task, fingerprint(task.uri), landmarks)


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
    frames_decoded, frames_with_face, calibration_frames : int
        Frames read, frames measured, and frames that moved the running medians.
    calibration : str
        ``video`` (running medians of this video, as OpenFace) or ``none`` (static models).
    """

    identity: InputIdentity
    info: MediaInfo
    providers: tuple[str, ...]
    frames_decoded: int
    frames_with_face: int
    calibration_frames: int
    calibration: str

    def metadata(self) -> dict[str, str]:
        """Return the record as Parquet key-value metadata, the same bytes for the same run."""
        task = self.identity.task
        record = self.identity.as_dict() | {
            "video_id": task.video_id,
            "manifest_video_id": task.manifest_id or task.video_id,
            "input_uri": task.uri,
            "input_kind": self.info.kind,
            "container": self.info.container,
            "codec": self.info.codec,
            "decoder": self.info.decoder,
            "frame_width_px": self.info.width_px,
            "frame_height_px": self.info.height_px,
            "rotation_degrees": self.info.rotation_degrees,
            "average_rate_fps": self.info.average_rate_fps,
            "landmarks_uri": task.landmarks_uri,
            "onnxruntime_providers": list(self.providers),
            "frames_decoded": self.frames_decoded,
            "frames_with_face": self.frames_with_face,
            "calibration": self.calibration,
            "calibration_frames": self.calibration_frames,
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
            }
        ],
        "Tables": {
            "frames": f"frames/{folder}/frames.parquet: one row per decoded frame",
            "errors": "errors.parquet: one row per problem with an input",
        },
    }
