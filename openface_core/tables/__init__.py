"""The per-frame table: which columns it has, what they mean, and how it is filled."""

from openface_core.tables.columns import Column, data_dictionary, frame_columns, frame_schema
from openface_core.tables.frame_series import FrameRecorder, FrameSeries
from openface_core.tables.frame_table import FrameActionUnits, frame_table

__all__ = [
    "Column",
    "FrameActionUnits",
    "FrameRecorder",
    "FrameSeries",
    "data_dictionary",
    "frame_columns",
    "frame_schema",
    "frame_table",
]
