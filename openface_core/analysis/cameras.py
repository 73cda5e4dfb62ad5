"""Whether an input can be of the camera that is named for it."""

from openface_core.errors import MediaError
from openface_core.media import MediaInfo
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
