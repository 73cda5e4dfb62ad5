"""The faces of one frame: what is known of each, and how it is measured."""

from openface_core.faces.face import Face, FaceStatus
from openface_core.faces.faces_in_frame import FacesInFrame
from openface_core.faces.meter import FaceMeter
from openface_core.faces.surroundings import FaceInPlace

__all__ = ["Face", "FaceInPlace", "FaceMeter", "FaceStatus", "FacesInFrame"]
