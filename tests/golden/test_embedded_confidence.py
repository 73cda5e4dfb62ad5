"""The embedded confidence on faces and pictures that took no part in training."""

from pathlib import Path

import numpy as np
import pytest

from models.evaluation.calibration import calibration_error
from models.locate import EMBEDDED_FOLDER
from models.training.confidence.trial import TRUSTED_ABOVE, ConfidenceTrial

MOST_CALIBRATION_ERROR = 0.05
MOST_REFUSED = 0.01
MOST_TRUSTED_WITHOUT_A_FACE = 0.005
CROPS = 400


@pytest.fixture(scope="module")
def trial() -> ConfidenceTrial:
    return ConfidenceTrial(EMBEDDED_FOLDER)


def test_confidence_means_what_it_says(reference: Path, trial: ConfidenceTrial) -> None:
    cases = zip(*trial.on_faces(reference / "faces"), strict=True)
    confidences, right, moved = (np.array(part) for part in cases)
    assert calibration_error(confidences, right) <= MOST_CALIBRATION_ERROR
    assert calibration_error(confidences[~moved], right[~moved]) <= MOST_CALIBRATION_ERROR
    assert calibration_error(confidences[moved], right[moved]) <= MOST_CALIBRATION_ERROR
    assert (confidences[~moved & right] <= TRUSTED_ABOVE).mean() <= MOST_REFUSED


def test_hardly_any_picture_without_a_face_is_trusted(
    reference: Path, trial: ConfidenceTrial
) -> None:
    fooled = trial.without_a_face(reference / "faces", CROPS)
    assert fooled / CROPS <= MOST_TRUSTED_WITHOUT_A_FACE
