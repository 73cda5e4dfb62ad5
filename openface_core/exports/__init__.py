"""Files that other programs read, made from a finished dataset.

An exporter is a second pass over a table of frames and, where it shows pictures, over its video.
The table keeps landmarks and fit in full, so aligned faces and descriptors follow again from both;
the main job does not know of exports.
"""

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.rows import Rows

__all__ = ["ExportedVideo", "Exporter", "Rows"]
