"""What a shard's file leaves out is computed again, the same to the bit."""

import io

import numpy as np
import pytest

from openface_core.eyes import FittedEyes, gaze_angles
from openface_core.faces import Face, FaceMeter, FaceStatus
from openface_core.fields import Derivation, Extent
from openface_core.media import DecodedFrame
from openface_core.shards import ShardRecorder, read_features, write_features
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.fixtures.faces.triangles import synthetic_triangles
from tests.fixtures.synthetic_models.action_units import synthetic_action_unit_models

SIZE_PX = (200, 180)


def _eyes(seed: int) -> FittedEyes:
    """Return points about where a face in the middle of the picture has its eyes."""
    rng = np.random.default_rng(seed)
    middles = np.array([[70.0, 64.0], [130.0, 64.0]])[:, None]
    return FittedEyes(
        landmarks_px=(middles + rng.normal(scale=6.0, size=(2, 28, 2))).astype(np.float32),
        relative_depths_mm=rng.normal(scale=2.0, size=(2, 28)).astype(np.float32),
        scales_px_per_mm=rng.uniform(0.8, 1.0, 2),
    )


@pytest.mark.parametrize("with_eyes", [[True, True], [False, True], [False, False]])
def test_a_shard_gives_what_its_frames_gave(with_eyes: list[bool]) -> None:
    pdm, models = synthetic_pdm(), synthetic_action_unit_models()
    meter, extent = FaceMeter(pdm, synthetic_triangles()), Extent.of_models(pdm, models)
    shard = ShardRecorder(models, extent)
    faces: list[Face] = []
    for i, has_eyes in enumerate([*with_eyes, None]):
        face = Face(FaceStatus.NOT_DETECTED)
        picture = np.zeros((SIZE_PX[1], SIZE_PX[0], 3), dtype=np.uint8)
        if has_eyes is not None:
            pose = (0.9, (0.1, -0.2, 0.05 * i), (100.0, 90.0), plausible_shape_parameters(i, 0.3))
            picture = render_face(pdm, *pose, size_px=SIZE_PX)
            face = meter.measure(
                picture,
                Face(
                    FaceStatus.FOUND,
                    project_face(pdm, *pose),
                    fitted_eyes=_eyes(i) if has_eyes else None,
                ),
            )
            assert face.is_measured
            assert (face.eyes is not None) == has_eyes
        shard.add(DecodedFrame(i, i / 25, picture), face)
        faces.append(face)
    file = io.BytesIO()
    write_features(file, shard.features())
    file.seek(0)
    found = read_features(file, extent).series.with_derived_fields(Derivation(pdm, 11, 3))
    assert found.has_eyes.tolist() == [*with_eyes, False]
    assert found["frame_number"].tolist() == [11, 12, 13]
    assert found["face_id"].tolist() == [3, 3, 3]
    for i, face in enumerate(faces[:-1]):
        np.testing.assert_array_equal(found["landmarks_3d_mm"][i], face.landmarks_3d_mm)
        if face.eyes is not None:
            eyes = face.eyes
            np.testing.assert_array_equal(found["eye_landmarks_3d_mm"][i], eyes.landmarks_3d_mm)
            np.testing.assert_array_equal(
                found["gaze_angles"][i], gaze_angles(eyes.gaze_directions[None])[0]
            )
        else:
            assert np.isnan(found["eye_landmarks_3d_mm"][i]).all()
    for name in ("landmarks_3d_mm", "eye_landmarks_3d_mm", "gaze_angles"):
        assert np.isnan(found[name][-1]).all()
