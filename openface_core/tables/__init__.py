"""The per-frame table and its summary: which columns, what they mean, how they are filled."""

from openface_core.tables.columns import Column, data_dictionary, frame_columns, frame_schema
from openface_core.tables.frame_series import FrameRecorder, FrameSeries
from openface_core.tables.frame_table import FrameActionUnits, frame_table
from openface_core.tables.summary import summarise, summary_columns, summary_table

__all__ = [
    "Column",
    "FrameActionUnits",
    "FrameRecorder",
    "FrameSeries",
    "data_dictionary",
    "frame_columns",
    "frame_schema",
    "frame_table",
    "summarise",
    "summary_columns",
    "summary_table",
]
