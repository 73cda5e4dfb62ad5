"""Whether an input can be of the camera that is named for it."""

from collections.abc import Iterable, Iterator

from openface_core.errors import MediaError
from openface_core.media import DecodedFrame, MediaInfo
from openface_core.shape import Camera


def check_camera(camera: Camera | None, info: MediaInfo) -> None:
    """Refuse a camera that cannot have taken an input.

    Parameters
    ----------
    camera : Camera or None
        What is named; None is OpenFace's guess, which fits all frames.
    info : MediaInfo
        What opening the input found.

    Raises
    ------
    MediaError
        If its optical centre lies outside of the frames.
    """
    if camera is None or not info.width_px:  # no camera, or no frame
        return
    try:
        camera.check_frame_size(info.width_px, info.height_px)
    except ValueError as error:
        raise MediaError(
            info.uri,
            str(error),
            "Give fx, fy, cx, cy in pixels of the upright picture with square pixels; scale them "
            "if the camera was calibrated at another size.",
        ) from None


def of_one_size(
    frames: Iterable[DecodedFrame], camera: Camera | None, info: MediaInfo
) -> Iterator[DecodedFrame]:
    """Yield the frames of an input, and refuse those that cannot be of the camera named for it.

    Parameters
    ----------
    frames : iterable of DecodedFrame
        The frames.
    camera : Camera or None
        What is named: the camera of frames of the size of the first one. None is OpenFace's guess,
        which goes by the size of each.
    info : MediaInfo
        What opening the input found.

    Raises
    ------
    MediaError
        If a frame is of another size than the first one, and a camera is named.
    """
    for frame in frames:
        height, width = frame.picture.shape[:2]
        if camera is not None and (width, height) != (info.width_px, info.height_px):
            raise MediaError(
                info.uri,
                f"the camera {camera} is named for its frames of {info.width_px} x "
                f"{info.height_px} pixels, and frame {frame.index + 1} has {width} x {height}",
                "Make an input of the frames of each size and name the camera of each, or name "
                "none.",
            )
        yield frame
