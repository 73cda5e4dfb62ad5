"""RetinaFace over one frame at a time.

References
----------
Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.detection.decoding import anchor_count, decode_faces, suppress_overlaps
from openface_core.detection.detections import FaceDetections
from openface_core.detection.image_tensor import shrunken_tensor
from openface_core.detection.settings import (
    DEFAULT_DETECTION,
    MAX_CANDIDATES,
    DetectionSettings,
)
from openface_core.errors import ModelFileError
from openface_core.frame_check import check_frame
from openface_core.inference import DEFAULT_ONNX_SETTINGS, OnnxModel, OnnxSettings, TensorSpec

MEAN_BGR = np.array([104.0, 117.0, 123.0], dtype=np.float32)
"""Mean colour of the pictures that RetinaFace was trained on, subtracted from each pixel."""


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
        settings: DetectionSettings = DEFAULT_DETECTION,
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
        check_frame(image_bgr)
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
        faces = np.empty((MAX_CANDIDATES, 15), dtype=np.float32)
        count = decode_faces(
            offsets[0], scores[0], point_offsets[0], height, width,
            self.settings.score_threshold, faces,
        )  # fmt: skip
        if not count:
            self._model.check_numbers(scores)
        faces = faces[: min(count, MAX_CANDIDATES)]
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
