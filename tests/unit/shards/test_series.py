"""What a shard's file leaves out is computed again, the same to the bit."""

import io

import numpy as np
import pytest

from openface_core.analysis.face_meter import FaceMeter
from openface_core.eyes import FittedEyes
from openface_core.shards import ShardRecorder, read_features, write_features
from openface_core.shards.series import frame_series
from openface_core.tables import FrameRecorder
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
def test_a_shard_gives_the_series_that_its_frames_gave(with_eyes: list[bool]) -> None:
    pdm, models = synthetic_pdm(), synthetic_action_unit_models()
    meter = FaceMeter(pdm, synthetic_triangles())
    whole, shard = FrameRecorder(pdm.mode_count), ShardRecorder(models, pdm.mode_count)
    for i, has_eyes in enumerate([*with_eyes, None]):
        if has_eyes is None:
            whole.add(i / 25, 0.5, None, None)
            shard.add(i / 25, 0.5, SIZE_PX, None, None)
            continue
        pose = (0.9, (0.1, -0.2, 0.05 * i), (100.0, 90.0), plausible_shape_parameters(i, 0.3))
        picture = render_face(pdm, *pose, size_px=SIZE_PX)
        landmarks = project_face(pdm, *pose)
        measured = meter.measure(picture, landmarks, _eyes(i) if has_eyes else None)
        assert measured is not None
        assert (measured.eyes is not None) == has_eyes
        whole.add(i / 25, 0.5, landmarks, measured)
        shard.add(i / 25, 0.5, SIZE_PX, landmarks, measured)
    file = io.BytesIO()
    write_features(file, shard.features())
    file.seek(0)
    found = frame_series(read_features(file, len(models.all_models), pdm.mode_count), pdm)
    expected = whole.series()
    assert found.has_eyes.tolist() == [*with_eyes, False]
    for name, values in vars(expected).items():
        np.testing.assert_array_equal(getattr(found, name), values, err_msg=name)
