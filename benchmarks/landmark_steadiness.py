"""How much the points of landmark networks jitter on a video, and what they cost.

The widest face is followed by every network whose specification and weights are there, all of them
over the same frames. Points are the networks' own, not fitted to a shape. Jitter is defined in
:mod:`models.evaluation.jitter`.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluation.jitter import jitter
from models.locate import SPECS_FOLDER
from openface_core.detection import RetinaFaceDetector, select_face
from openface_core.inference import OnnxSettings
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from openface_core.media import open_media

Float64Array = NDArray[np.float64]

_CPU_ONE_THREAD = OnnxSettings("cpu", 1)


@dataclass(eq=False)
class FollowedFace:
    """What one network sees over a video.

    Parameters
    ----------
    network : LandmarkNetwork
    path : list of (68, 2) ndarray of float64
        Landmarks of each frame, pixels; NaN where there are none.
    cpu_seconds : list of float
        Time of each frame that was followed.
    """

    network: LandmarkNetwork
    path: list[Float64Array] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def see(self, image: NDArray[np.uint8], detector: RetinaFaceDetector) -> None:
        """Follow the face into the next frame, or look for it where there was none."""
        if self.path and np.isfinite(self.path[-1]).all():
            start = time.process_time()
            found = self.network.follow(image, self.path[-1].astype(np.float32))
            self.cpu_seconds.append(time.process_time() - start)
        else:
            faces = detector.detect(image)
            widest = select_face(faces)
            found = None
            if widest is not None:
                found = self.network.locate(image, faces.boxes[widest], faces.five_points[widest])
        nothing = np.full((68, 2), np.nan)
        self.path.append(nothing if found is None else found.landmarks.astype(np.float64))


def networks_in(folders: Sequence[Path]) -> Iterator[LandmarkNetwork]:
    """Yield the networks of this program whose weights are in one of several folders."""
    for path in sorted(SPECS_FOLDER.glob("*.toml")):
        spec = load_landmark_spec(path)
        files = [folder / spec.model for folder in folders if (folder / spec.model).is_file()]
        if files:
            yield LandmarkNetwork(spec, files[0], _CPU_ONE_THREAD)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a Markdown table."""
    commands = argparse.ArgumentParser(prog="python -m benchmarks.landmark_steadiness")
    commands.add_argument("video")
    commands.add_argument("--detector", type=Path, required=True, metavar="FILE")
    commands.add_argument("--models", type=Path, nargs="+", required=True, metavar="DIR")
    arguments = commands.parse_args(argv)
    detector = RetinaFaceDetector(arguments.detector, onnx=_CPU_ONE_THREAD)
    faces = [FollowedFace(network) for network in networks_in(arguments.models)]
    with open_media(arguments.video) as media:
        for frame in media:
            for face in faces:
                face.see(frame.image, detector)
    print("| network | frames with a face | jitter, % of the eyes' distance | CPU ms a frame |")
    print("|---|---|---|---|")
    for face in faces:
        path = np.stack(face.path)
        seen = int(np.isfinite(path).all(axis=(1, 2)).sum())
        cost = 1e3 * float(np.median(face.cpu_seconds)) if face.cpu_seconds else float("nan")
        print(
            f"| `{face.network.spec.name}` | {seen} of {len(path)} "
            f"| {100.0 * jitter(path):.2f} | {cost:.2f} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
