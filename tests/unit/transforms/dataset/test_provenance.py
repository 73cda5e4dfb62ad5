"""What is recorded with every table."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from models import default_registry
from openface_core import __version__
from openface_core.analysis.settings import RunSettings
from openface_core.media import MediaInfo
from transforms.dataset.provenance import (
    Calibration,
    FaceRecord,
    InputIdentity,
    RunProvenance,
    VideoProvenance,
    dataset_description,
)
from transforms.records import InputContent, VideoTask

MODELS = {"b.txt": "22", "a.txt": "11", "net.onnx": "33"}
NETWORKS = ("net.onnx",)


def identity(**changes: object) -> InputIdentity:
    values: dict[str, Any] = {
        "run": RunProvenance(RunSettings().as_dict(), MODELS, NETWORKS),
        "task": VideoTask("v", "a.mp4", "P1", "points.csv"),
        "content": InputContent("sha256:00", "sha256:01"),
    }
    return InputIdentity(**(values | changes))


def provenance(**changes: object) -> VideoProvenance:
    info = MediaInfo(
        uri="a.mp4",
        kind="video",
        container="mov,mp4",
        codec="h264",
        width_px=640,
        height_px=480,
        rotation_degrees=90,
        average_rate_fps=29.97,
        frame_count_from_header=100,
        duration_seconds_from_header=3.3,
        decoder="PyAV 18",
        pixel_aspect_ratio=Fraction(4, 3),
        start_seconds=1.5,
    )
    values: dict[str, Any] = {
        "identity": identity(),
        "info": info,
        "providers": ("CPUExecutionProvider",),
        "frames_decoded": 100,
        "frames_with_face": 90,
        "faces": (FaceRecord(0, Calibration("video", "video:v", ("v",), (), 45)),),
        "few_frames": 300,
        "relative_to_person": ("AU01_r",),
        "warnings": ("7 corrupt packets skipped",),
    }
    return VideoProvenance(**(values | changes))


def test_the_record_is_json_with_everything_in_it() -> None:
    metadata = provenance().metadata()
    assert metadata["openface_beam.version"] == __version__
    assert metadata["openface_beam.video_id"] == "v"
    record = json.loads(metadata["openface_beam"])
    assert record["software"] == "openface-beam"
    assert record["version"] == __version__
    assert record["relative_to_person"] == ["AU01_r"]
    assert record["settings"] == RunSettings().as_dict()
    assert record["models_sha256"] == {"a.txt": "11", "b.txt": "22"}
    expected = {
        "video_id": "v", "person_id": "P1", "input_uri": str(Path.cwd() / "a.mp4"),
        "input_fingerprint": "sha256:00",
        "landmarks_fingerprint": "sha256:01",
        "input_kind": "video", "container": "mov,mp4", "codec": "h264", "decoder": "PyAV 18",
        "frame_width_px": 640, "frame_height_px": 480, "rotation_degrees": 90,
        "sample_aspect_ratio": "4:3", "start_seconds": 1.5,
        "average_rate_fps": 29.97, "landmarks_uri": str(Path.cwd() / "points.csv"),
        "onnxruntime_providers": ["CPUExecutionProvider"], "frames_decoded": 100,
        "frames_with_face": 90, "calibration_inputs_digest": None, "rest": None,
        "decoding_warnings": ["7 corrupt packets skipped"],
        "faces": [
            {
                "face_id": 0, "calibration": "video", "calibration_frames": 45,
                "calibration_is_short": True, "calibration_key": "video:v",
                "calibration_inputs": ["v"], "calibration_inputs_failed": [], "summary": {},
            }
        ],
    }  # fmt: skip
    assert {key: record[key] for key in expected} == expected


def test_networks_are_recorded_where_they_took_part() -> None:
    assert identity(content=InputContent("sha256:00")).as_dict()["models_sha256"] == MODELS


def test_model_packs_are_recorded_with_their_licences() -> None:
    packs = default_registry().packs
    models = {"own.dat": "00"}
    for name in ("openface22", "ghostone98"):
        file = packs[name].files[0]
        models[file.path] = file.sha256 or ""
    licences = {name: packs[name].licence for name in ("ghostone98", "openface22")}
    run = RunProvenance(RunSettings().as_dict(), models, ("models/ghostone98.onnx",))
    assert dataset_description(run)["GeneratedBy"][0]["ModelPacks"] == licences
    # Given landmarks need no network, whose licence does not bind then.
    del licences["ghostone98"]
    record = json.loads(provenance(identity=identity(run=run)).metadata()["openface_beam"])
    assert record["model_packs"] == licences


def test_what_is_unknown_is_null() -> None:
    unknown = identity(task=VideoTask("v", "a.mp4"), content=InputContent("sha256:00"))
    record = json.loads(provenance(identity=unknown).metadata()["openface_beam"])
    assert record["person_id"] is None
    assert record["landmarks_uri"] is None


def test_the_same_run_gives_the_same_bytes() -> None:
    reordered = RunProvenance(
        dict(reversed(RunSettings().as_dict().items())),
        dict(reversed(MODELS.items())),
        NETWORKS,
    )
    assert provenance().metadata() == provenance(identity=identity(run=reordered)).metadata()


def test_description_of_the_dataset() -> None:
    run = RunProvenance(RunSettings().as_dict(), {"a.txt": "11"})
    description = json.loads(json.dumps(dataset_description(run)))
    assert description["DatasetType"] == "derivative"
    (made_by,) = description["GeneratedBy"]
    assert made_by["Name"] == "openface-beam"
    assert made_by["Version"] == __version__
    assert made_by["ModelsSHA256"] == {"a.txt": "11"}
    assert made_by["Settings"]["name"] == "default"
