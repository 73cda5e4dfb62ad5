"""Who is who in a video: the tracklets of its faces, joined into persons.

:class:`Tracklet` is what is known of one face followed without a break;
:func:`join_tracklets` says which tracklets show the same person. Nothing here depends on how a
video is cut into shards, and nothing is random.
"""

from openface_core.identity.corpus import CorpusFace, CorpusPlace, join_corpus
from openface_core.identity.descriptors import look_of
from openface_core.identity.joining import Persons, join_tracklets
from openface_core.identity.settings import IDENTIFY_MODES, IdentitySettings
from openface_core.identity.tracklet import Tracklet
from openface_core.identity.typical import typical_appearance
from openface_core.identity.vouching import DropReason

__all__ = [
    "IDENTIFY_MODES",
    "CorpusFace",
    "CorpusPlace",
    "DropReason",
    "IdentitySettings",
    "Persons",
    "Tracklet",
    "join_corpus",
    "join_tracklets",
    "look_of",
    "typical_appearance",
]
