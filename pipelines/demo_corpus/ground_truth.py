"""The script as JSON, for whoever compares measurements with it."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.demo_corpus.face_mesh import FaceMesh
from pipelines.demo_corpus.script import (
    ACTION_UNITS,
    TRUNCATED_NAME,
    UNITS,
    Action,
    Clip,
)
from pipelines.demo_corpus.staging import landmarks_px, share_in_picture

_MEANING = {
    "seconds": "time stamps of the container",
    "level": "amplitude × (1 − cos(π s)) / 2: s goes from 0 at begin_s to 1 at apex_begin_s and "
    "from 1 at apex_end_s to 0 at end_s",
    "amplitude": "1 is a plain, full expression; of head_roll clockwise for the viewer",
    "side": "of the face, the person's: both, left or right",
    "action_units": "rise with the action",
    "gone_frames": "frames, counted from 1, in which not one landmark is in the picture",
    "largest": "whether it is the widest face of the clip",
    "box_px": "left, top, right, bottom of the landmarks in the first frame",
}
_PHOTOGRAPH = "astronaut Eileen Collins; NASA, public domain; from scikit-image"


def ground_truth_json(clips: Sequence[Clip], mesh: FaceMesh) -> str:
    """Return what happens in clips of the face, and in the truncated file, as JSON."""
    document = {
        "photograph": _PHOTOGRAPH,
        "meaning": _MEANING,
        "clips": [
            *(_clip(clip, mesh) for clip in clips),
            {"file": TRUNCATED_NAME, "error": "the second half of the file is missing"},
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _clip(clip: Clip, mesh: FaceMesh) -> dict[str, Any]:
    zooms = [face.zoom for face in clip.faces]
    return {
        "file": clip.name,
        "frames": len(clip.frame_times_s()),
        "seconds": clip.seconds,
        "frame_rate": clip.frame_rate,
        "frame_rate_varies": clip.varying,
        "encoder": clip.encoder,
        "width_px": clip.width_px,
        "height_px": clip.height_px,
        "stored_turned": clip.turned,
        "faces": [
            {
                "box_px": _box(clip, number, mesh),
                "largest": face.zoom == max(zooms),
                "mirrored": face.mirrored,
                "gone_frames": _ranges(share_in_picture(clip, number, mesh) == 0),
                "actions": [_action(action) for action in face.actions],
            }
            for number, face in enumerate(clip.faces)
        ],
    }


def _action(action: Action) -> dict[str, Any]:
    apex_begin_s, apex_end_s = action.apex_s
    return {
        "action": action.kind,
        "begin_s": action.begin_s,
        "apex_begin_s": round(apex_begin_s, 6),
        "apex_end_s": round(apex_end_s, 6),
        "end_s": round(action.end_s, 6),
        "amplitude": action.amplitude,
        "unit": UNITS.get(action.kind, "expression"),
        "side": action.side,
        "action_units": list(ACTION_UNITS[action.kind]),
    }


def _box(clip: Clip, number: int, mesh: FaceMesh) -> list[float]:
    points = landmarks_px(clip, number, mesh, 0.0)
    return [round(float(value), 1) for value in (*points.min(axis=0), *points.max(axis=0))]


def _ranges(frames: NDArray[np.bool_]) -> list[list[int]]:
    """Return first and last of each run of frames, counted from 1."""
    steps = np.diff(np.concatenate([[0], frames.astype(np.int8), [0]]))
    firsts, lasts = np.flatnonzero(steps == 1) + 1, np.flatnonzero(steps == -1)
    return [[int(first), int(last)] for first, last in zip(firsts, lasts, strict=True)]
