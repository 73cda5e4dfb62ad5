"""Component 5 against the C++ program."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.alignment import (
    ALIGNED_SIZE_PX,
    apply_mask,
    mask_of_aligned_face,
    warp_affine,
    warp_matrix,
)
from openface_core.shape import PointDistributionModel
from tests.fixtures.golden_sets import golden_set

NAMES = ["subj01", "glasses", "expressive"]


def _frames(reference: Path, name: str, wanted: set[int]) -> dict[int, np.ndarray]:
    """Return the wanted frames (1-based) of a video."""
    with av.open(str(reference / "videos" / f"{name}.mp4")) as container:
        return {
            number: frame.to_ndarray(format="bgr24")
            for number, frame in enumerate(container.decode(video=0), start=1)
            if number in wanted
        }


@pytest.mark.parametrize("name", NAMES)
def test_warp_matrix_is_bit_exact(pdm: PointDistributionModel, name: str) -> None:
    golden = golden_set(name)
    parameters = golden.calcparams["params_global"]
    for i in np.flatnonzero(golden.calcparams["success"]):
        matrix = warp_matrix(golden.landmarks[i], parameters[i, 4:], pdm.mean_mm)
        np.testing.assert_array_equal(matrix, golden.calcparams["warp_matrix"][i])


@pytest.mark.parametrize("name", NAMES)
def test_warp_and_mask_are_bit_exact(
    reference: Path, triangles: NDArray[np.int32], name: str
) -> None:
    golden = golden_set(name)
    aligned = golden.arrays("aligned.npz")
    frames = _frames(reference, name, set(aligned["frames"].tolist()))
    white = np.full_like(next(iter(frames.values())), 255)
    for k, number in enumerate(aligned["frames"]):
        matrix = golden.calcparams["warp_matrix"][number - 1]
        image = warp_affine(frames[number], matrix, ALIGNED_SIZE_PX)
        np.testing.assert_array_equal(image, aligned["unmasked"][k])
        mask = mask_of_aligned_face(
            golden.landmarks[number - 1], matrix, triangles, ALIGNED_SIZE_PX
        )
        # The golden mask was read off the two pictures, so it says "kept" wherever the frame ends
        # and both are black. Those pixels are compared by the masked picture alone.
        has_source = warp_affine(white, matrix, ALIGNED_SIZE_PX)[..., 0] > 0
        np.testing.assert_array_equal(mask[has_source], aligned["mask"][k][has_source])
        apply_mask(image, mask, image)
        np.testing.assert_array_equal(image, aligned["aligned"][k])
