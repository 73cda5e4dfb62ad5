"""The tables: frames, and the summary; how they are filled."""

from openface_core.tables.frame_table import FrameActionUnits, frame_table
from openface_core.tables.side_summary import summarise_no_sides, summarise_sides
from openface_core.tables.summary import (
    summarise,
    summarise_nobody,
    summary_columns,
    summary_table,
)

__all__ = [
    "FrameActionUnits",
    "frame_table",
    "summarise",
    "summarise_no_sides",
    "summarise_nobody",
    "summarise_sides",
    "summary_columns",
    "summary_table",
]
