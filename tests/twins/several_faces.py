"""Action units of every person of a video, frame after frame, with the sequential tracker.

Who is who is taken from the program; nothing is cut, grouped, skipped or replayed: each person's
tracker sees all frames of the video.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.tracker import ActionUnitSeries, ActionUnitTracker
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine
from openface_core.analysis.recording import SeveralFacesRecording
from openface_core.analysis.settings import RunSettings
from openface_core.faces import Face, FacesInFrame
from openface_core.identity import IdentitySettings, Tracklet, join_tracklets
from openface_core.media import open_media


@dataclass(frozen=True, eq=False)
class Person:
    """What the tracker says of a person in all n frames of a video.

    Parameters
    ----------
    series : ActionUnitSeries
        Its action units.
    landmarks : (n, 68, 2) ndarray of float32
        Where the face is; NaN where it was not found.
    """

    series: ActionUnitSeries
    landmarks: NDArray[np.float32]


def analyse_people(uri: str, engine: Engine, settings: RunSettings) -> list[Person]:
    """Return the persons of a video, in the order of their numbers."""
    tracklets: list[Tracklet] = []
    seen: list[FacesInFrame] = []

    with open_media(uri, limits=settings.decoding) as media:
        models = engine.models_for(media.info.kind)
        analyser = Analyser(engine, settings)
        recording = SeveralFacesRecording(
            models, engine.extent, lambda _: None, lambda found, _: tracklets.append(found)
        )
        analyser.measure(
            media, analyser.faces(), recording, lambda _, measured: seen.append(measured)
        )
        rate = media.info.average_rate_fps
    labels = join_tracklets(
        tracklets, IdentitySettings(), rate or 30.0, engine.typical_appearance, recording.cuts
    ).labels
    people = []
    missing_as_zero = settings.smoothing.missing_as_zero
    for face_id in sorted({label for label in labels if label >= 0}):
        tracker = ActionUnitTracker(models)
        landmarks = np.full((len(seen), 68, 2), np.nan, dtype=np.float32)
        own = [t for t, label in zip(tracklets, labels, strict=True) if label == face_id]
        for number, measured in enumerate(seen):
            face = _face_of(own, number, measured)
            if face is None or not face.is_measured or face.landmarks is None:
                tracker.add_failure()
                continue
            tracker.add(face.fhog, face.geometry, face.residual_mm)
            landmarks[number] = face.landmarks
        people.append(Person(tracker.finish(missing_as_zero=missing_as_zero), landmarks))
    return people


def _face_of(own: list[Tracklet], frame: int, measured: FacesInFrame) -> Face | None:
    """Return the face of a person in a frame."""
    for tracklet in own:
        is_then = tracklet.first_frame <= frame <= tracklet.last_frame
        if is_then and tracklet.interval == measured.interval:
            return measured.faces.get(tracklet.number)
    return None
