"""Whether the record of a table is of the types that runs write: others may have altered it."""

from collections.abc import Callable, Mapping
from typing import Any

from transforms.dataset.json_text import parse_record

_Check = Callable[[Any], "str | None"]
"""Returns where in a value something is wrong: empty for the value itself, None for nowhere."""

_LARGEST_INTEGER = 2**63 - 1
"""Tables have no larger ones."""


def _one_of(*kinds: type) -> _Check:
    def check(value: Any) -> str | None:
        if isinstance(value, bool) and bool not in kinds:
            return ""
        if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
            return ""
        return None if isinstance(value, kinds) else ""

    return check


def _list_of(check: _Check) -> _Check:
    def check_list(value: Any) -> str | None:
        if not isinstance(value, list):
            return ""
        return _first((str(place), check(item)) for place, item in enumerate(value))

    return check_list


def _mapping_of(check: _Check, named: Mapping[str, _Check] | None = None) -> _Check:
    own = named or {}

    def check_mapping(value: Any) -> str | None:
        if not isinstance(value, dict):
            return ""
        return _first((name, own.get(name, check)(item)) for name, item in value.items())

    return check_mapping


def _first(found: Any) -> str | None:
    """Return the first place at which something is wrong, by its name and the place within it."""
    return next(
        (f"{name}.{within}".rstrip(".") for name, within in found if within is not None), None
    )


def _anything(_: Any) -> str | None:
    return None


_TEXT = _one_of(str)
_TEXT_OR_NULL = _one_of(str, type(None))
_INTEGER = _one_of(int)
_INTEGER_OR_NULL = _one_of(int, type(None))
_NUMBER_OR_NULL = _one_of(int, float, type(None))
_TEXTS = _list_of(_TEXT)
_TEXT_BY_NAME = _mapping_of(_TEXT)

_CALIBRATION: dict[str, _Check] = {
    "calibration": _TEXT,
    "calibration_key": _TEXT,
    "calibration_inputs": _TEXTS,
    "calibration_inputs_failed": _TEXTS,
    "calibration_frames": _INTEGER,
    "calibration_is_short": _one_of(bool, type(None)),
}
_SUMMARY = _mapping_of(_NUMBER_OR_NULL, {"frames": _INTEGER})
_FACE = _mapping_of(_anything, {**_CALIBRATION, "face_id": _INTEGER_OR_NULL, "summary": _SUMMARY})
_MODELS = _mapping_of(_anything, {"shape": _TEXT, "triangulation": _TEXT})
_SETTINGS = _mapping_of(_mapping_of(_anything), {"name": _TEXT_OR_NULL, "models": _MODELS})

_RECORD = _mapping_of(
    _anything,
    {
        **_CALIBRATION,
        "software": _TEXT,
        "version": _TEXT,
        "settings": _SETTINGS,
        "models_sha256": _TEXT_BY_NAME,
        "model_packs": _TEXT_BY_NAME,
        "person_id": _TEXT_OR_NULL,
        "input_fingerprint": _TEXT,
        "landmarks_fingerprint": _TEXT_OR_NULL,
        "camera_given": _TEXT_OR_NULL,
        "rest": _TEXT_OR_NULL,
        "calibration_inputs_digest": _TEXT_OR_NULL,
        "video_id": _TEXT,
        "manifest_video_id": _TEXT,
        "input_uri": _TEXT,
        "input_size_bytes": _INTEGER_OR_NULL,
        "input_kind": _TEXT,
        "container": _TEXT,
        "codec": _TEXT,
        "decoder": _TEXT,
        "frame_width_px": _INTEGER,
        "frame_height_px": _INTEGER,
        "rotation_degrees": _INTEGER,
        "camera": _TEXT,
        "sample_aspect_ratio": _TEXT,
        "average_rate_fps": _NUMBER_OR_NULL,
        "start_seconds": _NUMBER_OR_NULL,
        "landmarks_uri": _TEXT_OR_NULL,
        "onnxruntime_providers": _TEXTS,
        "frames_decoded": _INTEGER,
        "frames_with_face": _INTEGER,
        "faces": _list_of(_FACE),
        "summary": _SUMMARY,
        "relative_to_person": _TEXTS,
        "image_names": _TEXTS,
        "decoding_warnings": _TEXTS,
        "face_notes": _TEXTS,
        "sealed": _one_of(bool),
    },
)


def wrong_key(record: Mapping[str, Any]) -> str | None:
    """Return the first key of a table's record whose value is of another type than runs write.

    Parameters
    ----------
    record : mapping
        The record. Keys that it lacks are not wrong: earlier versions did not write all of them.

    Returns
    -------
    str or None
        Such as ``faces.0.face_id``; None if there is none.
    """
    return _RECORD(dict(record))


def table_record(text: str | None) -> dict[str, Any] | None:
    """Return a table's record; None if it is none, or has values of wrong types."""
    record = parse_record(text)
    return None if record is None or wrong_key(record) is not None else record
