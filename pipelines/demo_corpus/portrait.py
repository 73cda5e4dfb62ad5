"""The photograph that the clips show, and where the parts of its face are.

It is the official portrait of astronaut Eileen Collins, a work of NASA in the public domain, which
comes inside scikit-image. All coordinates are ours: found by landmark networks, corrected by eye.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ConfigError

PHOTOGRAPH_SIDE_PX = 512

# Coordinates are x, y in pixels of the photograph, pixel centres on integers.

JAW = (
    (179.9, 98.8), (180.0, 112.0), (180.7, 124.9), (181.9, 137.2), (185.8, 148.5), (192.6, 158.6),
    (200.9, 167.8), (209.9, 175.8), (221.0, 178.8), (231.8, 177.0), (241.8, 171.4), (251.6, 163.4),
    (259.6, 153.6), (265.4, 142.4), (268.2, 130.2), (269.8, 117.6), (270.8, 105.0),
)  # fmt: skip
BROWS = (
    (189.5, 90.0), (193.5, 88.4), (199.0, 87.8), (205.5, 89.8), (212.5, 91.8),
    (237.5, 93.0), (243.5, 92.2), (250.0, 91.8), (257.0, 92.4), (262.0, 95.2),
)  # fmt: skip
NOSE = (
    (225.4, 102.4), (225.1, 110.7), (224.7, 118.8), (224.5, 127.2),
    (213.4, 130.1), (218.5, 132.4), (223.6, 134.3), (228.9, 132.9), (233.5, 131.6),
)  # fmt: skip

# The edges of each eye's opening from corner to corner, left to right in the picture.
LEFT_EYE_UPPER = (
    (194.6, 100.8), (197.0, 99.5), (199.6, 98.2), (202.6, 97.5), (205.2, 97.6), (207.6, 98.6),
    (210.2, 100.6), (213.2, 103.2),
)  # fmt: skip
LEFT_EYE_LOWER = (
    (194.6, 100.8), (196.8, 102.4), (199.6, 103.6), (202.6, 104.3), (205.2, 104.3), (207.6, 104.1),
    (210.2, 103.8), (213.2, 103.2),
)  # fmt: skip
RIGHT_EYE_UPPER = (
    (235.8, 104.5), (238.2, 102.8), (240.8, 101.4), (243.6, 100.3), (246.6, 99.9), (249.6, 100.3),
    (252.6, 102.0), (255.8, 104.0),
)  # fmt: skip
RIGHT_EYE_LOWER = (
    (235.8, 104.5), (238.2, 105.2), (240.8, 105.6), (243.6, 106.0), (246.6, 106.4), (249.6, 106.2),
    (252.6, 105.4), (255.8, 104.0),
)  # fmt: skip
# Where the lashes of the upper lids begin, above those edges.
LEFT_LASHES = (
    (192.6, 99.4), (195.6, 97.2), (199.2, 95.9), (203.0, 95.4), (207.0, 96.2), (210.6, 98.6),
)  # fmt: skip
RIGHT_LASHES = (
    (238.6, 100.6), (242.2, 98.6), (246.2, 97.9), (250.2, 98.3), (254.2, 100.0), (257.6, 102.2),
)  # fmt: skip

# The edges of the lips, left to right; the inner ones border the opening between them.
LIPS_TOP = (
    (200.8, 138.8), (208.5, 139.3), (217.0, 139.0), (222.5, 140.0), (228.0, 139.0), (236.5, 139.7),
    (245.0, 140.8),
)  # fmt: skip
MOUTH_UPPER = (
    (201.8, 139.3), (206.0, 140.7), (210.0, 141.6), (214.0, 142.0), (218.2, 142.8), (223.0, 143.2),
    (228.0, 142.8), (233.0, 142.4), (237.6, 141.6), (240.6, 140.9), (243.8, 140.7),
)  # fmt: skip
MOUTH_LOWER = (
    (201.8, 139.3), (206.0, 143.4), (209.4, 146.4), (213.2, 148.3), (217.6, 149.0), (222.4, 149.2),
    (227.2, 149.0), (231.2, 148.2), (235.2, 146.3), (239.2, 143.8), (243.8, 140.7),
)  # fmt: skip
LIPS_BOTTOM = (
    (200.8, 138.8), (207.5, 149.2), (215.0, 154.2), (222.0, 155.0), (229.5, 154.2), (237.5, 149.4),
    (245.0, 140.8),
)  # fmt: skip

# From beside the nose to beside the mouth: the folds that a smile makes.
_SMILE_FOLDS = (
    ((210.5, 121.5), (206.0, 127.0), (199.5, 132.0), (196.5, 136.5)),
    ((238.5, 124.5), (243.5, 129.5), (249.0, 134.0), (250.5, 140.0)),
)
_FOLD_WIDTH_PX = 9
_SMOOTHING_SIGMA_PX = 2.0

# Between lips that part further than in the photograph it is dark, reddish above the tongue.
_THROAT_BGR = (22.0, 16.0, 34.0)
_TONGUE_BGR = (58.0, 48.0, 104.0)
_TONGUE_CENTRE = (222.5, 162.0)
_TONGUE_RADII_PX = (13.0, 8.0)


@dataclass(frozen=True, eq=False)
class Portrait:
    """The layers that pictures of the face are made of.

    Parameters
    ----------
    smiling : (512, 512, 3) ndarray of uint8
        The photograph, BGR.
    smooth : (512, 512, 3) ndarray of uint8
        The photograph without the folds of the smile.
    mouth : (512, 512, 3) ndarray of uint8
        What is behind the lips: teeth as in the photograph, darkness around them.
    """

    smiling: NDArray[np.uint8]
    smooth: NDArray[np.uint8]
    mouth: NDArray[np.uint8]


def landmarks() -> NDArray[np.float64]:
    """Return the 68 iBUG landmarks of the photograph, (68, 2), pixels."""
    points = [
        *JAW,
        *BROWS,
        *NOSE,
        *(LEFT_EYE_UPPER[k] for k in (0, 2, 5, 7)),
        *(LEFT_EYE_LOWER[k] for k in (5, 2)),
        *(RIGHT_EYE_UPPER[k] for k in (0, 2, 5, 7)),
        *(RIGHT_EYE_LOWER[k] for k in (5, 2)),
        *LIPS_TOP,
        *reversed(LIPS_BOTTOM[1:-1]),
        *(MOUTH_UPPER[k] for k in (0, 3, 5, 7, 10)),
        *(MOUTH_LOWER[k] for k in (7, 5, 3)),
    ]
    return np.array(points, dtype=np.float64)


def _photograph_path() -> Path | None:
    """Return where the photograph is; scikit-image, with all that it needs, is not imported."""
    try:
        spec = find_spec("skimage.data")
    except ModuleNotFoundError:
        return None
    return (
        None if spec is None or spec.origin is None else Path(spec.origin).parent / "astronaut.png"
    )


def load_portrait() -> Portrait:
    """Read the photograph and make its layers.

    Returns
    -------
    Portrait
        The layers.

    Raises
    ------
    ConfigError
        If scikit-image is missing, or has another photograph.
    """
    path = _photograph_path()
    if path is None or not path.is_file():
        raise ConfigError(
            "scikit-image",
            "it is not installed; the demo corpus is made from a photograph inside it",
            "Run: pip install 'openface-beam[demo]'.",
        )
    stored = np.fromfile(path, dtype=np.uint8)
    photograph: Any = cv2.imdecode(stored, cv2.IMREAD_COLOR)  # None if it cannot be read
    side = PHOTOGRAPH_SIDE_PX
    if photograph is None or photograph.shape != (side, side, 3):
        raise ConfigError(
            "scikit-image",
            f"its photograph {path.name} is not one of {side} x {side} px",
            "Install the version that openface-beam[demo] asks for.",
        )
    return Portrait(photograph, _without_folds(photograph), _behind_the_lips(photograph))


def _blend(
    base: NDArray[np.uint8], top: NDArray[np.uint8], weight: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Return `base` with `top` over it where the weight, 0 to 1, is not 0."""
    w = weight[:, :, None]
    mixed = base.astype(np.float32) * (1 - w) + top.astype(np.float32) * w
    return np.rint(mixed).astype(np.uint8)


