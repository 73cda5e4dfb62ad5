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
from openface_core.faces import Face
from openface_core.inference import OnnxSettings
from openface_core.media import DecodedFrame, open_media
from pipelines.configuration.config_file import load_settings
from transforms.exports.shape_files import ShapeFiles, face_pictures

FRAMES = 45


@pytest.mark.parametrize("preset", ["default", "openface22", "fast"])
@pytest.mark.parametrize("video", ["expressive.mp4", "multi_face.avi"])
def test_faces_follow_from_the_table(reference: Path, preset: str, video: str) -> None:
    settings = replace(load_settings(preset), onnxruntime=OnnxSettings("cpu"))
    files = locate_models(reference, settings.models)
    analyser = Analyser(load_engine(files, settings), settings)
    path = str(reference / "videos" / video)
    seen: dict[int, Face] = {}

    def keep(frame: DecodedFrame, face: Face) -> None:
        if face.is_measured:
            seen[frame.index + 1] = face

    with open_media(path) as media:
        measured = analyser.medium(media, analyser.faces(), frame_limit=FRAMES, on_face=keep)
    assert len(seen) > FRAMES / 2
    record = json.loads(json.dumps({"settings": settings.as_dict()}))
    pictures = face_pictures(record, ShapeFiles(files.shape, files.triangulation))
    rows = dict(Rows(measured.table).by_frame())
    with open_media(path) as media:
        for frame in islice(media, FRAMES):
            face = seen.get(frame.index + 1)
            if face is None:
                continue
            of_frame = rows[frame.index + 1]
            aligned = pictures.aligned(of_frame, 0, frame.image)
            np.testing.assert_array_equal(aligned.image, face.aligned.image)
            descriptor = pictures.descriptor(of_frame, 0, frame.image)
            np.testing.assert_array_equal(descriptor, face.fhog)
