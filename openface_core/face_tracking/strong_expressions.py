"""Strong expressions, whose landmarks two networks help to place.

Patch experts hold a shape to the mean, so they fall short of a wide open or skewed mouth and of
brows raised high. On annotated photographs (Helen's and AFW's testing parts) the mean of two
networks is nearer than the experts everywhere, and the more so the farther a shape is from the
mean. Where it is far, and the networks agree, what is given is a mean of followed landmarks and
theirs. What is followed stays as it is: an error of the networks ends with their next look.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks import LandmarkNetwork
from openface_core.landmarks.conventions import INNER_FACE, MOUTH, eye_distance_px
from openface_core.landmarks.mixing import mixed_points
from openface_core.partial_pictures import AnyPicture
from openface_core.setting_checks import check_settings

Float32Array = NDArray[np.float32]

_FADES_OVER = 0.01
"""Beyond the most that networks may differ, their share falls to nothing over this much more."""


@dataclass(frozen=True)
class StrongExpressionSettings:
    """Where the landmarks of two networks take part, and with what share.

    Parameters
    ----------
    from_strength, full_strength : float
        Strength of an expression, from which on networks take part, and with all of their share:
        root mean square of the shape parameters in units of their standard deviations.
    network_share : float
        So much of the networks' points is taken then, and for the rest the followed landmarks.
    second_share : float
        Of the second network's points in the mean of both.
    most_disagreement : float
        Where the networks' points are farther from the followed ones than this, on average over the
        inner face or over the mouth, they take no part; in units of the distance of the eyes.
    most_spread : float
        The same for the distance of the networks' points from one another, over the mouth.
    every_frames : int
        The networks are asked again after so many frames. In between, what they saw last is shifted
        by as much as the followed landmarks.
    after_frames : int
        A face has been followed for so many frames before: after a detection, a shape that has not
        yet settled looks like a strong expression.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    from_strength: float = 0.8
    full_strength: float = 0.86
    network_share: float = 0.57
    second_share: float = 0.6
    most_disagreement: float = 0.06
    most_spread: float = 0.045
    every_frames: int = 2
    after_frames: int = 8

    def __post_init__(self) -> None:
        strengths = self.from_strength, self.full_strength
        checks = {
            "from_strength": (0.0 <= strengths[0] <= 100, "a number from 0 to 100"),
            "full_strength": (
                strengths[0] < strengths[1] <= 100,
                "a number above from_strength, at most 100",
            ),
            "network_share": (0.0 <= self.network_share <= 1.0, "a number from 0 to 1"),
            "second_share": (0.0 <= self.second_share <= 1.0, "a number from 0 to 1"),
            "most_disagreement": (0.0 <= self.most_disagreement <= 10, "a number from 0 to 10"),
            "most_spread": (0.0 <= self.most_spread <= 10, "a number from 0 to 10"),
            "every_frames": (1 <= self.every_frames <= 10, "a whole number from 1 to 10"),
            "after_frames": (0 <= self.after_frames <= 1000, "a whole number from 0 to 1000"),
        }
        check_settings("strong_expressions", self, checks)


@dataclass(frozen=True, eq=False)
class PairAnswer:
    """What two networks saw of a face.

    Parameters
    ----------
    number : int
        Of the frame in the video, from 0.
    displacement_px : (68, 2) ndarray of float64
        From the followed landmarks to the mean of both networks' points.
    agreement : float
        How far they agree with one another and with what is followed, 0 to 1; 0 where one of them
        sees no face.
    """

    number: int
    displacement_px: NDArray[np.float64]
    agreement: float


@dataclass(frozen=True, eq=False)
class NetworkPair:
    """Two landmark networks that look at strong expressions; keeps no state.

    Parameters
    ----------
    first, second : LandmarkNetwork
        The networks.
    eigenvalues : ndarray of float32, m numbers
        Variances of the shape parameters, mm squared.
    settings : StrongExpressionSettings
        Where they take part.
    """

    first: LandmarkNetwork
    second: LandmarkNetwork
    eigenvalues: Float32Array
    settings: StrongExpressionSettings

    def share(self, shape_parameters: Float32Array, frames_followed: int) -> float:
        """Return the share that networks have in a face's landmarks, if they agree.

        Parameters
        ----------
        shape_parameters : (m,) ndarray of float32
            Of the followed face, mm.
        frames_followed : int
            For how many frames it has been followed.
        """
        settings = self.settings
        if frames_followed < settings.after_frames:
            return 0.0
        # As sums of plain numbers: the result hangs on no order that NumPy may choose.
        squares = [
            float(value) ** 2 / float(variance)
            for value, variance in zip(shape_parameters, self.eigenvalues.ravel(), strict=True)
        ]
        strength = (sum(squares) / len(squares)) ** 0.5
        ramp = settings.full_strength - settings.from_strength
        return settings.network_share * _within_0_to_1((strength - settings.from_strength) / ramp)

    def answer(
        self,
        image_bgr: AnyPicture,
        number: int,
        landmarks: Float32Array,
        last: PairAnswer | None,
    ) -> PairAnswer:
        """Return what the networks see, or saw shortly before.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame.
        number : int
            Its number in the video, from 0.
        landmarks : (68, 2) ndarray of float32
            Followed landmarks, pixels.
        last : PairAnswer or None
            What they saw of the same face before.
        """
        if last is not None and number - last.number < self.settings.every_frames:
            return last
        seen = self.look(image_bgr, landmarks)
        if seen is None:
            return PairAnswer(number, np.zeros(landmarks.shape), 0.0)
        mean, agreement = seen
        return PairAnswer(number, mean - landmarks, agreement)

    def look(
        self, image_bgr: AnyPicture, landmarks: Float32Array
    ) -> tuple[NDArray[np.float64], float] | None:
        """Return the mean of both networks' points, and how far they agree.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame.
        landmarks : (68, 2) ndarray of float32
            Followed landmarks, pixels.

        Returns
        -------
        tuple of (68, 2) ndarray of float64 and float, or None
            Agreement is from 0 to 1. None where a network sees no face, or the first one is so far
            from what is followed that both cannot agree, wherever the second is.
        """
        settings = self.settings
        first = self.first.follow(image_bgr, landmarks)
        if first is None:
            return None
        apart = eye_distance_px(landmarks)
        first_off = np.hypot(*(first.landmarks - landmarks).T)[MOUTH].mean() / apart
        nearer_by = settings.second_share * (settings.most_spread + _FADES_OVER)
        if first_off - nearer_by > settings.most_disagreement + _FADES_OVER:
            return None
        second = self.second.follow(image_bgr, landmarks)
        if second is None:
            return None
        mean = mixed_points(first.landmarks, second.landmarks, settings.second_share)
        from_followed = np.hypot(*(mean - landmarks).T) / apart
        disagreement = max(from_followed[INNER_FACE].mean(), from_followed[MOUTH].mean())
        spread = np.hypot(*(first.landmarks - second.landmarks).T)[MOUTH].mean() / apart
        agreement = _fading(disagreement, settings.most_disagreement) * _fading(
            spread, settings.most_spread
        )
        return mean, agreement


def _fading(distance: float, most: float) -> float:
    return _within_0_to_1(1.0 - (float(distance) - most) / _FADES_OVER)


def _within_0_to_1(value: float) -> float:
    return min(max(value, 0.0), 1.0)
