"""RetinaFace over one frame at a time.

References
----------
Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.detection.decoding import anchor_count, decode_faces, suppress_overlaps
from openface_core.detection.image_tensor import shrunken_tensor
from openface_core.errors import ModelFileError
from openface_core.inference import DEFAULT_ONNX_SETTINGS, OnnxModel, OnnxSettings, TensorSpec
from openface_core.setting_checks import check_settings

MEAN_BGR = np.array([104.0, 117.0, 123.0], dtype=np.float32)
"""Mean colour of the pictures that RetinaFace was trained on, subtracted from each pixel."""

_SURE_SCORE = 0.7
"""False faces of the embedded detector beside three men come to 0.67, the men to 0.77 and more."""

_MAX_CANDIDATES = 5000
"""Anchors looked at per frame; far more than any picture gives, and a bound on suppression."""


@dataclass(frozen=True)
class DetectionSettings:
    """How faces are found.

    Parameters
    ----------
    score_threshold : float
        Least probability of a face, above 0 and at most 1.
    nms_iou : float
        Of two boxes whose intersection over union exceeds this, the worse is dropped.
    max_side_px : int or None
        Frames whose longer side exceeds this are shrunk before detection; None never shrinks.
        Results are in pixels of the frame either way.
    min_face_px : float
        Boxes whose longer side, in pixels of the frame, is below this are dropped.
    max_faces : int
        At most this many faces are returned, the most certain ones.
    every_frames : int
        Faces are looked for in the frames whose number, from 0, is a multiple of this, and where
        the face was lost; in between, the face is followed from one frame to the next. Numbers
        count from the begin of the video, so that results do not depend on how it is cut.
    lead_frames : int
        So many frames before such a frame the search already begins, so that the fit has settled
        when it counts; fewer than `every_frames`, or else all but one of them.
    every_failures : int
        While a face is followed without trust, faces are looked for in the first such frame, and
        then in every so many.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    score_threshold: float = 0.5
    nms_iou: float = 0.4
    max_side_px: int | None = 640
    min_face_px: float = 0.0
    max_faces: int = 64
    every_frames: int = 150
    lead_frames: int = 16
    every_failures: int = 1

    def __post_init__(self) -> None:
        shrink = self.max_side_px is None or 16 <= self.max_side_px <= 16384
        checks = {
            "score_threshold": (0.0 < self.score_threshold <= 1.0, "a number above 0 and up to 1"),
            "nms_iou": (0.0 <= self.nms_iou <= 1.0, "a number from 0 to 1"),
            "max_side_px": (shrink, "a whole number from 16 to 16384, or none"),
            "min_face_px": (0.0 <= self.min_face_px < np.inf, "a number from 0 up"),
            "max_faces": (1 <= self.max_faces <= _MAX_CANDIDATES, "a number from 1 to 5000"),
            "every_frames": (1 <= self.every_frames <= 1000, "a whole number from 1 to 1000"),
            "lead_frames": (0 <= self.lead_frames <= 100, "a whole number from 0 to 100"),
            "every_failures": (1 <= self.every_failures <= 100, "a whole number from 1 to 100"),
        }
        check_settings("detection", self, checks)

    @property
    def settling_frames(self) -> int:
        """Frames of a search that do not count: `lead_frames`, at most all but one of them."""
        return min(self.lead_frames, self.every_frames - 1)


