"""How an input was analysed, in plain words and as text for a paper."""

from collections.abc import Mapping
from typing import Any

from openface_core.exports.models_used import models_used
from openface_core.exports.report.page_data import PageData

_CALIBRATIONS = {
    "video": "the median face of this video, as in OpenFace",
    "person": "the median face of all videos of the person",
    "rest": "the frames that the manifest names as rest",
    "none": "nothing: static models were used",
}
_OPENFACE = (
    "T. Baltrušaitis, A. Zadeh, Y. C. Lim and L.-P. Morency, “OpenFace 2.0: Facial Behavior "
    "Analysis Toolkit”, 13th IEEE International Conference on Automatic Face & Gesture "
    "Recognition (FG 2018), pp. 59–66."
)
_UNITS = (
    "T. Baltrušaitis, M. Mahmoud and P. Robinson, “Cross-dataset learning and person-specific "
    "normalisation for automatic Action Unit detection”, 11th IEEE International Conference on "
    "Automatic Face and Gesture Recognition (FG 2015), Vol. 6."
)
_GAZE = (
    "E. Wood, T. Baltrušaitis, X. Zhang, Y. Sugano, P. Robinson and A. Bulling, “Rendering of "
    "Eyes for Eye-Shape Registration and Gaze Estimation”, IEEE International Conference on "
    "Computer Vision (ICCV 2015)."
)


