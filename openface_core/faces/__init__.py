"""One face of one frame: what is known of it, and how it is measured."""

from openface_core.faces.face import Face, FaceStatus
from openface_core.faces.meter import FaceMeter

__all__ = ["Face", "FaceMeter", "FaceStatus"]
