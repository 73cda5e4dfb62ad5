"""The camera that frames are taken to be of.

References
----------
``SetCameraIntrinsics`` (``SequenceCapture.cpp``) of OpenFace 2.2.
"""

import math
import re
from dataclasses import astuple, dataclass

_MAX_PX = 1e6
_LEAST_FOCAL_SHARE = 0.1
"""Of the frame's size; a lens that sees half a circle has a fifth or more."""

_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")


@dataclass(frozen=True)
class Camera:
    """Intrinsic parameters of a pinhole camera without distortion.

    Parameters
    ----------
    fx_px, fy_px : float
        Focal lengths, pixels of the upright frame.
    cx_px, cy_px : float
        Optical centre in the upright frame, pixels.
    """

    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float

    @classmethod
    def from_frame_size(cls, width_px: int, height_px: int) -> "Camera":
        """Return OpenFace's guess for a camera that was never calibrated.

        The focal length is 500 px for a frame of 640 x 480 and grows with the mean of width and
        height; the optical centre is half the frame size.
        """
        focal = (500.0 * width_px / 640.0 + 500.0 * height_px / 480.0) / 2.0
        return cls(focal, focal, width_px / 2.0, height_px / 2.0)

    @classmethod
    def parse(cls, text: str) -> "Camera":
        """Return the camera that a text names: four numbers, ``fx,fy,cx,cy``.

        Parameters
        ----------
        text : str
            The numbers, pixels, separated by commas, semicolons or blanks.

        Raises
        ------
        ValueError
            If they are not four, or cannot be those of a camera.
        """
        words = _SEPARATOR.split(text.strip())
        try:
            numbers = [float(word) for word in words]
        except ValueError:
            numbers = []
        if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
            raise ValueError(f"expected four numbers, fx,fy,cx,cy, found {text!r}")
        if not all(0 < number <= _MAX_PX for number in numbers):
            raise ValueError(
                f"expected numbers above 0 and to {_MAX_PX:g}, of pixels, found {text!r}"
            )
        return cls(*numbers)

    def __str__(self) -> str:
        """Return the form that :meth:`parse` reads."""
        return ",".join(repr(float(number)).removesuffix(".0") for number in astuple(self))

    def check_frame_size(self, width_px: int, height_px: int) -> None:
        """Refuse frames that the camera cannot have taken.

        Parameters
        ----------
        width_px, height_px : int
            Size of the upright frame.

        Raises
        ------
        ValueError
            If the optical centre lies outside of the frame: then the camera was calibrated on
            pictures of another size, or on ones that were not turned upright. If no lens has such
            a focal length: then it may be one in millimetres.
        """
        if min(self.fx_px / width_px, self.fy_px / height_px) < _LEAST_FOCAL_SHARE:
            raise ValueError(
                f"the camera's focal lengths ({self.fx_px:g}, {self.fy_px:g}) are those of no lens "
                f"for frames of {width_px} x {height_px} pixels: they are pixels, not millimetres"
            )
        if self.cx_px > width_px or self.cy_px > height_px:
            raise ValueError(
                f"the camera's optical centre ({self.cx_px:g}, {self.cy_px:g}) lies outside of its "
                f"upright frames of {width_px} x {height_px} pixels"
            )
