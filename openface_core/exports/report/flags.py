"""What somebody must look at before trusting the numbers of an input."""

from collections.abc import Iterator
from dataclasses import dataclass

from openface_core.exports.report.page_data import PageData

_FEW_FOUND, _HARDLY_FOUND = 0.9, 0.5
_OFTEN_UNSURE = 0.1
_OFTEN_CUT_OFF = 0.1
_SMALL_PX = 60
_DARK = 50.0


@dataclass(frozen=True)
class Flag:
    """Something to look at.

    Parameters
    ----------
    name : str
        A word for the index, which filters by it.
    text : str
        What it is, and what can be done.
    """

    name: str
    text: str


def flags_of(data: PageData, brightness: dict[int, float]) -> tuple[Flag, ...]:
    """Return what must be looked at.

    Parameters
    ----------
    data : PageData
        What is known of the input.
    brightness : dict of int to float
        Median grey value of the pictures of each face, 0 to 255.
    """
    return (*_of_input(data), *_of_people(data), *_of_faces(data, brightness))


def _of_input(data: PageData) -> Iterator[Flag]:
    record = data.video.record
    if not data.frames_with_face:
        yield Flag("no face", "No face was found in any frame.")
    elif data.success_rate < _FEW_FOUND:
        name = "face rarely found" if data.success_rate < _HARDLY_FOUND else "face often not found"
        yield Flag(
            name,
            f"A face was found in {data.success_rate:.0%} of the frames only. Look at the overlay "
            "of the others: is there a face?",
        )
    yield from _of_calibration(data)
    warnings = record.get("decoding_warnings")
    for text in warnings if isinstance(warnings, list) else ():
        if "without frames" in str(text):
            yield Flag("dropped frames", f"There are {text}. Count in seconds, not in frames.")
        else:
            yield Flag("decoding", f"Decoding had to work around something: {text}.")


def _of_calibration(data: PageData) -> Iterator[Flag]:
    """Yield that medians are those of few frames, whosever they are."""
    record, video = data.video.record, data.video
    if not data.frames_with_face:  # nothing is relative to anything
        return
    faces = video.calibrations.items()
    short = {face_id: face for face_id, face in faces if face.get("calibration_is_short")}
    if not short:
        return
    withheld = [face_id for face_id in video.withheld_faces if face_id in short]
    if video.has_several_faces:
        frames = (
            f"{video.person(k)}: {face.get('calibration_frames')}" for k, face in short.items()
        )
        text = f"medians of few frames only ({', '.join(frames)})"
        left_out = f" of {', '.join(video.person(face_id) for face_id in withheld)}"
    else:
        text, left_out = f"the median of {record.get('calibration_frames')} frames only", ""
    yield Flag(
        "short calibration",
        f"Action units are relative to {text}. In so short a time the median need not be a face at "
        "rest" + (f", and dynamic action units{left_out} are not given." if withheld else "."),
    )


def _of_people(data: PageData) -> Iterator[Flag]:
    """Yield what was noted where it was found who is who: that two people look much alike."""
    notes = data.video.record.get("face_notes")
    for note in notes if isinstance(notes, list) else ():
        yield Flag(
            "people too alike",
            f"On who is who: {note}. Compare the pictures of the faces below; if two are one "
            "person, take their rows together.",
        )


def _of_faces(data: PageData, brightness: dict[int, float]) -> Iterator[Flag]:
    warnings = data.video.record.get("decoding_warnings")
    # Places in pictures of several sizes cannot be compared.
    is_of_one_size = "size changes" not in str(warnings)
    for trace in data.shown:
        who = data.video.person(trace.face_id)
        if trace.unsure_frames > _OFTEN_UNSURE * trace.frames_with_face:
            share = trace.unsure_frames / trace.frames_with_face
            yield Flag(
                "low confidence",
                f"{who}: in {share:.0%} of its frames the confidence is below 0.75. Look at the "
                "pictures with the least confidence below.",
            )
        if is_of_one_size and trace.cut_off_frames > _OFTEN_CUT_OFF * trace.frames_with_face:
            share = trace.cut_off_frames / trace.frames_with_face
            yield Flag(
                "cut off by the picture",
                f"{who}: in {share:.0%} of its frames brows, eyes, nose or mouth reach beyond the "
                "picture. Landmarks and action units of what is not seen are guesses.",
            )
        if is_of_one_size and trace.jumps:
            yield Flag(
                "jumps",
                f"{who}: it jumps by more than half its width between two frames, "
                f"{trace.jumps} times. Cuts do that, and confusions of persons.",
            )
        if 0 < trace.median_width_px < _SMALL_PX:
            yield Flag(
                "small face",
                f"{who}: it is {trace.median_width_px} pixels wide, where action units need "
                f"{_SMALL_PX} or more.",
            )
        if brightness.get(trace.face_id, 255.0) < _DARK:
            yield Flag("dark face", f"{who}: it is so dark that wrinkles can hardly be seen.")
