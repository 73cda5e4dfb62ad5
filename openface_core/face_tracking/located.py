"""What the landmark network sees of a face that was detected."""

from collections.abc import Iterator

from openface_core.detection import FaceDetections
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.landmarks import LandmarkResult, settled
from openface_core.partial_pictures import AnyPicture
from openface_core.watch import Step, Watch


def located(
    models: FaceTrackingModels,
    watch: Watch,
    image_bgr: AnyPicture,
    faces: FaceDetections,
    chosen: int,
) -> Iterator[LandmarkResult]:
    """Give what the landmark network sees in a detected box, from several crops if need be.

    First come those that do not hang on where exactly the box is.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    watch : Watch
        Is told the steps.
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The upright frame.
    faces : FaceDetections
        Its faces.
    chosen : int
        Which of them is looked at.
    """
    network, witness = models.network, models.witness
    with watch.time(Step.LANDMARKS):
        found = network.locate(image_bgr, faces.boxes[chosen], faces.five_points[chosen])
    if found is None:
        return
    if not models.is_place_independent:
        yield found
        return
    results = 0
    for own in (network,) if witness is None else (witness.network, network):
        with watch.time(Step.LANDMARKS):
            seen = settled(own, image_bgr, found.landmarks)
            if seen is not None and own is not network:
                seen = network.follow(image_bgr, seen.landmarks)
        if seen is not None:
            results += 1
            yield seen
    if not results:
        yield found