def _settings(record: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = record.get("settings")
    return settings if isinstance(settings, dict) else {}


def _detector(record: Mapping[str, Any]) -> str:
    if record.get("landmarks_uri"):
        return f"given landmarks, from {record['landmarks_uri']}"
    used = models_used(record)
    detector = None if used.detector is None else f"the face detector {used.detector}"
    network = None if used.network is None else f"the landmark network {used.network}"
    found = " and ".join(part for part in (detector, network) if part is not None)
    if not found:
        return "models that the record of the table does not name"
    if used.refinement is None:
        return found
    experts = f"patch experts{' of CE-CLM' if used.is_ceclm else ''} ({used.refinement})"
    return f"{found} and {experts}" if network is None else f"{found}, refined by {experts}"


def _calibration(data: PageData) -> str:
    """Return what action units are relative to, for each kind of face that there is."""
    mode = str(data.video.record.get("calibration", ""))
    text = _CALIBRATIONS.get(mode, mode or "unknown")
    faces = data.video.recorded_faces
    others = {str(face.get("calibration")) for face_id, face in faces.items() if face_id} - {mode}
    if not others:
        return text
    rest = " and ".join(_CALIBRATIONS.get(other, other) for other in sorted(others))
    return f"{text}, for face 0, and to {rest}, for all others"


def _relative_units(data: PageData) -> str | None:
    """Return which action units are relative to something; None where all may be, or are."""
    columns, video = data.video.relative_columns, data.video
    kinds = []
    is_all = True
    for kind, suffix in (("intensities", "_r"), ("presences", "_c")):
        known = video.names_of(suffix)
        names = [name for name in known if columns is None or f"{name}{suffix}" in columns]
        is_all = is_all and len(names) == len(known)
        if names:
            kinds.append(f"the {kind} of {', '.join(names)}")
    return None if is_all else " and ".join(kinds)


def _is_relative(data: PageData) -> bool:
    """Return whether anything may be relative to the person."""
    columns = data.video.relative_columns
    return data.video.record.get("calibration") != "none" and (columns is None or bool(columns))


def _withheld(data: PageData) -> str:
    """Return a sentence on those whose action units are not given; nothing without them."""
    video = data.video
    if not (video.withheld_faces and data.frames_with_face and _is_relative(data)):
        return ""
    who = ", ".join(
        f"{video.person(face_id)} ({video.calibrations[face_id].get('calibration_frames')} frames)"
        for face_id in video.withheld_faces
    )
    return f" What is relative is not given of {who}: a median of so few frames means nothing."


def _units_clause(data: PageData) -> str:
    """Return how a sentence on the prediction of action units ends, and what follows it."""
    calibration, units = _calibration(data), _relative_units(data)
    if not _is_relative(data):
        return f", relative to {_CALIBRATIONS['none']}."
    if data.video.relative_columns is None:
        return f", where their models are dynamic relative to {calibration}.{_withheld(data)}"
    if units is None:
        return f", relative to {calibration}.{_withheld(data)}"
    return (
        f". Of these, {units} are relative to {calibration}; all other values are of static "
        f"models, which know nothing of the person.{_withheld(data)}"
    )


def _units_fact(data: PageData) -> str:
    """Return what action units are relative to, and which of them."""
    if not _is_relative(data):
        return f"relative to {_CALIBRATIONS['none']}"
    units, record = _relative_units(data), data.video.record
    whose = f" of {data.video.person(0)}" if data.video.has_several_faces else ""
    text = f"relative to {_calibration(data)}; {record.get('calibration_frames', 0)} frames{whose}"
    if data.video.relative_columns is None or units is None:
        withheld = _withheld(data)
        return f"{text}.{withheld}" if withheld else text
    return f"{units}: {text}. All other values are not relative to the person.{_withheld(data)}"


def facts(data: PageData) -> list[tuple[str, str]]:
    """Return what was done, as pairs of a name and a text."""
    record, video = data.video.record, data.video
    rate = f"{video.average_rate_fps:.5g}" if video.average_rate_fps else "unknown"
    packs = record.get("model_packs")
    return [
        ("Input", str(record.get("input_uri", video.uri))),
        (
            "Content",
            f"{data.frames} frames of {video.width_px} × {video.height_px} pixels, "
            f"{data.seconds:.1f} s, {rate} frames per second; {record.get('codec', '')} in "
            f"{record.get('container', '')}",
        ),
        ("Program", f"{record.get('software', '')} {record.get('version', '')}"),
        ("Settings", f"preset {_settings(record).get('name', 'unknown')}"),
        ("Landmarks", _detector(record)),
        (
            "Models",
            ", ".join(f"{name} ({licence})" for name, licence in sorted(packs.items()))
            if isinstance(packs, dict) and packs
            else "files of no known pack; their SHA-256 are in the table's record",
        ),
        ("Action units", _units_fact(data)),
        ("Decoder", str(record.get("decoder", ""))),
        ("Content's fingerprint", str(record.get("input_fingerprint", ""))),
    ]


def methods(data: PageData) -> tuple[str, list[str]]:
    """Return a paragraph for the methods section of a paper, and its references."""
    record = data.video.record
    has_gaze = "gaze_angle_x" in data.video.columns and any(
        trace.high[trace.series.index("gaze_angle_x")].max(initial=-9.0) > -9.0
        for trace in data.shown
    )
    text = (
        f"Facial behaviour was measured with {record.get('software', 'openface-beam')} "
        f"{record.get('version', '')}, a re-implementation of OpenFace 2.2 [1], with the preset "
        f"“{_settings(record).get('name', '')}”. Faces were located with {_detector(record)}. "
        "A point distribution model was fitted to 68 landmarks, and head pose follows from it. "
        "Intensities (0 to 5) and presences of facial action units were predicted from histograms "
        "of oriented gradients of the aligned face and from the shape parameters [2]"
        f"{_units_clause(data)}"
    )
    references = [_OPENFACE, _UNITS]
    if has_gaze:
        text += " Gaze was estimated from landmarks of the eyes [3]."
        references.append(_GAZE)
    text += (
        f" A face was found in {data.success_rate:.1%} of {data.frames} frames, with a mean "
        f"confidence of {_mean_confidence(data):.2f}."
    )
    return text, references


def _mean_confidence(data: PageData) -> float:
    frames = sum(trace.frames_with_face for trace in data.traces.values())
    return sum(trace.confidence_sum for trace in data.traces.values()) / max(1, frames)