def _without_folds(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    mask = np.zeros(photograph.shape[:2], dtype=np.float32)
    for fold in _SMILE_FOLDS:
        line = np.rint(np.array(fold)).astype(np.int32)
        cv2.polylines(mask, [line], False, 1.0, _FOLD_WIDTH_PX, cv2.LINE_AA)
    away = cv2.inpaint(photograph, (mask > 0).astype(np.uint8), 4.0, cv2.INPAINT_TELEA)
    away = cv2.GaussianBlur(away, (0, 0), _SMOOTHING_SIGMA_PX)
    weight = cv2.GaussianBlur(mask, (0, 0), _FOLD_WIDTH_PX / 3)
    return _blend(photograph, np.asarray(away, dtype=np.uint8), np.clip(1.4 * weight, 0, 1))


def _behind_the_lips(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    opening = np.array([*MOUTH_UPPER, *reversed(MOUTH_LOWER[1:-1])])
    mask = np.zeros(photograph.shape[:2], dtype=np.float32)
    cv2.fillPoly(mask, [np.rint(opening * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.6), dtype=np.float32)
    y, x = np.mgrid[: photograph.shape[0], : photograph.shape[1]].astype(np.float32)
    (cx, cy), (rx, ry) = _TONGUE_CENTRE, _TONGUE_RADII_PX
    tongue = np.exp(-(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2))[:, :, None]
    dark = np.array(_THROAT_BGR) * (1 - tongue) + np.array(_TONGUE_BGR) * tongue
    return _blend(np.rint(dark).astype(np.uint8), photograph, mask)
