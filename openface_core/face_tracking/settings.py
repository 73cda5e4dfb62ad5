"""Settings of how a face is followed from frame to frame."""

import math
from dataclasses import dataclass

from openface_core.errors import ConfigError
from openface_core.identity import IDENTIFY_MODES
from openface_core.refinement.settings import RefinementSettings
from openface_core.setting_checks import check_settings


@dataclass(frozen=True)
class FaceRefinementSettings:
    """How patch experts refine the landmarks of a face.

    Parameters
    ----------
    windows_px : tuple of int
        Search windows where the face is known from the frame before, one per scale of the experts
        (0.25, 0.35, 0.5 in OpenFace's, and 1.0 in CE-CLM), odd numbers of pixels of that scale; 0
        leaves a scale out.
    first_windows_px : tuple of int
        Search windows where the face was detected anew, or the frame before was not trusted.
    iterations : int
        Most steps of a fit at each scale.
    sigma_px : float
        Width of the kernel density estimate over a response map.
    regularisation : float
        How strongly the shape is held to the mean.
    weight_factor : float
        Factor of the experts' confidences as weights of the landmarks; 0 weighs all alike.
    sparse_maps : bool
        Whether the experts of CE-CLM are asked at every other position of a map only.
    hypotheses : bool
        Whether a detected face is fitted from several head orientations, as by OpenFace, and not
        from the landmark network's.
    follow_network : bool
        Whether the landmark network looks at every frame, and the experts refine its points; not
        those of the frame before.
    network_share : float
        Then so much of the network's points is taken, and for the rest the refined ones; 0 to 1.
    place_independent : bool
        Whether a face is measured alike wherever in the picture it is, however large the picture,
        and whoever else is in it. Then what a detector's box and the last digits of coordinates
        would change is taken out.
    any_roll : bool
        Whether a face is fitted and refined alike however it is rolled, without patch experts too:
        where by more than 60 degrees, in a picture that is turned by quarter turns. Then landmarks
        are not trusted whose roll contradicts the detector or the frame before. OpenFace has no fit
        beyond about 107 degrees.

    rounded_as_openface : bool
        Whether the limits of shape parameters, and the smoothing of windows of eleven pixels or
        more, and likelihoods are rounded as by OpenFace, as all else is in any case, and landmarks
        are measured by a fit from the mean shape on, not from the one that is known. Last digits
        decide in which of two neighbouring places a fit settles.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    windows_px: tuple[int, ...] = (0, 9, 7)
    first_windows_px: tuple[int, ...] = (11, 9, 7)
    iterations: int = 5
    sigma_px: float = 1.5
    regularisation: float = 25.0
    weight_factor: float = 0.0
    sparse_maps: bool = True
    hypotheses: bool = False
    follow_network: bool = False
    network_share: float = 0.0
    place_independent: bool = True
    any_roll: bool = True
    rounded_as_openface: bool = False

    def __post_init__(self) -> None:
        checks = {"network_share": (0.0 <= self.network_share <= 1.0, "a number from 0 to 1")}
        check_settings("refinement", self, checks)
        for name, windows in (
            ("windows_px", self.windows_px),
            ("first_windows_px", self.first_windows_px),
        ):
            try:
                self._of_windows(windows)
            except ValueError as error:
                raise ConfigError(
                    f"refinement.{name}", str(error), "Correct the value, or others of the section."
                ) from None

    def _of_windows(self, windows_px: tuple[int, ...]) -> RefinementSettings:
        return RefinementSettings(
            windows_px,
            self.iterations,
            self.sigma_px,
            self.regularisation,
            self.weight_factor,
            sparse_maps=self.sparse_maps,
            rounded_as_openface=self.rounded_as_openface,
        )

    @property
    def following(self) -> RefinementSettings:
        """How a face is refined that is known from the frame before."""
        return self._of_windows(self.windows_px)

    @property
    def first(self) -> RefinementSettings:
        """How a face is refined that was detected anew."""
        return self._of_windows(self.first_windows_px)


@dataclass(frozen=True)
class TrackerSettings:
    """How one face is followed.

    Parameters
    ----------
    threshold : float
        Landmarks of a confidence of at most this are not trusted.
    every_failures : int
        While a face is not trusted, the detector runs in the first frame and then in every so many.
    every_absences : int
        The same where there was no face for 100 frames, or none yet.
    max_pitch_radians, max_yaw_radians : float
        Landmarks of a face that is turned up, down or aside by more are not trusted.
    searches_on : bool
        Whether a face that is not trusted is followed on where the detector does not see it, and
        the widest one is taken where it sees others, as by OpenFace.
    """

    threshold: float
    every_failures: int = 1
    every_absences: int = 1
    max_pitch_radians: float = math.pi
    max_yaw_radians: float = math.pi
    searches_on: bool = False

    def is_turned_away(self, pitch_radians: float, yaw_radians: float) -> bool:
        """Return whether a face is turned by more than can be measured."""
        return (
            abs(pitch_radians) > self.max_pitch_radians or abs(yaw_radians) > self.max_yaw_radians
        )


@dataclass(frozen=True)
class IntervalSettings:
    """How a video is divided.

    Parameters
    ----------
    every_frames : int
        Length of an interval: frames whose number is a multiple of this begin one. 0 stands for one
        interval, the whole video.
    lead_frames : int
        So many frames ahead of an interval its search begins; fewer than `every_frames`, 0 where
        there is one interval.

    Raises
    ------
    ValueError
        If the lead is negative or not shorter than the interval.
    """

    every_frames: int
    lead_frames: int

    def __post_init__(self) -> None:
        most = max(0, self.every_frames - 1)
        if not 0 <= self.lead_frames <= most:
            raise ValueError(f"a lead of 0 to {most} frames is expected, found {self.lead_frames}")

    def frames_to_next(self, number: int) -> int | None:
        """Return how many frames ahead of a frame the next interval begins.

        Parameters
        ----------
        number : int
            Its number in the video, from 0.

        Returns
        -------
        int or None
            0 for a frame that begins one; None where no other begins.
        """
        if self.every_frames:
            return -number % self.every_frames
        return 0 if number == 0 else None


SELECTIONS = ("all", "main", "widest")


@dataclass(frozen=True)
class FacesSettings:
    """Which faces of a frame are analysed. With ``select = "widest"``, the other keys do nothing.

    Parameters
    ----------
    select : str
        ``all``: every face, each person with a number over the whole video. ``main``: the same, but
        only the person who is seen longest is written. ``widest``: one face, the widest where faces
        are looked for, whoever that is; as OpenFace's FeatureExtraction. Its number is
        0 in every frame, with a face or without.
    max : int
        At most so many faces of a frame are followed, the widest ones.
    min_px : float
        Detections narrower than this, in pixels of the frame, are not followed.
    every_frames : int
        Newcomers are looked for in the frames whose number, from 0, is a multiple of this, and
        where nobody is seen. Numbers count from the begin of the video.
    identify : str
        ``video``: who is who is found over the whole video, also of persons who leave and come
        back, and after scene cuts. ``corpus``: the same, and a table of persons says who is seen in
        which videos. That needs a face network, and keeps an embedding of every person: biometric
        data. ``off``: whoever comes back gets a new number.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    select: str = "all"
    max: int = 16
    min_px: float = 20.0
    every_frames: int = 30
    identify: str = "video"

    def __post_init__(self) -> None:
        checks = {
            "select": (self.select in SELECTIONS, f"one of {', '.join(SELECTIONS)}"),
            "max": (1 <= self.max <= 256, "a number from 1 to 256"),
            "min_px": (0.0 <= self.min_px < float("inf"), "a number from 0 up"),
            "every_frames": (1 <= self.every_frames <= 1000, "a whole number from 1 to 1000"),
            "identify": (self.identify in IDENTIFY_MODES, f"one of {', '.join(IDENTIFY_MODES)}"),
        }
        check_settings("faces", self, checks)

    @property
    def are_several(self) -> bool:
        """Whether more than one face of a frame is followed."""
        return self.select != "widest"

    @property
    def compares_videos(self) -> bool:
        """Whether persons are compared with those of other videos, by embeddings."""
        return self.identify == "corpus"


@dataclass(frozen=True)
class ConfidenceSettings:
    """When the landmarks of a frame are trusted.

    Parameters
    ----------
    threshold : float
        Landmarks of a confidence of at most this are taken for none; from 0 up to below 1.
    max_pitch_degrees, max_yaw_degrees : float
        Landmarks that have a face turned up or down, or aside, by more than this are taken for
        none, with a confidence of 0: no such face can be measured, and landmarks that collapse look
        like one. From above 0 to 180.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    threshold: float = 0.725
    max_pitch_degrees: float = 46.0
    max_yaw_degrees: float = 69.0

    def __post_init__(self) -> None:
        up_to_180 = "a number above 0, at most 180"
        checks = {
            "threshold": (0.0 <= self.threshold < 1.0, "a number from 0 up to below 1"),
            "max_pitch_degrees": (0.0 < self.max_pitch_degrees <= 180.0, up_to_180),
            "max_yaw_degrees": (0.0 < self.max_yaw_degrees <= 180.0, up_to_180),
        }
        check_settings("confidence", self, checks)
