"""A landmark network as witness of what patch experts follow from frame to frame.

Patch experts search near the frame before, under a shape that is held to the mean. They may lose a
wide open or skewed mouth, or a head that turns fast, and then stay where they are; a network sees
each frame afresh, but less exactly. So the network is asked where the experts find their own result
unlikely, and on a grid of frames; where its answer changed nothing, not at once again. Where its
points are far from the followed ones, refinement starts anew from them, and its result is taken if
the experts find it clearly more likely.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks import LandmarkNetwork
from openface_core.landmarks.conventions import INNER_FACE, MOUTH, eye_distance_px
from openface_core.landmarks.mixing import mixed_points
from openface_core.partial_pictures import AnyPicture
from openface_core.refinement.parts import FaceRefiner
from openface_core.setting_checks import check_settings

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class WitnessSettings:
    """When the network is asked, and when it disagrees.

    Parameters
    ----------
    below_log_likelihood : float
        It is asked where the mean log likelihood of the experts' landmarks is below this.
    every_frames : int
        And in frames whose number is a multiple of this.
    inner_disagreement, mouth_disagreement : float
        Mean distance of its points from the followed ones, over the inner face (all but the
        outline) or over the mouth, that is a disagreement, in units of the distance of the eyes.
    window_px : int
        Search window, at the finest scale only, of the refinement that starts from its points; odd.
    least_gain : float
        What starts from its points is taken if its log likelihood is higher by more than this.
    network_share : float
        What is taken then is so much of the network's points and for the rest the refined ones.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    below_log_likelihood: float = 0.5
    every_frames: int = 10
    inner_disagreement: float = 0.05
    mouth_disagreement: float = 0.06
    window_px: int = 7
    least_gain: float = 0.1
    network_share: float = 0.5

    def __post_init__(self) -> None:
        likelihood, share = self.below_log_likelihood, self.network_share
        disagreements = self.inner_disagreement, self.mouth_disagreement
        checks = {
            "below_log_likelihood": (-100 <= likelihood <= 100, "a number from -100 to 100"),
            "every_frames": (1 <= self.every_frames <= 1000, "a whole number from 1 to 1000"),
            "inner_disagreement": (0.0 <= disagreements[0] <= 10, "a number from 0 to 10"),
            "mouth_disagreement": (0.0 <= disagreements[1] <= 10, "a number from 0 to 10"),
            "window_px": (self.window_px in range(3, 26, 2), "an odd number from 3 to 25"),
            "least_gain": (0.0 <= self.least_gain <= 100, "a number from 0 to 100"),
            "network_share": (0.0 <= share <= 1.0, "a number from 0 to 1"),
        }
        check_settings("witness", self, checks)


@dataclass(frozen=True)
class UnusedAnswer:
    """When the network was asked and what was followed stayed.

    Parameters
    ----------
    number : int
        Of the frame in the video, from 0.
    log_likelihood : float
        Of the followed landmarks.
    """

    number: int
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class NetworkWitness:
    """A network that is asked about followed landmarks; keeps no state.

    Parameters
    ----------
    network : LandmarkNetwork
        The network.
    refiner : FaceRefiner
        Refines what starts from its points.
    settings : WitnessSettings
        When it is asked, and when it disagrees.
    """

    network: LandmarkNetwork
    refiner: FaceRefiner
    settings: WitnessSettings

    def is_asked(
        self, log_likelihood: float, number: int, last: UnusedAnswer | None = None
    ) -> bool:
        """Return whether the network is asked about a frame.

        Parameters
        ----------
        log_likelihood : float
            Of the followed landmarks; NaN where it is not known.
        number : int
            Of the frame in the video, from 0.
        last : UnusedAnswer or None
            The last answer, where what was followed has stayed since. Then the network is asked
            again only after some frames, or if the landmarks have become less likely.
        """
        if number % self.settings.every_frames == 0:
            return True
        if log_likelihood >= self.settings.below_log_likelihood:
            return False
        if last is None or number - last.number >= self.settings.every_frames:
            return True
        return log_likelihood < last.log_likelihood - self.settings.least_gain

    def contradiction(self, image_bgr: AnyPicture, landmarks: Float32Array) -> Float32Array | None:
        """Return the network's points where they are far from the followed ones.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame.
        landmarks : (68, 2) ndarray of float32
            Followed landmarks, pixels.

        Returns
        -------
        (68, 2) ndarray of float32 or None
            None where the network agrees, or sees no face.
        """
        found = self.network.follow(image_bgr, landmarks)
        if found is None:
            return None
        apart = eye_distance_px(landmarks)
        distances = np.hypot(*(found.landmarks - landmarks).T)
        is_far = (
            distances[INNER_FACE].mean() > self.settings.inner_disagreement * apart
            or distances[MOUTH].mean() > self.settings.mouth_disagreement * apart
        )
        if not is_far:
            return None
        # The crop was cut about the followed points; its own place the face in the middle.
        again = self.network.follow(image_bgr, found.landmarks)
        return None if again is None else again.landmarks

    def is_better(self, restarted: float, followed: float) -> bool:
        """Return whether what starts from its points is taken, by the two log likelihoods."""
        return restarted > followed + self.settings.least_gain

    def agreed(self, refined: Float32Array, points: Float32Array) -> NDArray[np.float64]:
        """Return what is taken of refined landmarks (68, 2) and the points they started from."""
        return mixed_points(refined, points, self.settings.network_share)
