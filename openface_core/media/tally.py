"""What goes by while a video is decoded, counted for the warnings that come of it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf

from openface_core.media.frames import MediaInfo
from openface_core.media.orientation import Orientation
from openface_core.media.packet_watch import COUNTING
from openface_core.media.pixel_aspect import ratio_text
from openface_core.media.places import Places

# How much shorter than its header a video may be before that is worth a warning.
_DURATION_TOLERANCE_SECONDS = 1.0
_DURATION_TOLERANCE = 0.02
_EXACT_FRAMES = 4.5
"""In an MXF, which states how many frames there are, by their duration."""

_SHOWN_SIZES = 4

_NO_GAP = ", and frames that were lost leave no gap"


@dataclass
class Tally:
    """What went by, counted for the warnings."""

    frames: int = 0
    corrupt_packets: int = 0
    corrupt_places: Places = field(default_factory=Places)
    concealed_frames: int = 0
    concealed_places: Places = field(default_factory=Places)
    odd_places: Places = field(default_factory=Places)
    seams: Places = field(default_factory=Places)
    frames_without_pts: int = 0
    counted_times: int = 0
    pts_steps_back: int = 0
    first_pts_seconds: float | None = None
    last_pts_seconds: float | None = None
    sizes: set[tuple[int, int]] = field(default_factory=set)
    orientations: set[Orientation] = field(default_factory=set)
    odd_matrices: int = 0
    odd_pixels: Fraction | None = None
    odd_colours: int = 0
    film_count: int = 1
    has_no_clock: bool = False
    rest_lost: bool = False
    early_end: str | None = None
    finished: bool = False


def warnings_of(tally: Tally, info: MediaInfo, expected_seconds: float | None) -> Iterator[str]:
    """Yield what a user should know about a decoded video.

    Parameters
    ----------
    tally : Tally
        What went by.
    info : MediaInfo
        What the header promises.
    expected_seconds : float or None
        Promised duration of the picture.
    """
    if tally.corrupt_packets:
        yield f"{tally.corrupt_packets} corrupt packets skipped, after {tally.corrupt_places}"
    if tally.odd_places:
        yield f"a part of the file is damaged or missing after {tally.odd_places}"
    if tally.rest_lost:
        yield f"the rest of the file cannot be read after frame {tally.frames}"
    elif tally.early_end is not None:
        yield f"{tally.early_end} after frame {tally.frames}"
    if tally.concealed_frames:
        yield (
            f"{tally.concealed_frames} frames are damaged and were patched up by the decoder "
            f"({tally.concealed_places}); pictures up to the next key frame may be wrong"
        )
    yield from _time_warnings(tally, info)
    yield from _oddity_warnings(tally)
    if tally.finished:
        yield from _broken_promises(tally, info, expected_seconds)


def _oddity_warnings(tally: Tally) -> Iterator[str]:
    """Yield what is unusual about the pictures."""
    if tally.film_count > 1:
        yield f"it has {tally.film_count} video tracks, of which the first is measured"
    if len(tally.sizes) > 1:
        yield f"the frame size changes within the video ({sizes_text(tally.sizes)})"
    if len(tally.orientations) > 1:
        yield "the rotation changes within the video"
    if tally.odd_matrices:
        yield f"{tally.odd_matrices} frames ask for a rotation that is no multiple of 90 degrees"
    if tally.odd_pixels is not None:
        yield f"its pixels are said to be {ratio_text(tally.odd_pixels)}, and taken to be square"
    if tally.odd_colours:
        yield (
            f"{tally.odd_colours} frames state colours that cannot be converted exactly; "
            "the nearest kind is taken"
        )


def sizes_text(sizes: Collection[tuple[int, int]]) -> str:
    """Return frame sizes, width before height, as text; of many, the smallest ones."""
    shown = ", ".join(f"{width} x {height}" for width, height in sorted(sizes)[:_SHOWN_SIZES])
    more = len(sizes) - _SHOWN_SIZES
    return f"{shown} and {more} more" if more > 0 else shown


def _time_warnings(tally: Tally, info: MediaInfo) -> Iterator[str]:
    rate = info.average_rate_fps or 0.0
    if tally.frames_without_pts:
        yield f"{tally.frames_without_pts} frames have no time stamp"
    if tally.counted_times:
        yield (
            f"{tally.counted_times} frames have no time stamp; they are timed at {rate:g} fps"
            f"{_NO_GAP}"
        )
    if tally.has_no_clock:
        yield f"it holds pictures without time stamps; they are timed at {rate:g} fps{_NO_GAP}"
    if tally.pts_steps_back:
        yield f"the time stamp does not increase at {tally.pts_steps_back} frames"


def _where_frames_are_missing(tally: Tally, info: MediaInfo) -> str:
    """Return what to say of the place where a container that counts its frames lacks some."""
    if info.container not in COUNTING:
        return ""
    if tally.seams:
        return f"; they are missing after {tally.seams}, and later times are too early"
    if tally.odd_places or tally.corrupt_places or tally.concealed_places or tally.rest_lost:
        return ""
    return "; where they are missing cannot be told, and later times are too early"


def _are_in_place(tally: Tally, info: MediaInfo) -> bool:
    """Return whether a container that counts frames counts those it has not, too.

    Capture programs write an empty place for a frame that they drop, so that the others have their
    right times.
    """
    promised, rate = info.frame_count_from_header, info.average_rate_fps
    last = tally.last_pts_seconds
    if tally.corrupt_packets or tally.concealed_frames or tally.odd_places or tally.seams:
        return False
    if info.container != "avi" or promised is None or not rate or last is None:
        return False
    return round(last * rate) + 1 >= promised


def _broken_promises(
    tally: Tally, info: MediaInfo, expected_seconds: float | None
) -> Iterator[str]:
    promised = info.frame_count_from_header
    place = _where_frames_are_missing(tally, info)
    if promised is not None:
        if tally.frames < promised and not _are_in_place(tally, info):
            yield f"the header promises {promised} frames, {tally.frames} could be decoded{place}"
    elif expected_seconds is not None and info.average_rate_fps:
        # The stated rate of a variable frame rate says little, and time stamps may be missing.
        decoded_seconds = tally.frames / info.average_rate_fps
        if tally.first_pts_seconds is not None and tally.last_pts_seconds is not None:
            span = tally.last_pts_seconds - tally.first_pts_seconds
            decoded_seconds = max(decoded_seconds, span + 1 / info.average_rate_fps)
        exact = _EXACT_FRAMES / info.average_rate_fps if info.container == "mxf" else inf
        slack = min(exact, max(_DURATION_TOLERANCE_SECONDS, _DURATION_TOLERANCE * expected_seconds))
        if decoded_seconds < expected_seconds - slack:
            yield (
                f"the header promises {expected_seconds:.2f} s, "
                f"about {decoded_seconds:.2f} s could be decoded{place}"
            )
