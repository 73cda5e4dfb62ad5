"""Who is who over a whole video."""

from openface_core.identity.joining import IdentitySettings, Persons, join_tracklets
from openface_core.identity.tracklet import Tracklet

__all__ = ["IdentitySettings", "Persons", "Tracklet", "join_tracklets"]