@dataclass(frozen=True)
class FaceDetections:
    """The K faces of one frame, the most certain first.

    Parameters
    ----------
    boxes : ndarray of float32, shape (K, 4)
        x_min, y_min, x_max, y_max in pixels of the upright frame; they may reach beyond it.
    scores : ndarray of float32, shape (K,)
        Probability of a face.
    five_points : ndarray of float32, shape (K, 5, 2)
        x, y in pixels of: the eye on the left of the picture, the eye on its right, the tip of the
        nose, the corner of the mouth on the left, the one on the right.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    five_points: NDArray[np.float32]

    def __len__(self) -> int:
        return int(self.scores.shape[0])


def sure_faces(detections: FaceDetections) -> NDArray[np.bool_]:
    """Return which faces count, (K,): those of a low score only where no other is there.

    Parameters
    ----------
    detections : FaceDetections
        The faces of a frame.
    """
    threshold = min(_SURE_SCORE, float(detections.scores.max(initial=0.0)))
    return np.asarray(detections.scores >= threshold)


def select_face(detections: FaceDetections) -> int | None:
    """Choose the one face to analyse, as OpenFace does: the widest box.

    Boxes of a low score count only where no other is there: among faces, a wide false one would
    win.

    Parameters
    ----------
    detections : FaceDetections
        The faces of a frame.

    Returns
    -------
    int or None
        Index of the widest box (of equally wide ones, the most certain), None without a face.
    """
    if len(detections) == 0:
        return None
    widths = detections.boxes[:, 2] - detections.boxes[:, 0]
    return int(np.argmax(np.where(sure_faces(detections), widths, -np.inf)))


class RetinaFaceDetector:
    """Finds faces in frames of any size; keeps no state between frames.

    Parameters
    ----------
    model_path : path-like
        RetinaFace as ONNX with a MobileNet-0.25 or similar backbone: input 1 x 3 x H x W (BGR
        minus mean), outputs ``loc``, ``conf`` (softmax done) and ``landms``.
    settings : DetectionSettings
        Thresholds and limits.
    onnx : OnnxSettings
        Where the network runs.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged or another network.
    ConfigError
        If the provider asked for is not available.
    """

    def __init__(
        self,
        model_path: str | Path,
        settings: DetectionSettings = DetectionSettings(),
        onnx: OnnxSettings = DEFAULT_ONNX_SETTINGS,
    ) -> None:
        self.settings = settings
        self._model = OnnxModel(
            model_path,
            inputs=[TensorSpec(None, (1, 3, None, None))],
            outputs=[
                TensorSpec("loc", (1, None, 4)),
                TensorSpec("conf", (1, None, 2)),
                TensorSpec("landms", (1, None, 10)),
            ],
            settings=onnx,
        )
        self.providers = self._model.providers

    def detect(self, image_bgr: NDArray[np.uint8]) -> FaceDetections:
        """Find the faces of one frame.

        Parameters
        ----------
        image_bgr : ndarray of uint8, shape (H, W, 3)
            The upright frame, blue first.

        Returns
        -------
        FaceDetections
            The faces, in pixels of the frame.

        Raises
        ------
        ValueError
            If the image is not H x W x 3 uint8 or is empty.
        ModelFileError
            If the network's outputs do not fit its anchors.
        """
        if image_bgr.ndim != 3 or image_bgr.shape[2] != 3 or image_bgr.dtype != np.uint8:
            raise ValueError(
                f"expected an H x W x 3 uint8 image, found {image_bgr.shape} {image_bgr.dtype}"
            )
        if image_bgr.size == 0:
            raise ValueError("the image has no pixels")
        frame_height, frame_width = image_bgr.shape[:2]
        height, width = self._network_size(frame_height, frame_width)
        tensor = shrunken_tensor(np.ascontiguousarray(image_bgr), MEAN_BGR, height, width)
        offsets, scores, point_offsets = self._model.run(tensor)
        found = {offsets.shape[1], scores.shape[1], point_offsets.shape[1]}
        expected = anchor_count(height, width)
        if found != {expected}:
            raise ModelFileError(
                self._model.path,
                f"expected {expected} anchors, found {sorted(found)}",
                "Use a RetinaFace model with strides 8, 16, 32 and two anchors at each place.",
            )
        faces = np.empty((_MAX_CANDIDATES, 15), dtype=np.float32)
        count = decode_faces(
            offsets[0], scores[0], point_offsets[0], height, width,
            self.settings.score_threshold, faces,
        )  # fmt: skip
        faces = faces[: min(count, _MAX_CANDIDATES)]
        return self._finish(faces, frame_width / width, frame_height / height)

    def _network_size(self, height: int, width: int) -> tuple[int, int]:
        limit = self.settings.max_side_px
        longer = max(height, width)
        if limit is None or longer <= limit:
            return height, width
        return max(1, round(height * limit / longer)), max(1, round(width * limit / longer))

    def _finish(self, faces: NDArray[np.float32], scale_x: float, scale_y: float) -> FaceDetections:
        """Sort, suppress overlaps, scale back to the frame, and apply the limits."""
        faces = faces[np.argsort(-faces[:, 4], kind="stable")]
        keep = np.empty(len(faces), dtype=np.bool_)
        suppress_overlaps(faces[:, :4], self.settings.nms_iou, keep)
        faces = faces[keep]
        boxes = faces[:, :4].reshape(-1, 2, 2)
        five_points = faces[:, 5:].reshape(-1, 5, 2)
        scale = np.array([scale_x, scale_y], dtype=np.float32)
        if scale_x != 1.0 or scale_y != 1.0:
            # Half a pixel off and on: pixel centres are integers on both grids.
            boxes = (boxes + np.float32(0.5)) * scale - np.float32(0.5)
            five_points = (five_points + np.float32(0.5)) * scale - np.float32(0.5)
        longer_side = (boxes[:, 1] - boxes[:, 0]).max(axis=1, initial=0.0)
        chosen = np.flatnonzero(longer_side >= self.settings.min_face_px)[: self.settings.max_faces]
        return FaceDetections(
            boxes=np.ascontiguousarray(boxes[chosen].reshape(-1, 4)),
            scores=np.ascontiguousarray(faces[chosen, 4]),
            five_points=np.ascontiguousarray(five_points[chosen]),
        )
