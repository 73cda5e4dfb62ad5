"""Aligned faces and descriptors of an export are those that the analysis saw, bit for bit."""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from models import locate_models
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine
from openface_core.exports import Rows
from openface_core.faces import Face, FacesInFrame
from openface_core.inference import OnnxSettings
from openface_core.media import DecodedFrame, open_media
from pipelines.configuration.config_file import load_settings
from transforms.exports.shape_files import ShapeFiles, face_pictures

FRAMES = 45


def _is_at(face: Face, landmarks: np.ndarray) -> bool:
    return face.landmarks is not None and np.array_equal(face.landmarks, landmarks)


@pytest.mark.parametrize("preset", ["default", "openface22", "fast"])
@pytest.mark.parametrize("video", ["expressive.mp4", "multi_face.avi"])
def test_faces_follow_from_the_table(reference: Path, preset: str, video: str) -> None:
    settings = replace(load_settings(preset), onnxruntime=OnnxSettings("cpu"))
    files = locate_models(reference, settings.models)
    analyser = Analyser(load_engine(files, settings), settings)
    path = str(reference / "videos" / video)
    seen: dict[int, list[Face]] = {}

    def keep(frame: DecodedFrame, measured: FacesInFrame) -> None:
        faces = [face for face in measured.faces.values() if face.is_measured]
        seen[frame.index + 1] = faces

    with open_media(path) as media:
        found = analyser.medium(media, analyser.faces(), frame_limit=FRAMES, on_faces=keep)
    record = json.loads(json.dumps({"settings": settings.as_dict()}))
    pictures = face_pictures(record, ShapeFiles(files.shape, files.triangulation))
    compared = 0
    with open_media(path) as media:
        for (number, of_frame), frame in zip(
            Rows(found.table).by_frame(), islice(media, FRAMES), strict=True
        ):
            assert number == frame.index + 1
            for row in np.flatnonzero(of_frame.success):
                landmarks = of_frame.landmarks(int(row))
                (face,) = (f for f in seen[number] if _is_at(f, landmarks))
                aligned = pictures.aligned(of_frame, int(row), frame.image)
                np.testing.assert_array_equal(aligned.image, face.aligned.image)
                descriptor = pictures.descriptor(of_frame, int(row), frame.image)
                np.testing.assert_array_equal(descriptor, face.fhog)
                compared += 1
    assert compared > FRAMES / 2
