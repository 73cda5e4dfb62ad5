"""Any network on a face that a specification describes, run on one face of one frame."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.face_networks.activations import activated
from openface_core.face_networks.alignment import square_from_five_points
from openface_core.face_networks.spec import FaceNetworkSpec
from openface_core.frame_check import check_frame
from openface_core.inference import DEFAULT_ONNX_SETTINGS, OnnxModel, OnnxSettings, TensorSpec
from openface_core.landmarks.conventions import LANDMARK_COUNT, five_points_of
from openface_core.landmarks.crop import CropSquare, square_from_landmarks
from openface_core.landmarks.crop_tensor import CropTensor
from openface_core.partial_pictures import AnyPicture, contiguous

Float32Array = NDArray[np.float32]

_SIDE_RANGE_PX = (2.0, 100_000.0)


class FaceNetwork:
    """A network on a face; keeps no state between frames, so frames may come in any order.

    Parameters
    ----------
    spec : FaceNetworkSpec
        What the network wants and gives.
    model_path : path-like
        Its ONNX file.
    onnx : OnnxSettings
        Where it runs.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, or does not fit the specification.
    ConfigError
        If the provider asked for is not available.
    """

    def __init__(
        self,
        spec: FaceNetworkSpec,
        model_path: str | Path,
        onnx: OnnxSettings = DEFAULT_ONNX_SETTINGS,
    ) -> None:
        self.spec = spec
        self._input = CropTensor(spec.input)
        outputs = [TensorSpec(output.tensor, None) for output in spec.outputs]
        self._model = OnnxModel(model_path, [self._input.tensor_spec], outputs, onnx)
        self.providers = self._model.providers
        self._places = None if spec.places is None else np.array(spec.places, dtype=np.float64)
        # One run on a grey picture shows whether the outputs have the sizes that the specification
        # says: networks seldom declare them in full.
        self._run(*self._input.grey_picture())

    def run(self, image_bgr: AnyPicture, landmarks: Float32Array) -> dict[str, Float32Array]:
        """Run the network on one face.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame, blue first.
        landmarks : (68, 2) ndarray of float32
            Landmarks of the face, pixels of the frame.

        Returns
        -------
        dict of str to (size,) ndarray of float32
            Every output by its name, NaN where the network gives nothing of use: for landmarks
            that no crop can be placed on, and where its own numbers are not finite.

        Raises
        ------
        ValueError
            If an array has another shape or type.
        ModelFileError
            If the network fails.
        """
        if landmarks.shape != (LANDMARK_COUNT, 2):
            raise ValueError(f"expected 68 points, found the shape {landmarks.shape}")
        if self.spec.box is None:
            return self.run_on_five_points(image_bgr, five_points_of(landmarks))
        square = None
        if np.isfinite(landmarks).all():
            square = square_from_landmarks(landmarks, self.spec.box)
        return self._checked_run(image_bgr, square)

    def measure(self, image_bgr: AnyPicture, landmarks: Float32Array) -> Float32Array:
        """Return the measurements of one face.

        Parameters
        ----------
        image_bgr, landmarks
            See :meth:`run`.

        Returns
        -------
        (n,) ndarray of float32
            One number for each of the specification's columns, in their order; NaN as in
            :meth:`run`.
        """
        results = self.run(image_bgr, landmarks)
        return np.concatenate([results[o.name] for o in self.spec.outputs if o.columns])

    def run_on_five_points(
        self, image_bgr: AnyPicture, five_points: Float32Array
    ) -> dict[str, Float32Array]:
        """Run a network that is aligned by five points on those of a detector.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame, blue first.
        five_points : (5, 2) ndarray of float32
            Eyes (left in the picture, right in it), nose tip, corners of the mouth; pixels.

        Returns
        -------
        dict of str to (size,) ndarray of float32
            As :meth:`run`.

        Raises
        ------
        ValueError
            If an array has another shape or type, or the network is aligned by a box.
        ModelFileError
            If the network fails.
        """
        if self._places is None:
            raise ValueError(f"{self.spec.name} is aligned by a box, not by five points")
        if five_points.shape != (5, 2):
            raise ValueError(f"expected 5 points, found the shape {five_points.shape}")
        square = square_from_five_points(five_points, self._places, self.spec.input.size_px)
        return self._checked_run(image_bgr, square)

    def _checked_run(
        self, image_bgr: AnyPicture, square: CropSquare | None
    ) -> dict[str, Float32Array]:
        check_frame(image_bgr)
        if square is None or not _SIDE_RANGE_PX[0] <= square.side_px <= _SIDE_RANGE_PX[1]:
            return {o.name: np.full(o.size, np.nan, np.float32) for o in self.spec.outputs}
        return self._run(contiguous(image_bgr), square)

    def _run(self, image_bgr: AnyPicture, square: CropSquare) -> dict[str, Float32Array]:
        tensor = self._input.cut(image_bgr, square)
        results = {}
        for output, raw in zip(self.spec.outputs, self._model.run(tensor), strict=True):
            if raw.size != output.size:
                raise ModelFileError(
                    self._model.path,
                    f"expected {output.size} numbers as {output.name}, found the shape {raw.shape}",
                    "Use the model file that belongs to the specification.",
                )
            results[output.name] = activated(raw.reshape(-1), output.activation)
        return results
