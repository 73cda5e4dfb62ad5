"""Everything that is known of a face over the frames of a video, as one list of fields.

:mod:`~openface_core.fields.face_fields` is the list. A field says its name, shape and type, what
stands for a missing value, how it is taken from a face or derived from other fields, and which
columns of the table show it. The recorder, the files of the work folder, series, tables, schema
and data dictionary follow from the list; nothing else spells a measurement.
"""

from openface_core.fields.column import Column, data_dictionary, frame_schema
from openface_core.fields.face_fields import FACE_FIELDS, STORED_FIELDS, frame_columns
from openface_core.fields.field import (
    Derivation,
    Extent,
    Field,
    Known,
    NetworkColumn,
    Observation,
)
from openface_core.fields.series import FaceSeries

__all__ = [
    "FACE_FIELDS",
    "STORED_FIELDS",
    "Column",
    "Derivation",
    "Extent",
    "FaceSeries",
    "Field",
    "Known",
    "NetworkColumn",
    "Observation",
    "data_dictionary",
    "frame_columns",
    "frame_schema",
]
