"""How an output was made: what is recorded with every table and every dataset."""

import json
from dataclasses import dataclass, field
from typing import Any

from openface_core import __version__
from openface_core.media import MediaInfo
from transforms.records import VideoTask

SOFTWARE = "openface-beam"


@dataclass(frozen=True)
class RunProvenance:
    """What all outputs of a run have in common.

    Parameters
    ----------
    settings : dict
        All settings.
    models : dict of str to str
        SHA-256 of every model file.
    """

    settings: dict[str, Any]
    models: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return {
            "software": SOFTWARE,
            "version": __version__,
            "settings": self.settings,
            "models_sha256": self.models,
        }


@dataclass(frozen=True)
class VideoProvenance:
    """How one table came to be.

    Parameters
    ----------
    run : RunProvenance
        What it shares with the run's other tables.
    task : VideoTask
        The input.
    info : MediaInfo
        What decoding found.
    fingerprint : str
        Hash of the input's content.
    providers : tuple of str
        What onnxruntime ran on.
    frames_decoded, frames_with_face, calibration_frames : int
        Frames read, frames measured, and frames that moved the running medians.
    calibration : str
        ``video`` (running medians of this video, as OpenFace) or ``none`` (static models).
    """

    run: RunProvenance
    task: VideoTask
    info: MediaInfo
    fingerprint: str
    providers: tuple[str, ...]
    frames_decoded: int
    frames_with_face: int
    calibration_frames: int
    calibration: str

    def metadata(self) -> dict[str, str]:
        """Return the record as Parquet key-value metadata, the same bytes for the same run."""
        record = self.run.as_dict() | {
            "video_id": self.task.video_id,
            "person_id": self.task.person_id,
            "input_uri": self.task.uri,
            "input_fingerprint": self.fingerprint,
            "input_kind": self.info.kind,
            "container": self.info.container,
            "codec": self.info.codec,
            "decoder": self.info.decoder,
            "frame_width_px": self.info.width_px,
            "frame_height_px": self.info.height_px,
            "rotation_degrees": self.info.rotation_degrees,
            "average_rate_fps": self.info.average_rate_fps,
            "landmarks_uri": self.task.landmarks_uri,
            "onnxruntime_providers": list(self.providers),
            "frames_decoded": self.frames_decoded,
            "frames_with_face": self.frames_with_face,
            "calibration": self.calibration,
            "calibration_frames": self.calibration_frames,
        }
        return {
            "openface_beam": json.dumps(record, sort_keys=True),
            "openface_beam.version": __version__,
            "openface_beam.video_id": self.task.video_id,
        }


def dataset_description(run: RunProvenance) -> dict[str, Any]:
    """Return the description of a whole output folder, in the form that BIDS uses."""
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
            "frames": "frames/video_id=*/frames.parquet: one row per decoded frame",
            "errors": "errors.parquet: one row per problem with an input",
        },
    }
