"""Inputs that a person has twice: copies, links, and rows of one file."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from openface_core.errors import InputError, OpenFaceBeamError
from openface_core.media import fingerprint
from openface_core.media.sources import locate
from transforms.records import VideoTask


def remarks_on_repeats(group: Sequence[VideoTask]) -> Iterator[str]:
    """Yield a line for each input that holds what one before it does.

    Parameters
    ----------
    group : sequence of VideoTask
        Inputs that are calibrated together.
    """
    by_size: dict[int, list[VideoTask]] = defaultdict(list)
    for task in group if len(group) > 1 else ():
        size = _size(task.uri)
        if size is not None:
            by_size[size].append(task)
    for alike in by_size.values():
        if len(alike) < 2:
            continue  # nothing has to be read for most inputs
        first: dict[str, VideoTask] = {}
        for task in alike:
            content = _content(task.uri)
            if content is None:
                continue
            before = first.setdefault(content, task)
            if before is not task:
                yield (
                    f"warning: {before.video_id} and {task.video_id} of {task.person_id} hold the "
                    "same video, whose frames count twice in the person's calibration; leave one "
                    "out if it is there by mistake."
                )


def _size(uri: str) -> int | None:
    try:
        source = locate(uri, error=InputError)
        return None if source.is_directory() else source.size_bytes()
    except OpenFaceBeamError:
        return None


def _content(uri: str) -> str | None:
    try:
        return fingerprint(uri)
    except OpenFaceBeamError:
        return None  # the analysis will say what is wrong with it
