"""The script as JSON."""

import json
from typing import Any

import pytest

from pipelines.demo_corpus.face_mesh import FaceMesh
from pipelines.demo_corpus.ground_truth import ground_truth_json
from pipelines.demo_corpus.script import CLIPS, TRUNCATED_NAME, UNITS


@pytest.fixture(scope="module")
def clips(mesh: FaceMesh) -> dict[str, dict[str, Any]]:
    document = json.loads(ground_truth_json(CLIPS, mesh))
    return {clip["file"]: clip for clip in document["clips"]}


def test_it_tells_every_file(clips: dict[str, dict[str, Any]]) -> None:
    assert set(clips) == {clip.name for clip in CLIPS} | {TRUNCATED_NAME}
    assert "missing" in clips[TRUNCATED_NAME]["error"]


def test_it_agrees_with_the_script(clips: dict[str, dict[str, Any]]) -> None:
    for clip in CLIPS:
        told = clips[clip.name]
        assert told["frames"] == len(clip.frame_times_s())
        assert len(told["faces"]) == len(clip.faces)
        for told_face, face in zip(told["faces"], clip.faces, strict=True):
            for entry, action in zip(told_face["actions"], face.actions, strict=True):
                assert entry["action"] == action.kind
                assert entry["begin_s"] < entry["apex_begin_s"] < entry["apex_end_s"]
                assert entry["apex_end_s"] < entry["end_s"] <= clip.seconds
                assert entry["unit"] == UNITS.get(action.kind, "expression")
                middle_s = (entry["apex_begin_s"] + entry["apex_end_s"]) / 2
                assert face.level(action.kind, middle_s, entry["side"]) == entry["amplitude"]
                assert entry["side"] == action.side
                assert face.level(action.kind, entry["end_s"]) == pytest.approx(0, abs=1e-9)


def test_one_face_is_the_largest(clips: dict[str, dict[str, Any]]) -> None:
    for clip in clips.values():
        faces = clip.get("faces", [])
        assert sum(face["largest"] for face in faces) == min(1, len(faces))
        widths = [face["box_px"][2] - face["box_px"][0] for face in faces]
        assert all((w == max(widths)) == f["largest"] for w, f in zip(widths, faces, strict=True))


def test_where_the_face_is_gone(clips: dict[str, dict[str, Any]]) -> None:
    for name, clip in clips.items():
        for face in clip.get("faces", []):
            if name != "leaves_and_returns.mp4":
                assert face["gone_frames"] == []
                continue
            ((first, last),) = face["gone_frames"]
            assert 1 < first < last < clip["frames"]
