"""What the detector's training minimises.

References
----------
Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017.
Zheng et al., "Distance-IoU Loss: Faster and Better Learning for Bounding Box Regression",
AAAI 2020.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from models.training.detector.anchors import FACE, IGNORED
from openface_core.detection.decoding import CENTRE_VARIANCE, SIDE_VARIANCE

FOCUS = 2.0
"""How strongly anchors that are right already lose weight."""
FACE_WEIGHT = 0.35
"""Weight of the anchors of faces; those of the background have one minus this."""


@dataclass(frozen=True, eq=False)
class DetectorLosses:
    """The parts of the loss of a batch, each a scalar tensor to be weighed and added.

    Parameters
    ----------
    score, box, points : Tensor
        Focal loss of the scores; distance-IoU loss of the boxes; smooth L1 loss of the points in
        units of the anchors' sides. Each is a mean over the anchors of faces.
    """

    score: Tensor
    box: Tensor
    points: Tensor

    @property
    def total(self) -> Tensor:
        """The weighted sum."""
        return 4.0 * self.score + 2.0 * self.box + 0.5 * self.points


def detector_losses(
    logits: Tensor, boxes: Tensor, points: Tensor,
    labels: Tensor, box_targets: Tensor, point_targets: Tensor,
) -> DetectorLosses:  # fmt: skip
    """Compare the network's outputs with what the anchors shall say.

    Parameters
    ----------
    logits, boxes, points : Tensor of float32, shapes (B, N), (B, N, 4), (B, N, 10)
        The network's outputs.
    labels : Tensor of int8, shape (B, N)
        ``FACE``, ``BACKGROUND`` or ``IGNORED``.
    box_targets, point_targets : Tensor of float32, shapes (B, N, 4), (B, N, 10)
        Encoded boxes and points; they count for faces only.

    Returns
    -------
    DetectorLosses
    """
    face = labels == FACE
    faces = face.sum().clamp(min=1)
    truth = face.float()
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    probability = logits.sigmoid()
    wrongness = probability + truth - 2.0 * probability * truth
    weight = (1.0 - FACE_WEIGHT) + (2.0 * FACE_WEIGHT - 1.0) * truth
    score = cross_entropy * wrongness**FOCUS * weight * (labels != IGNORED)
    box = distance_iou_loss(boxes[face], box_targets[face])
    offsets = functional.smooth_l1_loss(
        points[face], point_targets[face], reduction="none", beta=0.5
    )
    return DetectorLosses(score.sum() / faces, box.sum() / faces, offsets.mean(dim=1).sum() / faces)


def distance_iou_loss(boxes: Tensor, targets: Tensor) -> Tensor:
    """Compute one minus the distance-IoU of encoded boxes; an anchor's side is the unit.

    Parameters
    ----------
    boxes, targets : Tensor of float32, shape (K, 4)
        Encoded boxes of the same anchors.

    Returns
    -------
    Tensor of float32, shape (K,)
        From 0 (equal) to 2.
    """
    low, high, area = _corners(boxes)
    target_low, target_high, target_area = _corners(targets)
    common = (high.minimum(target_high) - low.maximum(target_low)).clamp(min=0).prod(dim=1)
    iou = common / (area + target_area - common)
    hull = high.maximum(target_high) - low.minimum(target_low)
    apart = (low + high - target_low - target_high) / 2
    return 1.0 - iou + (apart**2).sum(dim=1) / (hull**2).sum(dim=1)


def _corners(boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    centres = boxes[:, :2] * float(CENTRE_VARIANCE)
    # The bound keeps an untrained network's exponentials finite.
    sides = (boxes[:, 2:] * float(SIDE_VARIANCE)).clamp(-4.0, 4.0).exp()
    return centres - sides / 2, centres + sides / 2, sides.prod(dim=1)
